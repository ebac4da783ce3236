// IndexedDB by its own interface, as promises: what the claims look into records with, past the code under test.
//
// Keeps nothing open.

/** The outcome of a request. */
export function done<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** Opens a database without a version: as it is. With one: `upgrade` makes it so. */
export function openDatabase(
  name: string,
  version?: number,
  on: { upgrade?: (database: IDBDatabase) => void; blocked?: () => void } = {},
): Promise<IDBDatabase> {
  const request = indexedDB.open(name, version);
  request.onupgradeneeded = () => on.upgrade?.(request.result);
  request.onblocked = () => on.blocked?.();
  return done(request);
}

/** Works on one store of a database and closes it when the transaction is complete. */
export async function inStore<T>(
  database: string,
  store: string,
  mode: IDBTransactionMode,
  work: (store: IDBObjectStore) => Promise<T>,
): Promise<T> {
  const opened = await openDatabase(database);
  try {
    const transaction = opened.transaction(store, mode);
    const complete = new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error);
    });
    const result = await work(transaction.objectStore(store));
    await complete;
    return result;
  } finally {
    opened.close();
  }
}

/** Every record of the store, with its key. */
export async function allRecords(database: string, store: string): Promise<[IDBValidKey, unknown][]> {
  return inStore(database, store, 'readonly', async (records) => {
    const [keys, values] = [done(records.getAllKeys()), done(records.getAll())];
    const values_ = await values;
    return (await keys).map((key, index) => [key, values_[index]]);
  });
}
