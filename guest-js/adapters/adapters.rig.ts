// A host in memory and the page's client on it, for tests of what adapters show and write.

import { afterEach, vi } from 'vitest';
import {
  createManualClock,
  createManualVisibility,
  createMemoryHost,
  installTestClient,
  type MemoryWindow,
} from '../testing/index.ts';

export interface Settings {
  theme: string;
  volume: number;
  user: { id: number; name: string };
  tags?: string[];
}

export const SETTINGS: Settings = { theme: 'light', volume: 5, user: { id: 1, name: 'Ada' } };

const ended: (() => void)[] = [];

/** Everything is put back after the test. */
export function stage(window: MemoryWindow = {}) {
  const clock = createManualClock();
  const visibility = createManualVisibility();
  const host = createMemoryHost({ clock });
  const { client, restore } = installTestClient(host, { clock, visibility, random: () => 0.5, window });
  ended.push(restore);
  const named = (name: string) => host.calls.filter((call) => call.name === name);
  /** Changes some members of a topic, as Rust or another window would. */
  const change = <T extends object>(topic: string, members: Partial<T>) =>
    host.update<T>(topic, (value) => ({ ...value, ...members }));
  return { clock, visibility, host, client, named, change };
}

/** Call it at the top of a file. */
export function putBackAfterEach(): void {
  afterEach(() => {
    for (const restore of ended.splice(0)) restore();
    vi.restoreAllMocks();
  });
}

/** Long enough for a signal, its pull and everything that follows. */
export const A_WHILE = 300;
