// Opens a database so that one object store is in it. Keeps a database that several backends share, each with a store and a
// `version` of its own, usable for all of them: a store that is missing is added by raising the database's own version, and
// which version each store has been brought to is then noted in the store `statesync:versions`. Loses nothing: what is there
// stays as it is. A database with the stores it was created with has no such note.

import { type IDBPDatabase, type IDBPTransaction, openDB, unwrap } from 'idb';
import type { DatabaseOptions } from './database.ts';
import { PersistenceError, textOf, toPersistenceError } from './error.ts';

/** Where it is noted which version each store is of. */
const NOTES = 'statesync:versions';
/** Pages may add their stores at the same time; each round somebody gets ahead. */
const MAX_ROUNDS = 20;

/** Of the database's version when it was noted, and of each store. */
interface Note {
  database: number;
  stores: Record<string, number>;
}

export interface Reach {
  options: Required<Pick<DatabaseOptions, 'dbName' | 'storeName' | 'version'>> &
    Pick<DatabaseOptions, 'onUpgrade'>;
  /** Names the storage and the key in errors. */
  where: string;
  blocked: () => void;
  /** The connection is of no use any more. */
  gone: () => void;
}

/** What has to be done before a database that is open can be used. */
type Need = { kind: 'nothing' } | { kind: 'upgrade'; note: Note } | { kind: 'newer' };

/** An open database that has the store; or what the browser, or `onUpgrade`, says. */
export async function reachStore(reach: Reach): Promise<IDBPDatabase> {
  const { options, where } = reach;
  if (typeof indexedDB === 'undefined' || indexedDB === null)
    throw new PersistenceError('unavailable', `${where}: there is no IndexedDB here.`, { key: where });
  let wanted: number | undefined = options.version;
  let step: Extract<Need, { kind: 'upgrade' }> | undefined;
  for (let round = 1; ; round += 1) {
    let db: IDBPDatabase;
    try {
      db = await openAt(reach, wanted, step);
    } catch (error) {
      // It is newer than that, by somebody who had another store to add or by an app that is: its note says which.
      if (nameOf(error) !== 'VersionError' || round >= MAX_ROUNDS) throw openError(error, where);
      [wanted, step] = [undefined, undefined];
      continue;
    }
    let need: Need;
    try {
      need = await needOf(db, options);
    } catch (error) {
      db.close();
      throw openError(error, where);
    }
    if (need.kind === 'nothing') return db;
    db.close();
    if (need.kind === 'newer' || round >= MAX_ROUNDS) throw newer(where, options.version);
    [wanted, step] = [db.version + 1, need];
  }
}

async function openAt(
  { options, blocked, gone }: Reach,
  wanted: number | undefined,
  step: Extract<Need, { kind: 'upgrade' }> | undefined,
): Promise<IDBPDatabase> {
  const { dbName, storeName, version, onUpgrade } = options;
  let upgradeError: { error: unknown } | undefined;
  try {
    return await openDB(dbName, wanted, {
      async upgrade(db, oldVersion, newVersion, transaction) {
        try {
          const isNew = !db.objectStoreNames.contains(storeName);
          if (isNew) db.createObjectStore(storeName);
          const noted = db.objectStoreNames.contains(NOTES);
          if (step === undefined && !noted) {
            // The first store that is added to others: from now on their versions are noted.
            if (isNew && oldVersion > 0) {
              const { stores } = others(db, storeName, oldVersion);
              note(db, transaction, {
                database: newVersion ?? version,
                stores: { ...stores, [storeName]: version },
              });
            }
            onUpgrade?.(unwrap(db), oldVersion, newVersion ?? version);
            return;
          }
          const before = step?.note ?? (await noteIn(transaction)) ?? { database: oldVersion, stores: {} };
          const own = isNew ? 0 : (before.stores[storeName] ?? oldVersion);
          note(db, transaction, {
            database: newVersion ?? version,
            stores: { ...before.stores, [storeName]: version },
          });
          if (own < version) onUpgrade?.(unwrap(db), own, version);
        } catch (error) {
          upgradeError = { error };
          transaction.done.catch(() => {});
          transaction.abort();
        }
      },
      blocked,
      blocking(_current, _wanted, event) {
        gone();
        (event.target as IDBDatabase).close();
      },
      terminated: gone,
    });
  } catch (error) {
    throw upgradeError === undefined ? error : upgradeError.error;
  }
}

type Upgrade = IDBPTransaction<unknown, string[], 'versionchange'>;

/** Without a note every other store is of the version that the database has. */
function others(db: IDBPDatabase, storeName: string, version: number): Note {
  const names = [...db.objectStoreNames].filter((name) => name !== storeName && name !== NOTES);
  return { database: version, stores: Object.fromEntries(names.map((name) => [name, version])) };
}

function note(db: IDBPDatabase, transaction: Upgrade, value: Note): void {
  if (!db.objectStoreNames.contains(NOTES)) db.createObjectStore(NOTES);
  transaction
    .objectStore(NOTES)
    .put(value, 'versions')
    .catch(() => {});
}

async function noteIn(transaction: { objectStore(name: string): { get(key: string): Promise<unknown> } }) {
  const value = (await transaction.objectStore(NOTES).get('versions')) as Partial<Note> | undefined;
  const isNote = typeof value?.database === 'number' && typeof value.stores === 'object' && value.stores;
  return isNote ? (value as Note) : undefined;
}

async function needOf(db: IDBPDatabase, options: Reach['options']): Promise<Need> {
  const { storeName, version } = options;
  const isThere = db.objectStoreNames.contains(storeName);
  const noted = db.objectStoreNames.contains(NOTES)
    ? await noteIn(db.transaction(NOTES, 'readonly'))
    : undefined;
  // Somebody else has upgraded it since.
  const current = noted?.database === db.version ? noted : undefined;
  if (!isThere) {
    return { kind: 'upgrade', note: current ?? others(db, storeName, db.version) };
  }
  const own = current === undefined ? db.version : (current.stores[storeName] ?? db.version);
  if (own > version) return { kind: 'newer' };
  if (own === version || current === undefined) return { kind: 'nothing' };
  return { kind: 'upgrade', note: current };
}

const nameOf = (error: unknown): unknown => (error as { name?: unknown } | null)?.name;

function newer(where: string, version: number): PersistenceError {
  const what = `the database is newer than version ${version}`;
  const advice = 'A newer version of the app upgraded it.';
  return new PersistenceError('newer-database', `${where}: ${what}. ${advice}`, {
    key: where,
    permanent: true,
  });
}

function openError(error: unknown, where: string): unknown {
  if (error instanceof PersistenceError) return error;
  const name = nameOf(error);
  if (name === 'SecurityError' || name === 'InvalidStateError' || name === 'NotAllowedError') {
    const message = `${where}: IndexedDB cannot be used: ${textOf(error)}`;
    return new PersistenceError('unavailable', message, { key: where, cause: error });
  }
  // What `onUpgrade` throws is the app's own.
  return error instanceof DOMException ? toPersistenceError(error, where, where) : error;
}
