import { describe, expect, test, vi } from 'vitest';
import { createPersistenceApplier } from './applier.ts';
import type { PersistedSnapshotMetadata, StorageBackend } from './backend.ts';
import { createCompressionAdapter } from './compression.ts';
import { type LoadOptions, loadPersistedSnapshot } from './load.ts';
import { createMemoryStorageBackend } from './memory.ts';
import type { PersistenceApplierOptions } from './options.ts';
import { at, createRecorder, createRigClock, Deferred, settle } from './persistence.rig.ts';

const metadata: PersistedSnapshotMetadata = { savedAt: 1, schemaVersion: 1, sizeBytes: 1, compressed: false };

function stage(options: Partial<PersistenceApplierOptions<unknown>> = {}) {
  const clock = createRigClock();
  const storage = createMemoryStorageBackend<unknown>();
  const recorder = createRecorder<unknown>();
  const persisted = createPersistenceApplier<unknown>({
    storage,
    applier: recorder.applier,
    onPersistenceError: recorder.onError,
    clock,
    ...options,
  });
  const log: unknown[][] = [];
  for (const event of ['saveStart', 'loadComplete', 'expired', 'migrated', 'cleared'] as const)
    persisted.on(event, (...args: unknown[]) => log.push([event, ...args]));
  const load = (given: LoadOptions<unknown> = {}) =>
    loadPersistedSnapshot(storage, persisted, { clock, ...given });
  return { clock, storage, persisted, log, load, ...recorder };
}

describe('a preview through a persistence applier', () => {
  test('is shown, and neither saved again nor told to other pages', async () => {
    const { storage, load, applied, log, persisted } = stage({ crossTabSync: { channelName: 'preview' } });
    await storage.saveWithMetadata({ snapshot: at(4, { a: 1 }), metadata });
    expect(await load()).toEqual(at(4, { a: 1 }));
    expect([applied, storage.getSavedSnapshots(), persisted.hasPendingSave()]).toEqual([
      [at(4, { a: 1 })],
      [at(4, { a: 1 })],
      false,
    ]);
    expect(log).toEqual([['loadComplete', at(4, { a: 1 }), 0]]);
    persisted.dispose();
  });

  test('that comes after the first pull is left out', async () => {
    const { storage, load, persisted, revisions } = stage();
    await storage.saveWithMetadata({ snapshot: at(9, 'old'), metadata });
    await persisted.apply(at(2, 'pulled'));
    await storage.saveWithMetadata({ snapshot: at(9, 'old'), metadata });
    expect(await load()).toBe(null);
    expect(revisions()).toEqual(['2']);
  });

  test('that is being applied when the first pull comes is replaced by it', async () => {
    const first = new Deferred();
    const order: string[] = [];
    const { storage, load, persisted } = stage({
      applier: {
        async apply({ revision }) {
          if (revision === '9') await first.promise;
          order.push(revision);
        },
      },
    });
    await storage.saveWithMetadata({ snapshot: at(9, 'old'), metadata });
    const loading = load();
    await settle();
    const applying = persisted.apply(at(2, 'pulled'));
    await settle();
    first.resolve();
    await Promise.all([loading, applying]);
    expect(order).toEqual(['9', '2']);
  });
});

