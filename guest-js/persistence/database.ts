// Keeps one open connection to an IndexedDB database, over the library `idb`. Loses the connection on purpose when another
// page wants to upgrade or delete the database: this page never blocks another one.
//
// `idb-keyval` would be smaller, but opens databases by name only: no version, no `blocked`, no upgrade.

import { type IDBPDatabase, openDB, unwrap } from 'idb';
import { PersistenceError, textOf, toPersistenceError } from './error.ts';
import { type PersistenceClock, pause, persistenceClock } from './time.ts';

/** Which database, and what to do about it. */
export interface DatabaseOptions {
  dbName: string;
  storeName: string;
  /** Default 1. Raise it to add a store to a database that exists. */
  version?: number;
  /** Tries of one operation, the first included; default 3. */
  retryAttempts?: number;
  /** Between two tries; default 100. */
  retryDelayMs?: number;
  /** Another page holds an older version open: ask the person to close or reload it. */
  onBlocked?: () => void;
  /** Runs inside the upgrade, after the store was made. Throwing undoes the upgrade. */
  onUpgrade?: (db: IDBDatabase, oldVersion: number, newVersion: number) => void;
  clock?: PersistenceClock;
}

export interface Database {
  /** Runs on an open database and tries again when that fails for a reason that may pass. */
  run<R>(operation: (db: IDBPDatabase) => Promise<R>): Promise<R>;
}

/** Kinds that no further try changes. */
const LASTING = new Set([
  'unavailable',
  'quota',
  'newer-database',
  'no-store',
  'serialize',
  'corrupted',
  'torn',
]);

export function createDatabase(options: DatabaseOptions, where: string): Database {
  const { dbName, storeName, version = 1, retryAttempts = 3, retryDelayMs = 100 } = options;
  const { onBlocked, onUpgrade, clock = persistenceClock } = options;
  let opening: Promise<IDBPDatabase> | undefined;
  /** The current request to open waits for another page. */
  let isBlocked = false;
  let wake: () => void = () => {};

  const forget = (gone: Promise<IDBPDatabase>): void => {
    if (opening === gone) opening = undefined;
  };

  const open = (): Promise<IDBPDatabase> => {
    if (opening) return opening;
    let upgradeError: unknown;
    isBlocked = false;
    const request: Promise<IDBPDatabase> = (async () => {
      if (typeof indexedDB === 'undefined' || indexedDB === null)
        throw new PersistenceError('unavailable', `${where}: there is no IndexedDB here.`, { key: where });
      return await openDB(dbName, version, {
        upgrade(db, oldVersion, newVersion, transaction) {
          try {
            if (!db.objectStoreNames.contains(storeName)) db.createObjectStore(storeName);
            onUpgrade?.(unwrap(db), oldVersion, newVersion ?? version);
          } catch (error) {
            upgradeError = error;
            transaction.done.catch(() => {});
            transaction.abort();
          }
        },
        blocked() {
          isBlocked = true;
          wake();
          try {
            onBlocked?.();
          } catch {}
        },
        blocking(_current, _wanted, event) {
          forget(request);
          (event.target as IDBDatabase).close();
        },
        terminated: () => forget(request),
      });
    })();
    opening = request;
    request.then(
      () => {
        isBlocked = false;
      },
      () => {
        isBlocked = false;
        forget(request);
      },
    );
    return request.catch((error: unknown) => {
      throw upgradeError === undefined ? openError(error, where, version) : upgradeError;
    });
  };

  /** The database; or, when the request waits for another page, an error. The request goes on and the next try meets it. */
  const reach = (): Promise<IDBPDatabase> => {
    const opened = open();
    return new Promise((resolve, reject) => {
      const giveUp = () =>
        reject(
          new PersistenceError(
            'blocked',
            `${where}: another page holds an older version of the database open. Close or reload it.`,
            { key: where },
          ),
        );
      wake = giveUp;
      if (isBlocked) giveUp();
      opened.then(resolve, reject);
    });
  };

  return {
    async run(operation) {
      for (let attempt = 1; ; attempt += 1) {
        try {
          const db = await reach();
          if (!db.objectStoreNames.contains(storeName)) {
            const advice = 'Raise `version`, so that the store is made.';
            throw new PersistenceError('no-store', `${where}: the database has no such store. ${advice}`, {
              key: where,
            });
          }
          return await operation(db);
        } catch (thrown) {
          const error = toPersistenceError(thrown, where, where);
          if (LASTING.has(error.kind) || attempt >= Math.max(1, retryAttempts)) throw error;
          // A connection that was closed under the operation; the next try opens another one.
          if (!isBlocked && isClosed(thrown)) opening = undefined;
          await pause(clock, retryDelayMs);
        }
      }
    },
  };
}

const isClosed = (error: unknown): boolean =>
  (error as { name?: unknown } | null)?.name === 'InvalidStateError';

function openError(error: unknown, where: string, version: number): PersistenceError {
  if (error instanceof PersistenceError) return error;
  const { name } = (error ?? {}) as { name?: unknown };
  if (name === 'VersionError') {
    const what = `the database is newer than version ${version}`;
    return new PersistenceError(
      'newer-database',
      `${where}: ${what}. A newer version of the app upgraded it.`,
      {
        key: where,
        cause: error,
        permanent: true,
      },
    );
  }
  if (name === 'SecurityError' || name === 'InvalidStateError' || name === 'NotAllowedError') {
    return new PersistenceError('unavailable', `${where}: IndexedDB cannot be used: ${textOf(error)}`, {
      key: where,
      cause: error,
    });
  }
  return toPersistenceError(error, where, where);
}
