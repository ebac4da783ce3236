import { describe, expect, test } from 'vitest';
import { stage } from './applier.rig.ts';
import { createPersistenceApplier, createPersistenceApplierWithDefaults } from './applier.ts';
import type { StorageBackend } from './backend.ts';
import { createLZCompressionAdapter } from './compression.ts';
import { withMetadata } from './envelope.ts';
import { loadPersistedSnapshot } from './load.ts';
import type { PersistenceApplierOptions } from './options.ts';
import { at, createRecorder } from './persistence.rig.ts';

describe('at creation', () => {
  const plain: StorageBackend<unknown> = { save: async () => {}, load: async () => null };
  const create = (options: Partial<PersistenceApplierOptions<unknown>>) => () =>
    createPersistenceApplier({ storage: plain, applier: { apply() {} }, ...options });

  test.each([
    ['ttlMs', { ttlMs: 1 }],
    ['enableHash', { enableHash: true }],
    ['schemaVersion', { schemaVersion: 2 }],
    ['compression', { compression: createLZCompressionAdapter() }],
  ])('%s is refused for a storage without metadata, with the way out', (name, options) => {
    expect(create(options)).toThrow(new RegExp(`keeps no metadata, which ${name} needs.*withMetadata`));
    expect(create({ ...options, storage: withMetadata(plain) })).not.toThrow();
  });

  test.each([
    ['storage', { storage: {} as never }],
    ['applier', { applier: {} as never }],
    ['schemaVersion', { schemaVersion: 0 }],
    ['schemaVersion', { schemaVersion: 1.5 }],
    ['ttlMs', { ttlMs: -1 }],
    ['ttlMs', { ttlMs: Number.NaN }],
    ['debounceMs', { debounceMs: -1 }],
    ['throttleMs', { throttling: { throttleMs: Number.POSITIVE_INFINITY } }],
    ['algorithm', { compression: {} as never }],
    ['channelName', { crossTabSync: { channelName: '' } }],
  ])('a senseless %s is refused by name', (name, options) => {
    expect(create(options)).toThrow(name);
  });

  test('enableCrossTab without a topic is refused', () => {
    const options = { storage: plain, applier: { apply() {} }, enableCrossTab: true };
    expect(() => createPersistenceApplierWithDefaults(options)).toThrow(/enableCrossTab needs `topic`/);
  });
});

test('a storage without metadata works for everything that needs none', async () => {
  let stored: unknown = null;
  const storage: StorageBackend<unknown> = {
    async save(snapshot) {
      stored = snapshot;
    },
    load: async () => stored as never,
  };
  const { persisted, applied } = stage({ storage });
  await persisted.apply(at(1, { a: 1 }, 'run'));
  expect(stored).toEqual(at(1, { a: 1 }, 'run'));
  const recorder = createRecorder<unknown>();
  expect(await loadPersistedSnapshot(storage, recorder.applier)).toEqual(at(1, { a: 1 }, 'run'));
  expect(recorder.applied).toEqual(applied);
});
