// One snapshot in IndexedDB, for data that is too large for web storage. Keeps snapshot and metadata as two records that are
// written and read in one transaction, so that no crash tears them: `{ revision, data }` under the record's key, for any
// reader, and the metadata under `KEY:meta`. Loses what the browser evicts.

import type { IDBPDatabase } from 'idb';
import {
  demandEnvelope,
  isMetadata,
  type PersistedSnapshot,
  type PersistedSnapshotMetadata,
  plainSnapshot,
  type StorageBackendWithMetadata,
  torn,
  unknownMetadata,
  unreadable,
} from './backend.ts';
import { createDatabase, type DatabaseOptions } from './database.ts';
import { PersistenceError } from './error.ts';

/** Where the snapshot is. */
export interface IndexedDBBackendOptions extends DatabaseOptions {
  /** Default `snapshot`. Also `KEY:meta` is used, and `KEY:bad` for a record that could not be read. */
  recordKey?: string;
}

/** Metadata as it is stored: with the revision it belongs to, in case someone else writes only the snapshot. */
interface StoredMetadata {
  revision: string;
  metadata: PersistedSnapshotMetadata;
}

/**
 * A snapshot in IndexedDB. Creating it opens nothing; the first call does.
 *
 * Each operation is tried `retryAttempts` times. Calls reject with kind `unavailable` (no IndexedDB, private mode), `quota`
 * (the message contains `quota exceeded`), `blocked` (another page holds an older version; `onBlocked` was called, and a
 * later call succeeds once that page is gone), `newer-database`, `corrupted` or `storage`. A store that the
 * database lacks is made, whatever other backends keep in it.
 *
 * ```ts
 * const storage = createIndexedDBBackend<Cart>({ dbName: 'shop', storeName: 'snapshots', recordKey: 'cart' });
 * ```
 */
export function createIndexedDBBackend<T>(options: IndexedDBBackendOptions): StorageBackendWithMetadata<T> {
  const { dbName, storeName, recordKey = 'snapshot' } = options;
  for (const [name, value] of Object.entries({ dbName, storeName, recordKey })) {
    if (typeof value !== 'string' || value === '')
      throw new PersistenceError('options', `an IndexedDB backend needs \`${name}\`, a non-empty string.`);
  }
  const where = `IndexedDB "${dbName}/${storeName}/${recordKey}"`;
  const metaKey = `${recordKey}:meta`;
  const badKey = `${recordKey}:bad`;
  const database = createDatabase(options, where);

  const write = (run: (store: WritableStore) => void): Promise<void> =>
    database.run(async (db) => {
      const transaction = db.transaction(storeName, 'readwrite');
      const { done } = transaction;
      try {
        run(transaction.store);
      } catch (error) {
        done.catch(() => {});
        transaction.abort();
        throw error;
      }
      await done;
    });

  const put = (store: WritableStore, { snapshot, metadata }: PersistedSnapshot<T>): void => {
    const { revision } = snapshot;
    quiet(store.put(plainSnapshot(snapshot), recordKey));
    quiet(store.put({ revision, metadata } satisfies StoredMetadata, metaKey));
  };

  const read = async (db: IDBPDatabase): Promise<PersistedSnapshot<T> | null> => {
    const { store, done } = db.transaction(storeName, 'readonly');
    const [value, meta] = await Promise.all([store.get(recordKey), store.get(metaKey), done]);
    if (value === undefined) return null;
    const snapshot = demandEnvelope(value, recordKey) as PersistedSnapshot<T>['snapshot'];
    if (meta === undefined) return { snapshot, metadata: unknownMetadata(snapshot) };
    const { revision, metadata } = demandMetadata(meta, metaKey);
    if (revision !== snapshot.revision) throw torn(recordKey);
    return { snapshot, metadata };
  };

  return {
    save: (snapshot) => write((store) => put(store, { snapshot, metadata: unknownMetadata(snapshot) })),
    load: () =>
      database.run(async (db) => {
        const value: unknown = await db.get(storeName, recordKey);
        return value === undefined
          ? null
          : (demandEnvelope(value, recordKey) as PersistedSnapshot<T>['snapshot']);
      }),
    saveWithMetadata: (persisted) => write((store) => put(store, persisted)),
    loadWithMetadata: () => database.run(read),
    loadMetadata: () =>
      database.run(async (db) => {
        const meta: unknown = await db.get(storeName, metaKey);
        return meta === undefined ? null : demandMetadata(meta, metaKey).metadata;
      }),
    clear: () =>
      write((store) => {
        for (const each of [recordKey, metaKey, badKey]) quiet(store.delete(each));
      }),
    setAside: () =>
      database.run(async (db) => {
        const { store, done } = db.transaction(storeName, 'readwrite');
        const [value, meta] = await Promise.all([store.get(recordKey), store.get(metaKey)]);
        quiet(store.put({ value, meta }, badKey));
        quiet(store.delete(recordKey));
        quiet(store.delete(metaKey));
        await done;
      }),
    async getUsage() {
      const { usage = 0, quota } = (await globalThis.navigator?.storage?.estimate?.()) ?? {};
      if (!quota) return { used: usage };
      return { used: usage, quota, percentage: (100 * usage) / quota };
    },
  };
}

interface WritableStore {
  put(value: unknown, key: string): Promise<unknown>;
  delete(key: string): Promise<unknown>;
}

/** The transaction rejects with the same error, and that one is awaited. */
function quiet(request: Promise<unknown>): void {
  request.catch(() => {});
}

function demandMetadata(value: unknown, metaKey: string): StoredMetadata {
  const { revision, metadata } = (value ?? {}) as Partial<StoredMetadata>;
  if (typeof revision !== 'string' || !isMetadata(metadata)) throw unreadable(metaKey, 'it is not metadata');
  return { revision, metadata };
}
