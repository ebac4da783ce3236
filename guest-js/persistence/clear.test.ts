import { describe, expect, test } from 'vitest';
import { heldStorage, stage } from './applier.rig.ts';
import { clearPersistedData } from './clear.ts';
import { at } from './persistence.rig.ts';

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
