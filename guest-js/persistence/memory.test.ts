import { describe, expect, test } from 'vitest';
import { createMemoryStorageBackend, createSharedMemoryStorage } from './memory.ts';
import { at, createRigClock } from './persistence.rig.ts';

describe('a memory backend', () => {
  test('begins with the initial snapshot, and reset goes back to it', async () => {
    const storage = createMemoryStorageBackend({ initialSnapshot: at(1, 'first') });
    await storage.save(at(2, 'second'));
    expect([await storage.load(), storage.getSavedSnapshots()]).toEqual([at(2, 'second'), [at(2, 'second')]]);
    storage.reset();
    expect([await storage.load(), storage.getSavedSnapshots()]).toEqual([at(1, 'first'), []]);
  });

  test('keeps a copy, and gives copies', async () => {
    const storage = createMemoryStorageBackend<{ n: number }>();
    const snapshot = at(1, { n: 1 });
    await storage.save(snapshot);
    snapshot.data.n = 2;
    const loaded = await storage.load();
    expect(loaded).toEqual(at(1, { n: 1 }));
    Object.assign(loaded?.data ?? {}, { n: 3 });
    expect(storage.getRawData()?.snapshot).toEqual(at(1, { n: 1 }));
  });

  test('takes latencyMs for every call', async () => {
    const clock = createRigClock();
    const storage = createMemoryStorageBackend<number>({ latencyMs: 30, clock });
    for (const call of [() => storage.save(at(1, 1)), () => storage.load(), () => storage.clear?.()]) {
      let isOver = false;
      const over = call()?.then(() => {
        isOver = true;
      });
      await clock.advance(29);
      expect(isOver).toBe(false);
      await clock.advance(1);
      await over;
    }
  });

  test('fails when told so, with its message', async () => {
    const storage = createMemoryStorageBackend({ failOnSave: true, failOnLoad: true });
    await expect(storage.save(at(1, 1))).rejects.toThrow('Simulated storage error');
    await expect(storage.load()).rejects.toThrow('Simulated storage error');
    storage.setFailMode({ save: false });
    await storage.save(at(1, 1));
    await expect(storage.loadWithMetadata()).rejects.toThrow('Simulated storage error');
    const named = createMemoryStorageBackend({ failOnSave: true, errorMessage: 'disk on fire' });
    await expect(named.save(at(1, 1))).rejects.toThrow('disk on fire');
  });

  test('refuses what is larger than maxSizeBytes, and keeps what it had', async () => {
    const storage = createMemoryStorageBackend({ maxSizeBytes: 40 });
    await storage.save(at(1, 'small'));
    const failure = storage.save(at(2, 'ä'.repeat(20)));
    await expect(failure).rejects.toMatchObject({ kind: 'quota' });
    await expect(failure).rejects.toThrow('quota exceeded');
    expect(await storage.load()).toEqual(at(1, 'small'));
    const used = JSON.stringify(at(1, 'small')).length;
    expect(await storage.getUsage?.()).toEqual({ used, quota: 40, percentage: (100 * used) / 40 });
  });

  test('remembers the last thousand saves', async () => {
    const storage = createMemoryStorageBackend<number>();
    for (let revision = 1; revision <= 1001; revision += 1) await storage.save(at(revision, 0));
    expect(storage.getSavedSnapshots()).toHaveLength(1000);
    expect(storage.getSavedSnapshots()[0]?.revision).toBe('2');
  });
});

test('backends of one shared storage see each other by key, until all is cleared', async () => {
  const shared = createSharedMemoryStorage<string>();
  await shared.getBackend('a').save(at(1, 'a'));
  await shared.getBackend('b').save(at(2, 'b'));
  expect(await shared.getBackend('a').load()).toEqual(at(1, 'a'));
  shared.clearAll();
  expect([await shared.getBackend('a').load(), await shared.getBackend('b').load()]).toEqual([null, null]);
});
