// The settings as a Zustand store, kept equal to their topic by the middleware.

import { statesync } from 'tauri-plugin-statesync-api/zustand';
import { create } from 'zustand';
import { forgetRefusal, refused } from './refusal.ts';
import type { Settings } from './statesync.ts';

interface SettingsStore extends Settings {
  choose(fields: Partial<Settings>): void;
}

export const useSettings = create<SettingsStore>()(
  statesync(
    (set) => ({
      listName: '',
      theme: 'auto',
      hideDone: false,
      goal: 1,
      choose: (fields) => {
        forgetRefusal();
        set(fields);
      },
    }),
    { topic: 'settings', onError: ({ error }) => refused(error) },
  ),
);
