// The places a snapshot can be stored in, each with the way past the code under test.
//
// Keeps nothing. Each claim uses a name of its own, so none sees what another one stored.

import {
  createIndexedDBBackend,
  createLocalStorageBackend,
  createMemoryStorageBackend,
  createSessionStorageBackend,
  type StorageBackend,
} from 'tauri-plugin-statesync-api/persistence';
import { createTauriFileBackend } from 'tauri-plugin-statesync-api/tauri';
import { allRecords, done, inStore } from './database.ts';
import { call } from './line.ts';
import { Stored, withTexts } from './stored.ts';

/** Where one snapshot is, by the name it was opened with. */
export interface Spot {
  backend: StorageBackend<unknown>;
  /** Everything that is stored for it, as the platform gives it. */
  look(): Promise<Stored>;
  /** Replaces each text that is stored; in a file, the whole of it. */
  edit?(replace: (text: string) => string): Promise<void>;
  /** Puts this in the place of everything that is stored; a database takes what the text means, if it means anything. */
  put?(text: string): Promise<void>;
}

export interface Place {
  name: string;
  spot(name: string): Spot;
}

export const STORE = 'snapshots';

const meaning = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};

function webStorage(
  name: string,
  open: (options: { key: string }) => StorageBackend<unknown>,
  storage: () => Storage,
): Place {
  const entries = (key: string) => Object.entries(storage()).filter(([entry]) => entry.startsWith(key));
  return {
    name,
    spot: (key) => ({
      backend: open({ key }),
      look: async () => new Stored(entries(key).map(([, text]) => text)),
      edit: async (replace) => {
        for (const [entry, text] of entries(key)) storage().setItem(entry, replace(text));
      },
      put: async (text) => {
        for (const [entry] of entries(key)) storage().removeItem(entry);
        storage().setItem(key, text);
      },
    }),
  };
}

const database: Place = {
  name: 'IndexedDB',
  spot: (dbName) => ({
    backend: createIndexedDBBackend<unknown>({ dbName, storeName: STORE }),
    look: async () => new Stored((await allRecords(dbName, STORE)).map(([, value]) => value)),
    edit: async (replace) => {
      for (const [key, value] of await allRecords(dbName, STORE)) {
        await inStore(dbName, STORE, 'readwrite', (store) => done(store.put(withTexts(value, replace), key)));
      }
    },
    put: async (text) => {
      await inStore(dbName, STORE, 'readwrite', (store) => {
        store.clear();
        return done(store.put(meaning(text), 'snapshot'));
      });
    },
  }),
};

const memory: Place = {
  name: 'memory',
  spot: () => {
    const backend = createMemoryStorageBackend<unknown>();
    return { backend, look: async () => new Stored([backend.getRawData()]) };
  },
};

const readFile = async (file: string) => (await call('file', undefined, { file })).text();
const writeFile = (file: string, text: string) => call('file', text, { file });

/** The commands an app would write in Rust, here in the runner: what they write is a real file. */
export async function invoke<R>(command: string, args: Record<string, unknown> = {}): Promise<R> {
  const answer = await call('invoke', JSON.stringify(args), { command });
  if (!answer.ok) throw await answer.json();
  return (await answer.json()) as R;
}

const file: Place = {
  name: 'file',
  spot: (name) => ({
    backend: createTauriFileBackend<unknown>({
      invoke,
      saveCommand: 'save',
      loadCommand: 'load',
      clearCommand: 'clear',
      args: { file: name },
    }),
    look: async () => new Stored([await readFile(name)]),
    edit: async (replace) => {
      await writeFile(name, replace(await readFile(name)));
    },
    put: async (text) => {
      await writeFile(name, text);
    },
  }),
};

export const localStore = webStorage('localStorage', createLocalStorageBackend, () => localStorage);
export const sessionStore = webStorage('sessionStorage', createSessionStorageBackend, () => sessionStorage);
export const PLACES: readonly Place[] = [database, localStore, sessionStore, memory, file];
