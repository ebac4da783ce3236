// Forgets what is stored. Keeps what is shown.

import { attachedTo, hold } from './attachment.ts';
import type { StorageBackend } from './backend.ts';
import { type CrossTabSyncOptions, createCrossTabSync } from './cross-tab.ts';
import { PersistenceError, toPersistenceError } from './error.ts';

/**
 * Clears the storage, also of data that a newer version of the app wrote. Saves under way end first, and what handles of this
 * storage had pending is given up, so that nothing comes back; what is applied later is saved again. The handles emit
 * `cleared`; with `crossTab`, other pages are told and do the same.
 *
 * Rejects when the storage does. A storage without `clear` keeps what it has; its handles report kind `unsupported`.
 *
 * ```ts
 * await clearPersistedData(storage, { channelName: 'state-sync:settings' }); // at logout
 * ```
 */
export async function clearPersistedData<T>(
  storage: StorageBackend<T>,
  crossTab?: CrossTabSyncOptions,
): Promise<void> {
  const handles = attachedTo(storage as StorageBackend<never>);
  const report = (error: unknown) => {
    for (const handle of handles) handle.report({ operation: 'clear', error });
  };
  await Promise.all(handles.map((handle) => handle.forgetPending()));
  if (typeof storage.clear !== 'function') {
    report(new PersistenceError('unsupported', 'this storage has no clear(): nothing was cleared.'));
    return;
  }
  try {
    await storage.clear();
  } catch (thrown) {
    const error = thrown instanceof Error ? thrown : toPersistenceError(thrown, 'the storage');
    report(error);
    throw error;
  }
  hold(storage as StorageBackend<never>, undefined);
  for (const handle of handles) handle.emit('cleared');
  if (!crossTab) return;
  const tabs = createCrossTabSync<T>(crossTab);
  for (const handle of handles) handle.expectClear(crossTab.channelName, tabs.getTabId());
  tabs.notifyClear();
  tabs.dispose();
}
