// Compression by the platform's own CompressionStream. Keeps every string to the letter; the compressed bytes are kept as
// base64, because not every storage can hold bytes.

import type { AsyncCompressionAdapter } from './compression.ts';
import { PersistenceError } from './error.ts';
import { fromBase64, fromBytes, toBase64, toBytes } from './wtf8.ts';

async function through(bytes: Uint8Array<ArrayBuffer>, stream: CompressionStream | DecompressionStream) {
  const passed = new Blob([bytes]).stream().pipeThrough(stream);
  return new Uint8Array(await new Response(passed).arrayBuffer());
}

/** Whether this platform has CompressionStream. */
export const isCompressionStreamSupported = (): boolean =>
  typeof CompressionStream === 'function' && typeof DecompressionStream === 'function';

/**
 * gzip or deflate by the platform, off the main thread where it does so: smaller and, for large values, faster than
 * lz-string. Asynchronous, so it cannot be benchmarked by `benchmarkCompression`.
 *
 * Throws kind `unavailable` where the platform has no CompressionStream.
 *
 * ```ts
 * const compression = isCompressionStreamSupported() ? createCompressionStreamAdapter() : createLZCompressionAdapter();
 * ```
 */
export function createCompressionStreamAdapter(
  format: 'gzip' | 'deflate' | 'deflate-raw' = 'gzip',
): AsyncCompressionAdapter {
  if (!isCompressionStreamSupported()) {
    const advice = 'Use createLZCompressionAdapter(), or ask isCompressionStreamSupported() first.';
    throw new PersistenceError('unavailable', `there is no CompressionStream here. ${advice}`);
  }
  return {
    algorithm: format,
    compress: async (data) =>
      data === '' ? '' : toBase64(await through(toBytes(data), new CompressionStream(format))),
    decompress: async (data) =>
      data === '' ? '' : fromBytes(await through(fromBase64(data), new DecompressionStream(format))),
  };
}
