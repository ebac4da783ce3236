// Keeps nothing: from a snapshot to the form it is stored in, and back. The stored form depends on the options alone, not
// on the backend: with compression `data` is the compressed text of the data's JSON, without it is the data.

import type { SnapshotEnvelope } from '../core/index.ts';
import {
  byteLength,
  demandDepth,
  isMetadata,
  type PersistedSnapshot,
  type PersistedSnapshotMetadata,
  plainSnapshot,
  rememberJson,
  textOfSnapshot,
} from './backend.ts';
import { type AnyCompressionAdapter, builtInAdapter } from './compression.ts';
import { createCompressionStreamAdapter } from './compression-stream.ts';
import { PersistenceError, textOf } from './error.ts';
import { hashSnapshot } from './hash.ts';

/** What the stored form depends on. */
export interface RecordOptions {
  schemaVersion: number;
  savedAt: number;
  enableHash: boolean;
  ttlMs?: number;
  compression?: AnyCompressionAdapter;
}

/** Rejects with kind `serialize` when the data is nothing that JSON has. */
export async function encodeRecord<T>(
  snapshot: SnapshotEnvelope<T>,
  { schemaVersion, savedAt, enableHash, ttlMs, compression }: RecordOptions,
): Promise<PersistedSnapshot<T>> {
  const { revision, epoch } = snapshot;
  const json = jsonOf(snapshot.data);
  const compresses = compression !== undefined && compression.algorithm !== 'none';
  const payload = compresses ? await compression.compress(json) : undefined;
  if (compresses && typeof payload !== 'string')
    throw new PersistenceError('compression', `"${compression.algorithm}" gave no text.`, {
      permanent: true,
    });
  const dataJson = compresses ? JSON.stringify(payload) : json;
  const metadata: PersistedSnapshotMetadata = {
    savedAt,
    schemaVersion,
    sizeBytes: byteLength(textOfSnapshot({ revision }, dataJson)),
    compressed: compresses,
  };
  if (compresses) metadata.algorithm = compression.algorithm;
  if (enableHash) metadata.hash = hashSnapshot(snapshot);
  if (ttlMs !== undefined) metadata.ttlMs = ttlMs;
  if (epoch !== undefined) metadata.epoch = epoch;
  const data = compresses ? (payload as T) : snapshot.data;
  const record = { snapshot: plainSnapshot({ ...snapshot, data }), metadata };
  rememberJson(record, dataJson);
  return record;
}

function jsonOf(data: unknown): string {
  const refused = (why: string, cause?: unknown) =>
    new PersistenceError('serialize', `the data cannot be stored: ${why}. Snapshots must be JSON values.`, {
      cause,
      permanent: true,
    });
  let json: string | undefined;
  try {
    json = JSON.stringify(data);
  } catch (error) {
    throw refused(textOf(error), error);
  }
  if (json === undefined) throw refused(`it is ${typeof data}`);
  return json;
}

/**
 * The snapshot of a record, with its epoch. The data may still be of an older schema. Rejects with kind `corrupted` when it
 * cannot be read, and with `compression` when nobody knows the algorithm.
 */
export async function decodeRecord(
  { snapshot, metadata }: PersistedSnapshot<unknown>,
  compression?: AnyCompressionAdapter,
): Promise<SnapshotEnvelope<unknown>> {
  if (!isMetadata(metadata))
    throw new PersistenceError(
      'corrupted',
      'Failed to deserialize the metadata. Original error: wrong shape.',
    );
  const epoch = metadata.epoch ?? snapshot.epoch;
  const plain = plainSnapshot({ revision: snapshot.revision, data: snapshot.data, epoch });
  if (!metadata.compressed) return demandDepth(plain, 'record');
  const adapter = adapterFor(metadata.algorithm, compression);
  let data: unknown;
  try {
    if (typeof snapshot.data !== 'string') throw new Error('it is not text');
    data = JSON.parse(await adapter.decompress(snapshot.data));
  } catch (error) {
    throw new PersistenceError(
      'corrupted',
      `Failed to deserialize what "${adapter.algorithm}" compressed. Original error: ${textOf(error)}`,
      { cause: error },
    );
  }
  return demandDepth({ ...plain, data }, 'record');
}

function adapterFor(algorithm: string | undefined, given?: AnyCompressionAdapter): AnyCompressionAdapter {
  if (given && (algorithm === undefined || algorithm === given.algorithm)) return given;
  if (algorithm === 'gzip' || algorithm === 'deflate' || algorithm === 'deflate-raw')
    return createCompressionStreamAdapter(algorithm);
  const adapter = algorithm === undefined ? undefined : builtInAdapter(algorithm);
  if (adapter) return adapter;
  const name = algorithm === undefined ? 'an adapter that is not named' : `"${algorithm}"`;
  throw new PersistenceError(
    'compression',
    `the record was compressed by ${name}. Hand its adapter in as \`compression\` of the load options.`,
  );
}