describe('the events of a load', () => {
  test('reach every handle of the storage, also for a plain applier', async () => {
    const { storage, log } = stage();
    const other = createPersistenceApplier({ storage, applier: { apply() {} } });
    const heard = vi.fn();
    other.on('loadComplete', heard);
    const { applier } = createRecorder<unknown>();
    await loadPersistedSnapshot(storage, applier);
    expect([log, heard.mock.calls.length]).toEqual([[['loadComplete', null, expect.any(Number)]], 1]);
    other.dispose();
    await loadPersistedSnapshot(storage, applier);
    expect(heard).toHaveBeenCalledTimes(1);
  });

  test('are expired with the age, then loadComplete with nothing', async () => {
    const { storage, load, clock, log, kinds } = stage();
    await storage.saveWithMetadata({
      snapshot: at(1, 'x'),
      metadata: { ...metadata, savedAt: clock.wall - 70, ttlMs: 50 },
    });
    await load();
    expect([log, kinds()]).toEqual([
      [
        ['expired', at(1, 'x'), 70],
        ['loadComplete', null, 0],
      ],
      ['expired'],
    ]);
  });

  test('are migrated with the result, whether it worked or not', async () => {
    const { storage, load, log, errors } = stage();
    await storage.saveWithMetadata({ snapshot: at(1, 2), metadata });
    await load({ migration: { currentVersion: 2, migrations: { 1: (n) => n * 2 } } });
    await load({ migration: { currentVersion: 3, migrations: {} } });
    expect(log).toEqual([
      ['migrated', { success: true, data: 4, fromVersion: 1, toVersion: 2 }],
      ['loadComplete', at(1, 4), 0],
      ['migrated', { success: false, fromVersion: 1, toVersion: 3, error: expect.any(Error) }],
      ['loadComplete', null, 0],
    ]);
    expect(errors).toMatchObject([{ operation: 'migrate', snapshot: at(1, 2), metadata }]);
    expect(String(errors[0]?.error)).toContain('Missing migration');
  });

  test('that fail keep what is stored from every save, until it is migrated or cleared', async () => {
    const { storage, load, persisted, errors, applied } = stage();
    await storage.saveWithMetadata({ snapshot: at(1, 2), metadata });
    await load({ migration: { currentVersion: 2, migrations: {} } });
    await persisted.apply(at(5, 'pulled')).catch(() => {});
    await settle();
    expect(applied.at(-1)).toEqual(at(5, 'pulled'));
    expect(storage.getSavedSnapshots().at(-1)).toEqual(at(1, 2));
    expect(errors.at(-1)).toMatchObject({ operation: 'save', error: { kind: 'migration', permanent: true } });
    await load({ migration: { currentVersion: 2, migrations: { 1: (n) => n * 2 } } });
    await persisted.apply(at(6, 'pulled'));
    expect(storage.getSavedSnapshots().at(-1)).toEqual(at(6, 'pulled'));
  });
});

describe('what is wrong', () => {
  test('is reported once: to the given handler, or else to the handles', async () => {
    const { storage, persisted, errors } = stage();
    storage.setFailMode({ load: true });
    const heard = vi.fn();
    await loadPersistedSnapshot(storage, persisted, heard);
    await loadPersistedSnapshot(storage, persisted, { onError: heard });
    expect([heard.mock.calls.length, errors]).toEqual([2, []]);
    await loadPersistedSnapshot(storage, persisted);
    expect(errors).toMatchObject([{ operation: 'load' }]);
    expect(String(errors[0]?.error)).toContain('Simulated storage error');
  });

  test('never makes it throw, not even a handler that does', async () => {
    const storage: StorageBackend<unknown> = {
      save: async () => {},
      load: () => {
        throw 'a string';
      },
    };
    const angry = () => {
      throw new Error('angry');
    };
    expect(await loadPersistedSnapshot(storage, { apply() {} }, angry)).toBe(null);
  });

  test.each([
    '',
    '01',
    '-1',
    '1.0',
    '18446744073709551616',
    'x',
    7,
    null,
  ])('a revision that is not canonical: %j', async (revision) => {
    const { storage, load, errors, applied } = stage();
    await storage.saveWithMetadata({ snapshot: { revision: revision as never, data: 1 }, metadata });
    expect(await load()).toBe(null);
    expect(String(errors[0]?.error)).toContain('Invalid cached revision');
    expect(applied).toEqual([]);
  });

  test('an applier that fails or refuses gives nothing', async () => {
    const { storage } = stage();
    await storage.saveWithMetadata({ snapshot: at(1, 1), metadata });
    const heard = vi.fn();
    const failing = {
      apply() {
        throw new Error('no room');
      },
    };
    expect(await loadPersistedSnapshot(storage, failing, heard)).toBe(null);
    expect(heard.mock.calls).toMatchObject([[{ operation: 'load', error: new Error('no room') }]]);
    expect(await loadPersistedSnapshot(storage, { apply: () => false }, heard)).toBe(null);
  });

  test('metadata of another shape is not guessed at', async () => {
    const storage = {
      ...createMemoryStorageBackend<unknown>(),
      loadWithMetadata: async () => ({ snapshot: at(1, 1), metadata: { savedAt: 'now' } as never }),
    };
    const { kinds, onError, applier } = createRecorder<unknown>();
    await loadPersistedSnapshot(storage, applier, onError);
    expect(kinds()).toEqual(['corrupted']);
  });
});

