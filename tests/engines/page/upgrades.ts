// Versions of a database: one window upgrades, another one stands in its way or does not.
//
// Keeps: the connection this page holds without minding others, and the upgrade that is under way.
import { createIndexedDBBackend, type StorageBackend } from 'tauri-plugin-statesync-api/persistence';
import { openDatabase } from './database.ts';
import { until } from './expect.ts';
import { loadFrom, revisionOf } from './keeping.ts';
import { type Deeds, told } from './line.ts';
import { STORE } from './places.ts';
import { hardValue } from './values.ts';

let held: IDBDatabase | undefined;
let blocked = 0;
let upgrades: [number, number][] = [];
let newer: StorageBackend<unknown> | undefined;
let saving: Promise<string> | undefined;

function newerBackend(dbName: string): StorageBackend<unknown> {
  return createIndexedDBBackend<unknown>({
    dbName,
    storeName: STORE,
    version: 2,
    onBlocked: () => {
      blocked += 1;
    },
    onUpgrade: (_, from, to) => upgrades.push([from, to]),
  });
}

function outcome(backend: StorageBackend<unknown>, revision: string): Promise<string> {
  return backend.save({ revision: revisionOf(revision), data: hardValue() }).then(() => 'saved', told);
}

/** Deletes a database, and counts how often others were in the way. */
function remove(database: string): Promise<{ blocked: number }> {
  let inTheWay = 0;
  return new Promise((resolve, reject) => {
    const request = indexedDB.deleteDatabase(database);
    request.onblocked = () => {
      inTheWay += 1;
    };
    request.onsuccess = () => resolve({ blocked: inTheWay });
    request.onerror = () => reject(request.error);
  });
}

export const upgrading: Deeds = {
  // A connection that does not answer `versionchange`, as an old version of the app might have one.
  hold: async ({ database = '' }) => {
    held = await openDatabase(database);
  },
  release: () => held?.close(),
  beginUpgrade: ({ database = '' }) => {
    blocked = 0;
    upgrades = [];
    newer = newerBackend(database);
    saving = outcome(newer, '2');
  },
  untilBlocked: () => until(() => blocked > 0),
  // What came of the save that was held up.
  heldUp: () => saving,
  // What comes of the next one.
  endUpgrade: async () => ({ next: newer && (await outcome(newer, '3')), upgrades }),
  upgradeRaw: async ({ database = '' }) => {
    let inTheWay = 0;
    const opened = await openDatabase(database, 2, {
      blocked: () => {
        inTheWay += 1;
      },
    });
    opened.close();
    return { blocked: inTheWay };
  },
  loadNewer: ({ database = '' }) => loadFrom(newerBackend(database)),
  remove: ({ database = '' }) => remove(database),
};
