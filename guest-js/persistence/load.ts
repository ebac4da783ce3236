// The stored snapshot as a preview, before the first pull. Keeps what is stored, whatever is wrong with it: nothing here
// writes. Loses a preview that cannot be trusted, and says why.

import { isCanonicalRevision, type SnapshotApplier, type SnapshotEnvelope } from '../core/index.ts';
import { type Attachment, attachedTo, attachmentOf, compressionOf, hold } from './attachment.ts';
import {
  demandDepth,
  keepsMetadata,
  type PersistedSnapshot,
  type PersistedSnapshotMetadata,
  type StorageBackend,
  unknownMetadata,
} from './backend.ts';
import type { AnyCompressionAdapter } from './compression.ts';
import { PersistenceError, textOf, toPersistenceError } from './error.ts';
import { hashSnapshot } from './hash.ts';
import { type MigrationHandler, migrateData } from './migration.ts';
import type { PersistenceErrorContext } from './options.ts';
import { decodeRecord } from './record.ts';
import { monotonicNow, type PersistenceClock, persistenceClock, wallNow } from './time.ts';

export interface LoadOptions<T> {
  /** From an older schema to today's. Without it, a record of another schema than the handle's is not used. */
  migration?: MigrationHandler<T>;
  /** `false` skips `validator`, and `migration.validate` where nothing was migrated. Default true. */
  validate?: boolean;
  validator?: (data: unknown) => data is T;
  /** Use a record however old it is; default false. */
  ignoreTTL?: boolean;
  /** Compare the data with the stored hash; a record without one is refused. Default false. */
  verifyHash?: boolean;
  /** Reads records that an adapter of your own compressed. Not needed for those of this package. */
  compression?: AnyCompressionAdapter;
  /** Hears of what went wrong; for calls whose third argument are the options. */
  onError?: (context: PersistenceErrorContext) => void;
  clock?: PersistenceClock;
}

/** Ends a load with nothing; carries what is known at that moment. */
interface Refusal {
  context: PersistenceErrorContext;
}

/**
 * Loads, checks and applies what is stored: TTL, hash, revision, migration, validator, `apply`, in this order. Gives the
 * snapshot that was applied, or `null`. Never throws and never changes what is stored; what is wrong goes to the error
 * handler, or, where none is given, to `onPersistenceError` of the handles of this storage. Those handles also emit
 * `loadComplete`, `expired` and `migrated`.
 *
 * With a persistence applier as `applier` the snapshot is a preview: it is not saved again, is not told to other pages, and
 * is left out when a pull was faster.
 *
 * ```ts
 * const cached = await loadPersistedSnapshot(storage, persisted, { migration, verifyHash: true });
 * await sync.start(); // the first pull replaces the preview
 * ```
 */
export async function loadPersistedSnapshot<T>(
  storage: StorageBackend<T>,
  applier: SnapshotApplier<T>,
  onErrorOrOptions?: ((context: PersistenceErrorContext) => void) | LoadOptions<T>,
  options?: LoadOptions<T>,
): Promise<SnapshotEnvelope<T> | null> {
  const settings = (typeof onErrorOrOptions === 'function' ? options : onErrorOrOptions) ?? options ?? {};
  const onError = typeof onErrorOrOptions === 'function' ? onErrorOrOptions : settings.onError;
  const own = attachmentOf(applier as SnapshotApplier<never>);
  const audience = attachedTo(storage as StorageBackend<never>, own);
  const { clock = persistenceClock } = settings;
  const began = monotonicNow(clock);
  let applied: SnapshotEnvelope<T> | null = null;
  try {
    applied = await load(storage, applier, settings, own, audience);
  } catch (refusal) {
    const { context } = refusal as Refusal;
    const listeners = onError ? [onError] : audience.map(({ report }) => report);
    for (const listener of listeners) {
      try {
        listener(context);
      } catch {}
    }
  }
  for (const { emit } of audience) emit('loadComplete', applied, monotonicNow(clock) - began);
  return applied;
}

