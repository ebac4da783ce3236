import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import { afterEach, test, vi } from 'vitest';
import { createTauriFileBackend } from '../tauri/index.ts';
import { describeStorageConformance } from '../testing/index.ts';
import {
  createIndexedDBBackend,
  createLocalStorageBackend,
  createMemoryStorageBackend,
  createSessionStorageBackend,
  createSharedMemoryStorage,
  type StorageBackend,
  withMetadata,
} from './index.ts';
import { FakeStorage } from './persistence.rig.ts';

afterEach(() => {
  vi.unstubAllGlobals();
});

for (const [name, create] of [
  ['localStorage', createLocalStorageBackend],
  ['sessionStorage', createSessionStorageBackend],
] as const) {
  describeStorageConformance(
    { test },
    {
      name,
      create() {
        const storage = new FakeStorage();
        vi.stubGlobal(name, storage);
        return { open: () => create({ key: 'state' }), read: () => [...storage.map.values()].join('\n') };
      },
    },
  );
}

describeStorageConformance(
  { test },
  {
    name: 'IndexedDB',
    create() {
      const factory = new IDBFactory();
      vi.stubGlobal('indexedDB', factory);
      return {
        open: () => createIndexedDBBackend({ dbName: 'app', storeName: 'state' }),
        async read() {
          const request = factory.open('app', 1);
          const db = await new Promise<IDBDatabase>((resolve) => {
            request.onsuccess = () => resolve(request.result);
          });
          const all = db.transaction('state').objectStore('state').getAll();
          await new Promise((resolve) => {
            all.onsuccess = resolve;
          });
          db.close();
          return JSON.stringify(all.result);
        },
      };
    },
  },
);

describeStorageConformance(
  { test },
  {
    name: 'memory',
    create() {
      const memory = createMemoryStorageBackend();
      return { open: () => ({ ...memory }), read: () => JSON.stringify(memory.getRawData()) };
    },
  },
);

describeStorageConformance(
  { test },
  {
    name: 'shared memory',
    create() {
      const shared = createSharedMemoryStorage<unknown>();
      return {
        open: () => shared.getBackend('state'),
        read: async () => JSON.stringify(await shared.getBackend('state').loadWithMetadata()),
      };
    },
  },
);

/** A file of JSON as Rust's serde keeps it: lone surrogates are refused, and the fields of objects come back sorted. */
function rustFile() {
  const file = { content: null as string | null };
  const sorted = (_key: string, part: unknown): unknown =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part;
  const invoke = async (command: string, args?: Record<string, unknown>): Promise<unknown> => {
    if (command === 'load') return file.content === null ? null : JSON.parse(file.content);
    const json = JSON.stringify(args?.snapshot, sorted) ?? null;
    // An odd number of backslashes before it: an escape, not text that looks like one.
    if (json && /(?<!\\)(?:\\\\)*\\ud[89a-f]/.test(json)) throw 'lone leading surrogate in hex escape';
    file.content = command === 'save' ? json : null;
    return null;
  };
  return { file, invoke: invoke as Parameters<typeof createTauriFileBackend>[0]['invoke'] };
}

describeStorageConformance(
  { test },
  {
    name: 'Tauri file',
    create() {
      const { file, invoke } = rustFile();
      const commands = { saveCommand: 'save', loadCommand: 'load', clearCommand: 'clear' };
      return { open: () => createTauriFileBackend({ invoke, ...commands }), read: () => file.content ?? '' };
    },
  },
);

describeStorageConformance(
  { test },
  {
    name: 'a storage without metadata, wrapped',
    create() {
      let stored: string | null = null;
      const plain: StorageBackend<unknown> = {
        async save(snapshot) {
          stored = JSON.stringify(snapshot);
        },
        load: async () => (stored === null ? null : JSON.parse(stored)),
        async clear() {
          stored = null;
        },
      };
      return { open: () => withMetadata(plain), read: () => stored ?? '' };
    },
  },
);
