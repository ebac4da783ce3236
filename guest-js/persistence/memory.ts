// One snapshot in memory, for tests and for pages that want everything but a storage. Keeps copies: what is saved cannot be
// changed from outside. Loses everything with the page.

import type { SnapshotEnvelope } from '../core/index.ts';
import {
  byteLength,
  type PersistedSnapshot,
  plainSnapshot,
  type StorageBackendWithMetadata,
  unknownMetadata,
} from './backend.ts';
import { PersistenceError, toPersistenceError } from './error.ts';
import { MAX_REMEMBERED } from './limits.ts';
import { type PersistenceClock, pause, persistenceClock, wallNow } from './time.ts';

/** How the storage behaves; all of it can be left out. */
export interface MemoryStorageBackendOptions {
  initialSnapshot?: SnapshotEnvelope<unknown>;
  /** How long every call takes; default 0. */
  latencyMs?: number;
  failOnSave?: boolean;
  failOnLoad?: boolean;
  /** What a call that fails on purpose says; default `Simulated storage error`. */
  errorMessage?: string;
  /** A record that is larger is refused with kind `quota`. UTF-8 bytes of its JSON. */
  maxSizeBytes?: number;
  clock?: PersistenceClock;
}

/** A memory backend, and what a test wants to know of it. */
export interface MemoryStorageBackend<T> extends StorageBackendWithMetadata<T> {
  /** Every snapshot that was saved, in the form it is stored in; the last 1000. */
  getSavedSnapshots(): SnapshotEnvelope<T>[];
  /** What is stored now. */
  getRawData(): PersistedSnapshot<T> | null;
  /** Back to how it was created. */
  reset(): void;
  /** Makes saves or loads fail, or work again. */
  setFailMode(options: { save?: boolean; load?: boolean }): void;
}

/**
 * ```ts
 * const storage = createMemoryStorageBackend<Settings>({ failOnSave: true });
 * ```
 */
export function createMemoryStorageBackend<T>(
  options: MemoryStorageBackendOptions = {},
): MemoryStorageBackend<T> {
  const { initialSnapshot, latencyMs = 0, errorMessage = 'Simulated storage error' } = options;
  const { maxSizeBytes, clock = persistenceClock } = options;
  const saved: SnapshotEnvelope<T>[] = [];
  let record: PersistedSnapshot<T> | null = null;
  let fails = { save: false, load: false };

  const reset = (): void => {
    saved.length = 0;
    fails = { save: options.failOnSave ?? false, load: options.failOnLoad ?? false };
    record = initialSnapshot ? copy(withUnknown(initialSnapshot as SnapshotEnvelope<T>)) : null;
  };
  const withUnknown = (snapshot: SnapshotEnvelope<T>): PersistedSnapshot<T> => ({
    snapshot: plainSnapshot(snapshot),
    metadata: unknownMetadata(snapshot),
  });
  const store = async (data: PersistedSnapshot<T>): Promise<void> => {
    await pause(clock, latencyMs);
    if (fails.save) throw new Error(errorMessage);
    const size = sizeOf(data);
    if (maxSizeBytes !== undefined && size > maxSizeBytes)
      throw new PersistenceError('quota', `memory: quota exceeded: ${size} of ${maxSizeBytes} bytes.`);
    record = copy(data);
    saved.push(record.snapshot);
    if (saved.length > MAX_REMEMBERED) saved.shift();
  };
  const take = async (): Promise<PersistedSnapshot<T> | null> => {
    await pause(clock, latencyMs);
    if (fails.load) throw new Error(errorMessage);
    return record && copy(record);
  };
  reset();

  return {
    save: (snapshot) => {
      const data = withUnknown(snapshot);
      return store({ ...data, metadata: { ...data.metadata, savedAt: wallNow(clock) } });
    },
    load: async () => (await take())?.snapshot ?? null,
    saveWithMetadata: ({ snapshot, metadata }) => store({ snapshot: plainSnapshot(snapshot), metadata }),
    loadWithMetadata: take,
    loadMetadata: async () => record && { ...record.metadata },
    async clear() {
      await pause(clock, latencyMs);
      record = null;
    },
    async getUsage() {
      const used = record ? sizeOf(record) : 0;
      if (maxSizeBytes === undefined) return { used };
      return { used, quota: maxSizeBytes, percentage: (100 * used) / maxSizeBytes };
    },
    getSavedSnapshots: () => saved.map(copy),
    getRawData: () => record && copy(record),
    reset,
    setFailMode: ({ save = fails.save, load = fails.load }) => {
      fails = { save, load };
    },
  };
}

function sizeOf({ snapshot }: PersistedSnapshot<unknown>): number {
  try {
    return byteLength(JSON.stringify(snapshot));
  } catch (error) {
    throw toPersistenceError(error, 'memory');
  }
}

function copy<V>(value: V): V {
  try {
    return structuredClone(value);
  } catch (error) {
    throw toPersistenceError(error, 'memory');
  }
}

/**
 * One storage that several backends look into, as several tabs look into one localStorage. Backends of one key share the
 * record.
 */
export function createSharedMemoryStorage<T>(): {
  getBackend(key: string): StorageBackendWithMetadata<T>;
  clearAll(): void;
} {
  const backends = new Map<string, MemoryStorageBackend<T>>();
  return {
    getBackend(key) {
      let shared = backends.get(key);
      if (!shared) {
        shared = createMemoryStorageBackend<T>();
        backends.set(key, shared);
      }
      const { save, load, clear, saveWithMetadata, loadWithMetadata, loadMetadata, getUsage } = shared;
      return { save, load, clear, saveWithMetadata, loadWithMetadata, loadMetadata, getUsage };
    },
    clearAll() {
      for (const backend of backends.values()) backend.reset();
    },
  };
}
