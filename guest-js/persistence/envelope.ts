// Metadata for storages that have no place for it. Keeps both in one save, inside the snapshot's data, with the data as JSON
// text: a storage that sorts keys, rounds numbers or refuses lone surrogates changes nothing. Loses that other readers of
// the storage find the data as it is; so a snapshot about which there is nothing to say is stored as it is.

import type { SnapshotEnvelope } from '../core/index.ts';
import {
  demandEnvelope,
  isMetadata,
  keepsMetadata,
  type PersistedSnapshot,
  type PersistedSnapshotMetadata,
  plainSnapshot,
  type StorageBackend,
  type StorageBackendWithMetadata,
  unknownMetadata,
  unreadable,
} from './backend.ts';
import { textOf } from './error.ts';

/** Marks data as an envelope, and its version. */
const MARK = 'statesync:persisted';

interface Envelope {
  [MARK]: 1;
  metadata: PersistedSnapshotMetadata;
  json: string;
}

function isMarked(data: unknown): data is Envelope {
  return typeof data === 'object' && data !== null && Object.hasOwn(data, MARK);
}

/** Half of a surrogate pair as JSON writes it; Rust's JSON reader refuses it. */
const ESCAPED_SURROGATE = /\\ud[89a-f]/;

/** The snapshot a storage without metadata is given. */
export function seal<T>({ snapshot, metadata }: PersistedSnapshot<T>): SnapshotEnvelope<T> {
  const json = JSON.stringify(snapshot.data);
  const { compressed, hash, ttlMs, schemaVersion } = metadata;
  const saysNothing = !compressed && hash === undefined && ttlMs === undefined && schemaVersion === 1;
  if (saysNothing && !isMarked(snapshot.data) && !ESCAPED_SURROGATE.test(json))
    return plainSnapshot(snapshot);
  const envelope: Envelope = { [MARK]: 1, metadata, json };
  return { ...plainSnapshot(snapshot), data: envelope as T };
}

/** The inverse of {@link seal}. Throws kind `corrupted` when an envelope cannot be read. */
export function unseal<T>(stored: SnapshotEnvelope<T>, key: string): PersistedSnapshot<T> {
  const snapshot = demandEnvelope(stored, key) as SnapshotEnvelope<T>;
  const data: unknown = snapshot.data;
  if (!isMarked(data)) return { snapshot, metadata: unknownMetadata(snapshot) };
  const { metadata, json } = data;
  if (!isMetadata(metadata) || typeof json !== 'string') throw unreadable(key, 'its envelope is damaged');
  try {
    return { snapshot: { ...snapshot, data: JSON.parse(json) as T }, metadata };
  } catch (error) {
    throw unreadable(key, textOf(error), error);
  }
}

/**
 * Lets a storage of your own, with `save` and `load` only, keep everything that needs metadata: TTL, hash, schema version,
 * compression. What it is given then is `{ revision, data: ENVELOPE }`; a snapshot without any of these stays as it is.
 * A storage that keeps metadata is returned unchanged.
 *
 * ```ts
 * createPersistenceApplier({ storage: withMetadata(myStorage), applier, ttlMs: 86_400_000 });
 * ```
 */
export function withMetadata<T>(storage: StorageBackend<T>, key = 'record'): StorageBackendWithMetadata<T> {
  if (keepsMetadata(storage)) return storage;
  return {
    save: (snapshot) => storage.save(plainSnapshot(snapshot)),
    async load() {
      const stored = await storage.load();
      return stored && unseal(stored, key).snapshot;
    },
    saveWithMetadata: async (persisted) => storage.save(seal(persisted)),
    async loadWithMetadata() {
      const stored = await storage.load();
      return stored && unseal(stored, key);
    },
    ...(storage.clear ? { clear: () => storage.clear?.() as Promise<void> } : {}),
  };
}
