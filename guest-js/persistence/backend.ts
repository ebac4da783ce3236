// Keeps nothing: the shapes of a place where a page keeps one snapshot between two loads, and of what is kept there.

import { MAX_DEPTH, tooDeepAt } from '../core/depth.ts';
import { isCanonicalRevision, type SnapshotEnvelope } from '../core/index.ts';
import { PersistenceError } from './error.ts';

/** A place for one snapshot. All three reject with an error that names the key. */
export interface StorageBackend<T> {
  save(snapshot: SnapshotEnvelope<T>): Promise<void>;
  /** What is stored, as it is stored; `null` when nothing is. */
  load(): Promise<SnapshotEnvelope<T> | null>;
  clear?(): Promise<void>;
}

/** What is known about a stored snapshot beside the snapshot. */
export interface PersistedSnapshotMetadata {
  /** Wall clock, ms since 1970; 0 when unknown (a record that was saved without metadata). */
  savedAt: number;
  /** Version of the data's shape; 1 when nothing was said. */
  schemaVersion: number;
  /** UTF-8 bytes of `{ revision, data }` as JSON, in the form that is stored. */
  sizeBytes: number;
  /** `snapshot.data` is the compressed text of the data's JSON. */
  compressed: boolean;
  /** With `compressed`: `algorithm` of the adapter that made the text. */
  algorithm?: string;
  /** `sha256:` and the digest of revision, epoch and data. */
  hash?: string;
  ttlMs?: number;
  epoch?: string;
}

/** A snapshot in the form it is stored in, with its metadata. */
export interface PersistedSnapshot<T> {
  snapshot: SnapshotEnvelope<T>;
  metadata: PersistedSnapshotMetadata;
}

/** Bytes in use, and how many there may be where that is known. */
export interface StorageUsage {
  used: number;
  quota?: number;
  percentage?: number;
}

/**
 * A backend that keeps metadata with the snapshot: after a crash at any moment `loadWithMetadata` gives a pair that was
 * saved together, or rejects; it never gives one half with the other half of another save.
 */
export interface StorageBackendWithMetadata<T> extends StorageBackend<T> {
  saveWithMetadata(data: PersistedSnapshot<T>): Promise<void>;
  loadWithMetadata(): Promise<PersistedSnapshot<T> | null>;
  /** The metadata alone, where that is cheaper than reading the data too. Asked before every save. */
  loadMetadata?(): Promise<PersistedSnapshotMetadata | null>;
  /** Puts a record that cannot be read out of the way, for people to look at. Without it the next save replaces it. */
  setAside?(): Promise<void>;
  getUsage?(): Promise<StorageUsage>;
}

/** Whether this storage keeps metadata. */
export function keepsMetadata<T>(storage: StorageBackend<T>): storage is StorageBackendWithMetadata<T> {
  const candidate = storage as Partial<StorageBackendWithMetadata<T>>;
  return typeof candidate.saveWithMetadata === 'function' && typeof candidate.loadWithMetadata === 'function';
}

