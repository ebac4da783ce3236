// Compiled by tsc, never run: what compiles, and what does not, in an app that has declared no topics.

import {
  type LiveTopic,
  type Revision,
  subscribe,
  topic,
  topics,
  type Unsubscribe,
} from 'tauri-plugin-statesync-api';

interface Settings {
  theme: string;
}

export async function promises(name: string): Promise<void> {
  const stop: Unsubscribe = await subscribe<Settings>('settings', (settings, { revision, pending }) => {
    const current: Revision = revision;
    const writes: number = pending;
    return [settings.theme, current, writes];
  });
  await subscribe('settings', (settings: Settings) => settings.theme);
  const settings: Settings = await topic<Settings>('settings').get();
  const other: LiveTopic<Settings> = await subscribe<Settings>(name, {
    signal: new AbortController().signal,
  });
  const live = await subscribe<Settings>('settings');
  await topic<Settings>(name).update((draft) => {
    draft.theme = other.value.theme;
  });
  await topic<Settings>('settings').patch([{ op: 'replace', path: '/theme', value: 'dark' }]);
  const result: unknown = await topic<Settings>('settings').action('rename', { name: 'mine' });
  await topic<Settings>('settings').set(settings, { base: live.revision });
  // @ts-expect-error: a value whose type was not stated is unknown
  await subscribe('settings', (value) => value.theme);
  // @ts-expect-error: no such field
  await subscribe<Settings>('settings', (value) => value.them);
  // @ts-expect-error: another type
  await topic<Settings>('settings').set({ theme: 1 });
  // @ts-expect-error: a revision is not just any text
  await topic<Settings>('settings').set(settings, { base: '1' });
  // @ts-expect-error: the handle is read-only
  other.revision = live.revision;
  // @ts-expect-error: an operation without its path
  await topic<Settings>('settings').patch([{ op: 'remove' }]);
  // @ts-expect-error: only declared topics are properties
  void topics.settings;
  void result;
  stop();
}
