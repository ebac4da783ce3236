import { describe, expect, test } from 'vitest';
import { heldStorage, stage } from './applier.rig.ts';
import { at, settle } from './persistence.rig.ts';

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