/** UTF-8 bytes of a text. */
export function byteLength(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** The stored form without anything else an envelope may carry. */
export function plainSnapshot<T>({ revision, data, epoch }: SnapshotEnvelope<T>): SnapshotEnvelope<T> {
  return epoch === undefined ? { revision, data } : { revision, data, epoch };
}

/** `{ revision, data, epoch }` as JSON, of data that is JSON already; without data where it is none. */
export function textOfSnapshot(
  { revision, epoch }: Omit<SnapshotEnvelope<unknown>, 'data'>,
  json: string | undefined,
): string {
  const data = json === undefined ? '' : `,"data":${json}`;
  const life = epoch === undefined ? '' : `,"epoch":${JSON.stringify(epoch)}`;
  return `{"revision":${JSON.stringify(revision) ?? null}${data}${life}}`;
}

const texts = new WeakMap<object, { data: unknown; json: string }>();

/** Remembers the JSON of a record's data, so that a storage of text need not make it again. */
export function rememberJson(record: PersistedSnapshot<unknown>, json: string): void {
  texts.set(record, { data: record.snapshot.data, json });
}

/** The JSON of a record's data, where that is known and the record is as it was made. */
export function rememberedJson(record: PersistedSnapshot<unknown>): string | undefined {
  const known = texts.get(record);
  return known !== undefined && Object.is(known.data, record.snapshot.data) ? known.json : undefined;
}

/** What is known about a snapshot that was saved without metadata; `json` is its data's, where that is known. */
export function unknownMetadata(
  snapshot: SnapshotEnvelope<unknown>,
  json = JSON.stringify(snapshot.data),
): PersistedSnapshotMetadata {
  const { revision, epoch } = snapshot;
  return {
    savedAt: 0,
    schemaVersion: 1,
    sizeBytes: byteLength(textOfSnapshot({ revision }, json)),
    compressed: false,
    ...(epoch === undefined ? {} : { epoch }),
  };
}

const isCount = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
const isMissingOr = (kind: 'string' | 'number', value: unknown) =>
  value === undefined || typeof value === kind;

/** Whether something read from a storage has the shape of metadata. */
export function isMetadata(value: unknown): value is PersistedSnapshotMetadata {
  if (typeof value !== 'object' || value === null) return false;
  const { savedAt, schemaVersion, sizeBytes, compressed, algorithm, hash, ttlMs, epoch } = value as Record<
    string,
    unknown
  >;
  return (
    isCount(savedAt) &&
    isCount(schemaVersion) &&
    isCount(sizeBytes) &&
    typeof compressed === 'boolean' &&
    isMissingOr('string', algorithm) &&
    isMissingOr('string', hash) &&
    isMissingOr('number', ttlMs) &&
    isMissingOr('string', epoch)
  );
}

/** What a storage gave as a snapshot, or an error that says the record cannot be read. Revisions are judged later. */
export function demandEnvelope(value: unknown, key: string): SnapshotEnvelope<unknown> {
  if (typeof value !== 'object' || value === null || !('revision' in value) || !('data' in value)) {
    throw unreadable(key, 'it is not { revision, data }');
  }
  return demandDepth(value as SnapshotEnvelope<unknown>, key);
}

/** The snapshot, or an error that says that its data is deeper than anything that was ever stored. */
export function demandDepth<S extends SnapshotEnvelope<unknown>>(snapshot: S, key: string): S {
  const deep = tooDeepAt(snapshot.data);
  if (deep !== undefined) throw unreadable(key, `its data is deeper than ${MAX_DEPTH} levels at ${deep}`);
  return snapshot;
}

/** The error of a record that cannot be read. It is left where it is; the next save replaces it. */
export function unreadable(key: string, why: string, cause?: unknown): PersistenceError {
  return new PersistenceError(
    'corrupted',
    `Failed to deserialize "${key}"; the record is left as it is until the next save replaces it. Original error: ${why}`,
    { key, cause },
  );
}

/** The error of a snapshot and metadata that were not saved together. */
export function torn(key: string): PersistenceError {
  const what = `"${key}" and its metadata were not saved together, so neither is used`;
  return new PersistenceError('torn', `${what}; they are left as they are until the next save.`, { key });
}

/** A snapshot as another page may claim it: canonical revision, data that is not too deep, and an epoch that is text. */
export function isSnapshot(value: unknown): value is SnapshotEnvelope<unknown> {
  if (typeof value !== 'object' || value === null || !('data' in value)) return false;
  const { revision, epoch } = value as Record<string, unknown>;
  return (
    isCanonicalRevision(revision) &&
    (epoch === undefined || (typeof epoch === 'string' && epoch !== '')) &&
    tooDeepAt((value as { data: unknown }).data) === undefined
  );
}
