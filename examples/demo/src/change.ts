// Changes the settings from a window: read, change, write, and again if another window was faster.
import { compareRevisions, type Revision, StateSyncError, topic } from 'tauri-plugin-statesync-api';
import { copyWhere } from './observe.ts';
import type { Settings } from './statesync.ts';

const MOST_ATTEMPTS = 5;
let last: Promise<unknown> = Promise.resolve();

/** Resolves with the revision in which the change is; changes of one window are made one after the other. */
export function changeSettings(change: (settings: Settings) => Settings): Promise<Revision> {
  const made = last.then(() => write(change));
  last = made.catch(() => {});
  return made;
}

async function write(change: (settings: Settings) => Settings): Promise<Revision> {
  let base = await copyWhere('settings', () => true);
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await topic('settings').set(change(base.value), { base: base.revision as Revision });
    } catch (error) {
      const current =
        error instanceof StateSyncError && error.kind === 'conflict' ? error.revision : undefined;
      if (current === undefined || attempt === MOST_ATTEMPTS) throw error;
      // Somebody else's change is already in; wait until it is here as well and change that one.
      base = await copyWhere(
        'settings',
        (copy) => compareRevisions(copy.revision as Revision, current as Revision) >= 0,
      );
    }
  }
}
