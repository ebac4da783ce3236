import { afterEach, describe, expect, test, vi } from 'vitest';
import { createPersistenceApplier, createPersistenceApplierWithDefaults } from './applier.ts';
import type { StorageBackend } from './backend.ts';
import { clearPersistedData } from './clear.ts';
import { createLZCompressionAdapter } from './compression.ts';
import { withMetadata } from './envelope.ts';
import { loadPersistedSnapshot } from './load.ts';
import { createMemoryStorageBackend, type MemoryStorageBackendOptions } from './memory.ts';
import type { PersistenceApplierOptions } from './options.ts';
import { at, createRecorder, createRigClock, Deferred, settle } from './persistence.rig.ts';

afterEach(() => {
  vi.unstubAllGlobals();
});

function stage(
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
function heldStorage() {
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

describe('without throttling', () => {
  test('apply saves at once, and waits for it', async () => {
    const { persisted, saved, revisions, log } = stage();
    await persisted.apply(at(1, 'a'));
    await persisted.apply(at(2, 'b'));
    expect([revisions(), saved()]).toEqual([
      ['1', '2'],
      ['1', '2'],
    ]);
    expect(log).toEqual(['saveStart', 'saveComplete', 'saveStart', 'saveComplete']);
  });

  test('a storage that hangs holds apply up for two seconds at most', async () => {
    const { storage, begun } = heldStorage();
    const { persisted, clock } = stage({ storage });
    let isApplied = false;
    persisted.apply(at(1, 'a')).then(() => {
      isApplied = true;
    });
    await clock.advance(1999);
    expect([isApplied, begun()]).toEqual([false, ['1']]);
    await clock.advance(1);
    expect(isApplied).toBe(true);
    persisted.dispose();
    expect(clock.pending()).toBe(0);
  });

  test('saves never run side by side, and the newest is the last', async () => {
    const { storage, saves, begun } = heldStorage();
    const { persisted } = stage({ storage });
    for (const revision of [1, 2, 3]) persisted.apply(at(revision, revision));
    await settle();
    expect(begun()).toEqual(['1']);
    saves[0]?.end.resolve();
    await settle();
    expect(begun()).toEqual(['1', '3']);
    const flushed = persisted.flush();
    saves[1]?.end.resolve();
    await flushed;
    expect(persisted.hasPendingSave()).toBe(false);
    expect(persisted.getStats()).toMatchObject({ saveCount: 2, throttledCount: 1 });
  });
});

describe('throttling', () => {
  test('debounce saves the newest once it is quiet', async () => {
    const { persisted, saved, clock } = stage({ throttling: { debounceMs: 100 } });
    for (const revision of [1, 2, 3]) {
      await persisted.apply(at(revision, revision));
      await clock.advance(99);
    }
    expect([saved(), persisted.hasPendingSave()]).toEqual([[], true]);
    await clock.advance(1);
    expect([saved(), persisted.hasPendingSave()]).toEqual([['3'], false]);
    expect(persisted.getStats()).toMatchObject({ saveCount: 1, throttledCount: 2 });
  });

  test('maxWaitMs bounds debounce, however steady the stream', async () => {
    const { persisted, saved, clock } = stage({ throttling: { debounceMs: 100, maxWaitMs: 250 } });
    for (let revision = 1; revision <= 10; revision += 1) {
      await persisted.apply(at(revision, revision));
      await clock.advance(50);
    }
    expect(saved()).toEqual(['5', '10']);
  });

  test('throttleMs saves once in a window, at its end unless leading', async () => {
    for (const [leading, expected] of [
      [false, ['3', '5', '6']],
      [true, ['1', '3', '5', '6']],
    ] as const) {
      const { persisted, saved, clock } = stage({ throttling: { throttleMs: 100, leading } });
      for (let revision = 1; revision <= 6; revision += 1) {
        await persisted.apply(at(revision, revision));
        await clock.advance(40);
      }
      await clock.advance(200);
      expect(saved()).toEqual(expected);
      persisted.dispose();
    }
  });

  test('a wall clock that jumps changes nothing', async () => {
    const { persisted, saved, clock } = stage({ throttling: { debounceMs: 100, throttleMs: 500 } });
    await persisted.apply(at(1, 1));
    clock.wall -= 1e9;
    await clock.advance(300);
    expect(saved()).toEqual([]);
    clock.wall += 5e9;
    await clock.advance(300);
    expect(saved()).toEqual(['1']);
    expect(persisted.getStats().lastSaveAt).toBe(clock.wall);
  });

  test('the defaults are 100 ms and 2 s, and the older spelling of debounce still counts', async () => {
    for (const [given, quietMs] of [
      [{}, 100],
      [{ debounceMs: 30 }, 30],
      [{ throttling: { debounceMs: 40 } }, 40],
    ] as const) {
      const clock = createRigClock();
      const storage = createMemoryStorageBackend<number>({ clock });
      const persisted = createPersistenceApplierWithDefaults({
        storage,
        applier: { apply() {} },
        clock,
        ...given,
      });
      await persisted.apply(at(1, 1));
      await clock.advance(quietMs - 1);
      expect(storage.getSavedSnapshots()).toEqual([]);
      await clock.advance(1);
      expect(storage.getSavedSnapshots()).toHaveLength(1);
      for (let ms = 0; ms < 2000; ms += 20) {
        await persisted.apply(at(2, 2));
        await clock.advance(20);
      }
      expect(storage.getSavedSnapshots()).toHaveLength(2);
      persisted.dispose();
    }
  });
});

describe('a save that fails', () => {
  test('is reported once, stays pending, and is tried again with longer and longer pauses', async () => {
    const { persisted, storage, clock, errors, log, revisions } = stage({}, { failOnSave: true });
    await persisted.apply(at(1, 'a'));
    expect([revisions(), persisted.hasPendingSave(), log]).toEqual([['1'], true, ['saveStart', 'saveError']]);
    expect(errors).toMatchObject([{ operation: 'save', snapshot: at(1, 'a') }]);
    expect(String(errors[0]?.error)).toContain('Simulated storage error');
    for (const [ms, tries] of [
      [499, 1],
      [1, 2],
      [999, 2],
      [1, 3],
      [2000, 4],
    ] as const) {
      await clock.advance(ms);
      expect(errors).toHaveLength(tries);
    }
    storage.setFailMode({ save: false });
    await clock.advance(4000);
    expect([storage.getSavedSnapshots(), persisted.hasPendingSave()]).toEqual([[at(1, 'a')], false]);
    expect(persisted.getStats()).toMatchObject({ saveCount: 1, saveErrorCount: 4 });
    expect(clock.pending()).toBe(0);
  });

  test('is given a rest after ten tries, until the next apply', async () => {
    const { persisted, storage, clock, errors, saved } = stage({}, { failOnSave: true });
    await persisted.apply(at(1, 'a'));
    await clock.advance(3_600_000);
    expect([errors.length, clock.pending(), persisted.hasPendingSave()]).toEqual([11, 0, true]);
    storage.setFailMode({ save: false });
    await persisted.apply(at(2, 'b'));
    expect(saved()).toEqual(['2']);
  });

  test('makes flush reject, and a later flush resolve', async () => {
    const { persisted, storage, saved } = stage({ throttling: { debounceMs: 100 } }, { failOnSave: true });
    await persisted.apply(at(1, 'a'));
    await expect(persisted.flush()).rejects.toThrow('Simulated storage error');
    expect(persisted.hasPendingSave()).toBe(true);
    storage.setFailMode({ save: false });
    await persisted.flush();
    expect([saved(), persisted.hasPendingSave()]).toEqual([['1'], false]);
    persisted.dispose();
  });

  test('for good is not tried again', async () => {
    const { persisted, clock, kinds } = stage();
    await persisted.apply(at(1, undefined));
    await persisted.apply(at(2, { n: 1n }));
    expect([kinds(), persisted.hasPendingSave(), clock.pending()]).toEqual([
      ['serialize', 'serialize'],
      false,
      0,
    ]);
  });

  test('because a newer app wrote what is stored leaves it alone, and flush says so', async () => {
    const { persisted, storage, kinds } = stage({ throttling: { debounceMs: 10 }, schemaVersion: 2 });
    const newer = {
      snapshot: at(9, 'newer'),
      metadata: { savedAt: 1, schemaVersion: 3, sizeBytes: 1, compressed: false },
    };
    await storage.saveWithMetadata(newer);
    await persisted.apply(at(1, 'older'));
    await expect(persisted.flush()).rejects.toMatchObject({ kind: 'newer-schema', permanent: true });
    expect([storage.getRawData(), kinds(), persisted.hasPendingSave()]).toEqual([
      newer,
      ['newer-schema'],
      false,
    ]);
    persisted.dispose();
  });
});

describe('flush', () => {
  test('waits for the save under way and for the newer one behind it', async () => {
    const { storage, saves, begun } = heldStorage();
    const { persisted } = stage({ storage, throttling: { debounceMs: 100 } });
    await persisted.apply(at(1, 1));
    let ended = 0;
    const first = persisted.flush().then(() => ended++);
    await settle();
    await persisted.apply(at(2, 2));
    const second = persisted.flush().then(() => ended++);
    saves[0]?.end.resolve();
    await first;
    await settle();
    expect([ended, begun()]).toEqual([1, ['1', '2']]);
    saves[1]?.end.resolve();
    await second;
    persisted.dispose();
  });

  test('has nothing to do when nothing is pending', async () => {
    const { persisted, log } = stage();
    await persisted.flush();
    expect(log).toEqual([]);
  });
});

describe('dispose', () => {
  test('is quiet: no save, no event, no timer, no apply', async () => {
    const { persisted, saved, clock, log, revisions } = stage({ throttling: { debounceMs: 100 } });
    await persisted.apply(at(1, 1));
    persisted.dispose();
    persisted.dispose();
    expect([await persisted.apply(at(2, 2)), persisted.hasPendingSave(), clock.pending()]).toEqual([
      false,
      false,
      0,
    ]);
    await persisted.flush();
    await clock.advance(1000);
    expect([saved(), log, revisions()]).toEqual([[], [], ['1']]);
  });

  test('lets a save under way end without a word', async () => {
    const { storage, saves } = heldStorage();
    const { persisted, log, errors, clock } = stage({ storage, throttling: { debounceMs: 1 } });
    await persisted.apply(at(1, 1));
    const flushed = persisted.flush();
    await settle();
    persisted.dispose();
    await flushed;
    saves[0]?.end.reject(new Error('late'));
    await settle();
    expect([log, errors, clock.pending()]).toEqual([['saveStart'], [], 0]);
  });
});

describe('the inner applier', () => {
  test('that refuses or fails saves nothing', async () => {
    const refusing = stage({ applier: { apply: () => false } });
    expect(await refusing.persisted.apply(at(1, 1))).toBe(false);
    const failing = stage({ applier: { apply: async () => Promise.reject(new Error('no')) } });
    await expect(failing.persisted.apply(at(1, 1))).rejects.toThrow('no');
    expect([refusing.saved(), failing.saved(), failing.log]).toEqual([[], [], []]);
  });

  test('gets equal parts with their identity', async () => {
    const { persisted, applied } = stage();
    await persisted.apply(at(1, { a: { n: 1 }, b: [1] }));
    await persisted.apply(at(2, { a: { n: 1 }, b: [2] }));
    const [one, two] = applied.map(({ data }) => data as { a: object; b: object });
    expect(two).toEqual({ a: { n: 1 }, b: [2] });
    expect([two?.a === one?.a, two?.b === one?.b]).toEqual([true, false]);
  });
});

test('statistics count bytes in the form that is stored', async () => {
  const data = 'ä'.repeat(1000);
  const plain = stage();
  await plain.persisted.apply(at(1, data));
  const stored = JSON.stringify({ revision: '1', data });
  expect(plain.persisted.getStats()).toEqual({
    saveCount: 1,
    saveErrorCount: 0,
    totalBytesSaved: Buffer.byteLength(stored),
    lastSaveAt: 1_700_000_000_000,
    lastSaveDurationMs: 0,
    throttledCount: 0,
  });
  const packed = stage({ compression: createLZCompressionAdapter() });
  await packed.persisted.apply(at(1, data));
  expect(packed.persisted.getStats().totalBytesSaved).toBe(
    Buffer.byteLength(JSON.stringify(packed.storage.getRawData()?.snapshot)),
  );
  expect(packed.persisted.getStats().totalBytesSaved).toBeLessThan(400);
});

test('a slow storage is seen in lastSaveDurationMs', async () => {
  const { persisted, clock } = stage({}, { latencyMs: 70 });
  const applied = persisted.apply(at(1, 1));
  await clock.advance(70);
  await applied;
  expect(persisted.getStats().lastSaveDurationMs).toBe(70);
});

test('listeners that throw disturb nobody, and end when told to', async () => {
  const { persisted, saved } = stage({ onPersistenceError: () => Promise.reject(new Error('odd')) as never });
  const heard = vi.fn();
  persisted.on('saveStart', () => {
    throw new Error('odd');
  });
  const end = persisted.on('saveStart', heard);
  await persisted.apply(at(1, 1));
  end();
  await persisted.apply(at(2, 2));
  expect([saved(), heard.mock.calls]).toEqual([['1', '2'], [[at(1, 1)]]]);
});

describe('clearing', () => {
  test('forgets what is stored and what is pending, and emits cleared', async () => {
    const { persisted, storage, log, clock } = stage({ throttling: { debounceMs: 100 } });
    await persisted.apply(at(1, 1));
    await persisted.flush();
    await persisted.apply(at(2, 2));
    await clearPersistedData(storage);
    await clock.advance(1000);
    expect([await storage.load(), persisted.hasPendingSave()]).toEqual([null, false]);
    expect(log).toEqual(['saveStart', 'saveComplete', 'cleared']);
    await persisted.apply(at(3, 3));
    await persisted.flush();
    expect(await storage.load()).toEqual(at(3, 3));
  });

  test('waits for the save under way, which would bring everything back', async () => {
    const { persisted, storage, clock } = stage({}, { latencyMs: 50 });
    persisted.apply(at(1, 1));
    await clock.advance(10);
    const cleared = clearPersistedData(storage);
    await clock.advance(200);
    await cleared;
    expect(storage.getRawData()).toBe(null);
    expect(storage.getSavedSnapshots()).toHaveLength(1);
  });

  test('that fails rejects and is reported', async () => {
    const { storage, errors, log } = stage();
    storage.clear = async () => Promise.reject(new Error('no'));
    await expect(clearPersistedData(storage)).rejects.toThrow('no');
    expect([errors, log]).toMatchObject([[{ operation: 'clear' }], []]);
  });

  test('a storage that cannot be cleared is reported, not passed over', async () => {
    const { storage } = heldStorage();
    const { kinds, log } = stage({ storage });
    await clearPersistedData(storage);
    expect([kinds(), log]).toEqual([['unsupported'], []]);
  });
});

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
