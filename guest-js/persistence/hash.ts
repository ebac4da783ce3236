// Keeps nothing: the hash of a snapshot, to notice data that changed in the storage. It is no protection against someone
// who can write there, since they can write the hash as well.
//
// SHA-256 by @noble/hashes on every platform, not crypto.subtle: that one is missing in insecure contexts, and a hash must
// be there, and the same, wherever a record is read.

import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import type { SnapshotEnvelope } from '../core/index.ts';

/** How hashes of this kind begin. */
export const HASH_PREFIX = 'sha256:';

/** JSON with the fields of objects in one order: some storages give them back in another one. */
export function canonicalJson(value: unknown): string | undefined {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

/** The digest of a text. JSON escapes lone surrogates, so none gets lost in UTF-8. */
export function digest(text: string): string {
  return HASH_PREFIX + bytesToHex(sha256(utf8ToBytes(JSON.stringify(text))));
}

/** The hash of what a snapshot says: revision, epoch and data. */
export function hashSnapshot({ revision, epoch, data }: SnapshotEnvelope<unknown>): string {
  return digest(`${revision}\n${epoch ?? ''}\n${canonicalJson(data)}`);
}
