import { afterEach, describe, expect, test, vi } from 'vitest';
import { heldStorage, stage } from './applier.rig.ts';
import { createPersistenceApplierWithDefaults } from './applier.ts';
import { createLZCompressionAdapter } from './compression.ts';
import { createMemoryStorageBackend } from './memory.ts';
import { at, createRigClock, settle } from './persistence.rig.ts';

afterEach(() => {
  vi.unstubAllGlobals();
});

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

  test('forgets the retry of a save that failed', async () => {
    const { persisted, clock, log } = stage({}, { failOnSave: true });
    await persisted.apply(at(1, 1));
    expect(clock.pending()).toBe(1);
    persisted.dispose();
    expect(clock.pending()).toBe(0);
    await clock.advance(100_000);
    expect(log).toEqual(['saveStart', 'saveError']);
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
