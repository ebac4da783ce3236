// A persistence applier over a memory backend, with everything it says, and a storage whose saves end by hand.

import { createPersistenceApplier } from './applier.ts';
import type { StorageBackend } from './backend.ts';
import { createMemoryStorageBackend, type MemoryStorageBackendOptions } from './memory.ts';
import type { PersistenceApplierOptions } from './options.ts';
import { createRecorder, createRigClock, Deferred } from './persistence.rig.ts';

export function stage(
  options: Partial<PersistenceApplierOptions<unknown>> = {},
  memory: MemoryStorageBackendOptions = {},
) {
  const clock = createRigClock();
  const storage = createMemoryStorageBackend<unknown>({ clock, ...memory });
  const recorder = createRecorder<unknown>();
  const persisted = createPersistenceApplier<unknown>({
    storage,
    applier: recorder.applier,
    onPersistenceError: recorder.onError,
    clock,
    ...options,
  });
  const log: string[] = [];
  for (const event of [
    'saveStart',
    'saveComplete',
    'saveError',
    'loadComplete',
    'expired',
    'migrated',
    'cleared',
  ] as const)
    persisted.on(event, () => log.push(event));
  return {
    clock,
    storage,
    persisted,
    log,
    ...recorder,
    saved: () => storage.getSavedSnapshots().map((s) => s.revision),
  };
}

/** A storage whose saves end when the test says so. */
export function heldStorage() {
  const saves: { revision: string; end: Deferred }[] = [];
  const storage: StorageBackend<unknown> = {
    save({ revision }) {
      const end = new Deferred();
      saves.push({ revision, end });
      return end.promise;
    },
    load: async () => null,
  };
  return { saves, storage, begun: () => saves.map(({ revision }) => revision) };
}