async function load<T>(
  storage: StorageBackend<T>,
  applier: SnapshotApplier<T>,
  options: LoadOptions<T>,
  own: Attachment | undefined,
  audience: Attachment[],
): Promise<SnapshotEnvelope<T> | null> {
  const { migration, validator, validate = true, ignoreTTL = false, verifyHash = false } = options;
  let snapshot: SnapshotEnvelope<unknown> | undefined;
  let metadata: PersistedSnapshotMetadata | undefined;
  const refuse = (error: unknown, operation: 'load' | 'migrate' = 'load'): never => {
    throw { context: { operation, error, snapshot, metadata } } satisfies Refusal;
  };
  const refuseFor = (kind: PersistenceError['kind'], message: string): never =>
    refuse(new PersistenceError(kind, message));

  try {
    const record = await read(storage);
    if (record === null) return null;
    ({ snapshot, metadata } = record);
    const given = options.compression ?? own?.compression ?? compressionOf(storage as StorageBackend<never>);
    snapshot = await decodeRecord(record, given);
  } catch (error) {
    return refuse(isPlain(error) ? error : toPersistenceError(error, 'the storage'));
  }

  const { ttlMs } = metadata;
  if (ttlMs !== undefined && !ignoreTTL) {
    const age = wallNow(options.clock ?? persistenceClock) - metadata.savedAt;
    if (Math.abs(age) > ttlMs) {
      for (const { emit } of audience) emit('expired', snapshot, age);
      refuseFor('expired', `the stored snapshot expired: it is ${age} ms old, its TTL is ${ttlMs} ms.`);
    }
  }

  if (verifyHash) {
    if (metadata.hash === undefined)
      refuseFor('hash', 'the stored snapshot has no hash to verify. Save with enableHash.');
    if (hashSnapshot(snapshot) !== metadata.hash)
      refuseFor('hash', 'Integrity check failed: hash mismatch. The stored data is not what was saved.');
  }

  if (!isCanonicalRevision(snapshot.revision))
    refuseFor('revision', `Invalid cached revision: ${JSON.stringify(snapshot.revision)}.`);

  const stated = migration?.currentVersion ?? (own ?? audience[0])?.schemaVersion;
  let { data } = snapshot;
  if (stated !== undefined && metadata.schemaVersion !== stated) {
    const handler = migration ?? { currentVersion: stated, migrations: {} };
    const result = migrateData(data, metadata.schemaVersion, handler as MigrationHandler<T>);
    for (const { emit } of audience) emit('migrated', result);
    if (!result.success) {
      const error = migrationError(result.error, metadata.schemaVersion > stated);
      hold(storage as StorageBackend<never>, error);
      refuse(error, 'migrate');
    }
    hold(storage as StorageBackend<never>, undefined);
    data = result.data;
  } else if (validate) demandValid(data, migration?.validate, refuseFor);
  if (validate) demandValid(data, validator, refuseFor);

  const preview = { ...snapshot, data } as SnapshotEnvelope<T>;
  try {
    if (own) return (await own.preview(preview)) ? preview : null;
    return (await applier.apply(preview)) === false ? null : preview;
  } catch (error) {
    return refuse(error);
  }
}

async function read<T>(storage: StorageBackend<T>): Promise<PersistedSnapshot<unknown> | null> {
  if (!keepsMetadata(storage)) {
    const snapshot = await storage.load();
    return snapshot ? { snapshot, metadata: unknownMetadata(demandDepth(snapshot, 'record')) } : null;
  }
  const record = await storage.loadWithMetadata();
  if (!record?.snapshot) return null;
  const { snapshot, metadata } = record;
  return { snapshot, metadata: metadata ?? unknownMetadata(snapshot) };
}

function demandValid(
  data: unknown,
  validator: ((data: unknown) => boolean) | undefined,
  refuseFor: (kind: 'validation', message: string) => never,
): void {
  let why: string | undefined;
  try {
    if (validator && !validator(data)) why = 'Custom validation failed for the stored data.';
  } catch (error) {
    why = `The validation of the stored data threw: ${textOf(error)}`;
  }
  if (why !== undefined) refuseFor('validation', why);
}

function migrationError(cause: Error | undefined, isNewer: boolean): PersistenceError {
  const message = `${textOf(cause)}. The stored data is left as it is, and nothing is saved over it: mend the migration, or clear the data.`;
  return new PersistenceError(isNewer ? 'newer-schema' : 'migration', message, { cause, permanent: true });
}

/** An error of someone else's backend, which they know. */
const isPlain = (error: unknown): boolean => error instanceof Error && error.name === 'Error';
