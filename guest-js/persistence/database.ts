// Keeps one open connection to an IndexedDB database, over the library `idb`. Loses the connection on purpose when another
// page wants to upgrade or delete the database: this page never blocks another one.
//
// `idb-keyval` would be smaller, but opens databases by name only: no version, no `blocked`, no upgrade.

import type { IDBPDatabase } from 'idb';
import { PersistenceError, toPersistenceError } from './error.ts';
import { reachStore } from './object-stores.ts';
import { type PersistenceClock, pause, persistenceClock } from './time.ts';

/** Which database, and what to do about it. */
export interface DatabaseOptions {
  dbName: string;
  storeName: string;
  /** Default 1. Raise it to run `onUpgrade` on a database that exists; a store that is missing is made without that. */
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
const LASTING = new Set(['unavailable', 'quota', 'newer-database', 'serialize', 'corrupted', 'torn']);

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

  const blocked = (): void => {
    isBlocked = true;
    wake();
    try {
      onBlocked?.();
    } catch {}
  };

  const open = (): Promise<IDBPDatabase> => {
    if (opening) return opening;
    isBlocked = false;
    const request: Promise<IDBPDatabase> = reachStore({
      options: { dbName, storeName, version, onUpgrade },
      where,
      blocked,
      gone: () => forget(request),
    });
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
    return request;
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

  const letGo = (): void => {
    const dead = opening;
    if (isBlocked || dead === undefined) return;
    forget(dead);
    dead.then(
      (db) => db.close(),
      () => {},
    );
  };

  return {
    async run(operation) {
      for (let attempt = 1; ; attempt += 1) {
        try {
          const db = await reach();
          return await operation(db);
        } catch (thrown) {
          const error = toPersistenceError(thrown, where, where);
          // Whatever it is, the connection may be dead: what comes next opens another one.
          if (error.kind === 'storage') letGo();
          if (LASTING.has(error.kind) || attempt >= Math.max(1, retryAttempts)) throw error;
          await pause(clock, retryDelayMs);
        }
      }
    },
  };
}