describe('the validator', () => {
  const isNumber = (data: unknown): data is number => typeof data === 'number';

  test('sees migrated data, and its no is reported', async () => {
    const { storage, load, kinds } = stage();
    await storage.saveWithMetadata({ snapshot: at(1, '7'), metadata });
    expect(await load({ validator: isNumber })).toBe(null);
    expect(kinds()).toEqual(['validation']);
    const migration = { currentVersion: 2, migrations: { 1: Number } };
    expect(await load({ validator: isNumber, migration })).toEqual(at(1, 7));
  });

  test('of the migration is asked when nothing has to be migrated, and validate: false asks none', async () => {
    const { storage, load } = stage();
    await storage.saveWithMetadata({ snapshot: at(1, 'x'), metadata });
    const migration = { currentVersion: 1, migrations: {}, validate: isNumber };
    expect(await load({ migration })).toBe(null);
    expect(await load({ migration, validator: isNumber, validate: false })).toEqual(at(1, 'x'));
  });

  test('that throws is a no', async () => {
    const { storage, load, errors } = stage();
    await storage.saveWithMetadata({ snapshot: at(1, 'x'), metadata });
    const validator = (_: unknown): _ is unknown => {
      throw new Error('odd');
    };
    expect(await load({ validator })).toBe(null);
    expect(String(errors[0]?.error)).toContain('odd');
  });
});

describe('the schema version', () => {
  test('of the handle decides where no migration is given', async () => {
    const { storage, load, errors } = stage({ schemaVersion: 2 });
    await storage.saveWithMetadata({ snapshot: at(1, 1), metadata });
    expect(await load()).toBe(null);
    expect(String(errors[0]?.error)).toContain('Missing migration from version 1 to 2');
    await storage.saveWithMetadata({ snapshot: at(1, 1), metadata: { ...metadata, schemaVersion: 3 } });
    expect(await load()).toBe(null);
    expect(errors[1]?.error).toMatchObject({ kind: 'newer-schema' });
    expect(String(errors[1]?.error)).toContain('future version');
  });

  test('is not asked for where nobody says which one is right', async () => {
    const storage = createMemoryStorageBackend<unknown>();
    await storage.saveWithMetadata({ snapshot: at(1, 1), metadata: { ...metadata, schemaVersion: 7 } });
    const { applier } = createRecorder<unknown>();
    expect(await loadPersistedSnapshot(storage, applier)).toEqual(at(1, 1));
  });
});

describe('a record that an unknown adapter compressed', () => {
  const rot = createCompressionAdapter({
    algorithm: 'rot',
    compress: (text) => `rot${text}`,
    decompress: (text) => text.slice(3),
  });

  test('is read with the adapter of the handle, or the one that is given, and otherwise says what to do', async () => {
    const { storage, persisted, load } = stage({ compression: rot });
    await persisted.apply(at(1, 'x'));
    expect(storage.getRawData()).toMatchObject({
      snapshot: { data: 'rot"x"' },
      metadata: { algorithm: 'rot' },
    });
    const { applier, errors, onError } = createRecorder<unknown>();
    const reloaded = { ...storage };
    expect(await loadPersistedSnapshot(reloaded, applier, onError)).toBe(null);
    expect(errors[0]?.error).toMatchObject({ kind: 'compression' });
    expect(String(errors[0]?.error)).toMatch(/compressed by "rot".*as `compression`/);
    expect(await loadPersistedSnapshot(reloaded, applier, { compression: rot })).toEqual(at(1, 'x'));
    persisted.dispose();
    expect(await loadPersistedSnapshot(storage, applier)).toEqual(at(1, 'x'));
    expect(await load()).toBe(null);
  });

  test('and cut off is corrupted', async () => {
    const { storage, load, kinds } = stage({ compression: rot });
    for (const data of ['rot{"a":', 7]) {
      await storage.saveWithMetadata({
        snapshot: at(1, data),
        metadata: { ...metadata, compressed: true, algorithm: 'rot' },
      });
      await load();
    }
    expect(kinds()).toEqual(['corrupted', 'corrupted']);
  });
});
