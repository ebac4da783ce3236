import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { openDB } from 'idb';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createPersistenceApplier } from './applier.ts';
import { createIndexedDBBackend, type IndexedDBBackendOptions } from './indexed-db.ts';
import { at, createRigClock } from './persistence.rig.ts';

beforeEach(() => {
  vi.stubGlobal('indexedDB', new IDBFactory());
});

afterEach(() => {
  vi.unstubAllGlobals();
});

const backend = (options: Partial<IndexedDBBackendOptions> = {}) =>
  createIndexedDBBackend<unknown>({ dbName: 'app', storeName: 'state', ...options });

/** Lets requests of fake-indexeddb, which end in macrotasks, and promises go on. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

async function stored(key: string) {
  const db = await openDB('app');
  const value = await db.get('state', key);
  db.close();
  return value;
}

const metadata = { savedAt: 1, schemaVersion: 1, sizeBytes: 1, compressed: false };

describe('what is stored', () => {
  test('is { revision, data } under the key and metadata beside it', async () => {
    await backend().saveWithMetadata({ snapshot: at(1, { a: 1 }), metadata });
    expect(await stored('snapshot')).toEqual({ revision: '1', data: { a: 1 } });
    expect(await stored('snapshot:meta')).toEqual({ revision: '1', metadata });
  });

  test('is apart for each recordKey', async () => {
    const [a, b] = [backend({ recordKey: 'a' }), backend({ recordKey: 'b' })];
    await a.save(at(1, 'a'));
    await b.save(at(2, 'b'));
    await a.clear?.();
    expect([await a.load(), await b.load()]).toEqual([null, at(2, 'b')]);
  });

  test('is torn when someone else wrote only the snapshot', async () => {
    await backend().saveWithMetadata({ snapshot: at(1, 1), metadata });
    const db = await openDB('app');
    await db.put('state', at(2, 2), 'snapshot');
    db.close();
    await expect(backend().loadWithMetadata()).rejects.toMatchObject({ kind: 'torn', key: 'snapshot' });
  });

  test('is kept aside by the next save when it cannot be read', async () => {
    const storage = backend();
    await storage.load();
    const db = await openDB('app');
    await db.put('state', 'nonsense', 'snapshot');
    db.close();
    await createPersistenceApplier<unknown>({ storage, applier: { apply() {} }, schemaVersion: 2 }).apply(
      at(3, 'new'),
    );
    expect(await stored('snapshot')).toEqual(at(3, 'new'));
    expect(await stored('snapshot:bad')).toEqual({ value: 'nonsense', meta: undefined });
  });

  test('is an error with the key when it cannot be read', async () => {
    await backend().load();
    const db = await openDB('app');
    await db.put('state', 'nonsense', 'snapshot');
    db.close();
    await expect(backend().load()).rejects.toThrow(/Failed to deserialize "snapshot".*Original error:/);
  });

  test('is the old pair when one of the two cannot be cloned', async () => {
    const storage = backend();
    await storage.saveWithMetadata({ snapshot: at(1, 1), metadata });
    const failure = storage.saveWithMetadata({ snapshot: at(2, () => {}), metadata });
    await expect(failure).rejects.toMatchObject({ kind: 'serialize', permanent: true });
    expect(await storage.loadWithMetadata()).toEqual({ snapshot: at(1, 1), metadata });
  });
});

describe('an upgrade', () => {
  test('runs onUpgrade with both versions after the store was made', async () => {
    const seen: unknown[] = [];
    const onUpgrade: IndexedDBBackendOptions['onUpgrade'] = (db, from, to) =>
      seen.push([[...db.objectStoreNames], from, to]);
    await backend({ onUpgrade }).load();
    await backend({ version: 3, onUpgrade }).load();
    await backend({ version: 3, onUpgrade }).load();
    expect(seen).toEqual([
      [['state'], 0, 1],
      [['state'], 1, 3],
    ]);
  });

  test('that throws is undone, and rejects with its error', async () => {
    await backend().save(at(1, 'kept'));
    const broken = backend({
      version: 2,
      retryAttempts: 1,
      onUpgrade() {
        throw new Error('no room');
      },
    });
    await expect(broken.load()).rejects.toThrow('no room');
    expect(await backend().load()).toEqual(at(1, 'kept'));
  });

  test('is never blocked by a backend of this package: it lets go of its connection', async () => {
    const old = backend();
    await old.save(at(1, 'old'));
    const onBlocked = vi.fn();
    const db = await openDB('app', 2, { blocked: onBlocked });
    db.close();
    expect(onBlocked).not.toHaveBeenCalled();
    await expect(old.load()).rejects.toMatchObject({ kind: 'newer-database', permanent: true });
    expect(await backend({ version: 2 }).load()).toEqual(at(1, 'old'));
  });

  test('that another page blocks calls onBlocked and rejects, and goes on when that page is gone', async () => {
    const other = await openDB('app', 1, { upgrade: (db) => void db.createObjectStore('state') });
    const onBlocked = vi.fn();
    const clock = createRigClock();
    const storage = backend({ version: 2, onBlocked, clock });
    let failure: unknown;
    const loading = storage.load().catch((error: unknown) => {
      failure = error;
    });
    for (let round = 0; round < 3; round += 1) {
      await turns();
      await clock.advance(100);
    }
    await loading;
    expect(failure).toMatchObject({ kind: 'blocked' });
    expect(String(failure)).toMatch(/another page holds an older version.*Close or reload/);
    expect(onBlocked).toHaveBeenCalledTimes(1);
    other.close();
    await turns();
    await storage.save(at(2, 'after'));
    expect(await storage.load()).toEqual(at(2, 'after'));
    expect(clock.pending()).toBe(0);
  });

  test('of a store runs onUpgrade of that store alone, with its own versions', async () => {
    const seen: unknown[] = [];
    const onUpgrade: IndexedDBBackendOptions['onUpgrade'] = (db, from, to) =>
      seen.push([[...db.objectStoreNames].includes('other'), from, to]);
    await backend().save(at(1, 1));
    await backend({ storeName: 'other', onUpgrade }).load();
    await backend({ storeName: 'other', version: 2, onUpgrade }).load();
    await backend({ storeName: 'other', version: 2, onUpgrade }).load();
    expect(seen).toEqual([
      [true, 0, 1],
      [true, 1, 2],
    ]);
    expect(await backend().load()).toEqual(at(1, 1));
    await expect(backend({ storeName: 'other' }).load()).rejects.toMatchObject({ kind: 'newer-database' });
  });
});

describe('two stores of one database', () => {
  const versions = [1, 2, 5].flatMap((a) => [1, 2, 5].map((b) => [a, b] as const));

  test.each(versions)('work together, one with version %i and one with %i', async (first, second) => {
    const one = backend({ storeName: 'one', version: first });
    const two = backend({ storeName: 'two', version: second });
    for (let round = 1; round <= 2; round += 1) {
      await one.save(at(round, `one ${round}`));
      await two.save(at(round, `two ${round}`));
      expect([await one.load(), await two.load()]).toEqual([
        at(round, `one ${round}`),
        at(round, `two ${round}`),
      ]);
    }
    // After a reload, in the other order.
    expect(await backend({ storeName: 'two', version: second }).load()).toEqual(at(2, 'two 2'));
    expect(await backend({ storeName: 'one', version: first }).load()).toEqual(at(2, 'one 2'));
  });

  test('may be made in the same moment, and so may more', async () => {
    const names = ['a', 'b', 'c', 'd', 'e'];
    const storages = names.map((storeName) => backend({ storeName }));
    await Promise.all(storages.map((storage, n) => storage.save(at(n + 1, names[n]))));
    for (const [n, storage] of storages.entries()) expect(await storage.load()).toEqual(at(n + 1, names[n]));
  });

  test('may be made in a database that somebody else has made', async () => {
    const other = await openDB('app', 7, { upgrade: (db) => void db.createObjectStore('theirs') });
    await other.put('theirs', 'kept', 'key');
    other.close();
    await backend().save(at(1, 'ours'));
    expect(await backend().load()).toEqual(at(1, 'ours'));
    const again = await openDB('app');
    expect(await again.get('theirs', 'key')).toBe('kept');
    again.close();
  });
});

describe('a failure', () => {
  test('of a connection that died is over with the next one', async () => {
    const clock = createRigClock();
    const storage = backend({ retryAttempts: 1, clock });
    await storage.save(at(1, 1));
    const dead = new Set<IDBDatabase>();
    const { transaction } = IDBDatabase.prototype;
    const open = vi.spyOn(indexedDB, 'open');
    vi.spyOn(IDBDatabase.prototype, 'transaction').mockImplementation(function (this: IDBDatabase, ...args) {
      if (open.mock.calls.length === 0) dead.add(this);
      if (dead.has(this))
        throw new DOMException('Connection to Indexed Database server lost', 'UnknownError');
      return transaction.apply(this, args);
    });
    await expect(storage.load()).rejects.toThrow('server lost');
    expect(await storage.load()).toEqual(at(1, 1));
    expect(open).toHaveBeenCalled();
  });

  test('that may pass is tried retryAttempts times with retryDelayMs between', async () => {
    const clock = createRigClock();
    const open = vi.spyOn(indexedDB, 'open').mockImplementation(() => {
      throw new DOMException('Internal error', 'UnknownError');
    });
    let failure: unknown;
    const loading = backend({ retryAttempts: 4, retryDelayMs: 50, clock })
      .load()
      .catch((error: unknown) => {
        failure = error;
      });
    await clock.advance(149);
    expect([open.mock.calls.length, failure]).toEqual([3, undefined]);
    await clock.advance(1);
    await loading;
    expect(open).toHaveBeenCalledTimes(4);
    expect(String(failure)).toContain('IndexedDB "app/state/snapshot": Internal error');
  });

  test('that passed is no failure', async () => {
    const clock = createRigClock();
    vi.spyOn(indexedDB, 'open').mockImplementationOnce(() => {
      throw new DOMException('Internal error', 'UnknownError');
    });
    const saving = backend({ clock }).save(at(1, 1));
    await clock.advance(100);
    await saving;
    expect(await backend().load()).toEqual(at(1, 1));
  });

  test('of a full disk says "quota exceeded" and is not tried again', async () => {
    const storage = backend();
    await storage.save(at(1, 1));
    const put = vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(() => {
      throw new DOMException('full', 'QuotaExceededError');
    });
    const failure = storage.save(at(2, 2));
    await expect(failure).rejects.toMatchObject({ kind: 'quota' });
    await expect(failure).rejects.toThrow('quota exceeded');
    expect(put).toHaveBeenCalledTimes(1);
    vi.restoreAllMocks();
    expect(await storage.load()).toEqual(at(1, 1));
  });

  test('of a page without IndexedDB is known at the first call', async () => {
    vi.stubGlobal('indexedDB', undefined);
    await expect(backend().load()).rejects.toMatchObject({ kind: 'unavailable' });
  });

  test('of private mode is known at the first call', async () => {
    vi.spyOn(indexedDB, 'open').mockImplementation(() => {
      throw new DOMException('A mutation operation was attempted', 'SecurityError');
    });
    await expect(backend().save(at(1, 1))).rejects.toMatchObject({ kind: 'unavailable' });
  });

  test('of missing names is known at creation', () => {
    expect(() => backend({ dbName: '' })).toThrow(/needs `dbName`/);
    expect(() => backend({ recordKey: '' })).toThrow(/needs `recordKey`/);
  });
});
