// Keeps nothing: what compressing some data gains and costs.

import type { CompressionAdapter } from './compression.ts';

/** Compressed length divided by the length before, both in characters; 1 for empty data. Smaller is better. */
export function estimateCompressionRatio(data: string, adapter: CompressionAdapter): number {
  return data === '' ? 1 : adapter.compress(data).length / data.length;
}

/**
 * Compresses and decompresses `iterations` times (at least once). Times are milliseconds for one call, sizes are
 * characters.
 *
 * ```ts
 * const { ratio, compressTimeMs } = benchmarkCompression(JSON.stringify(state), createLZCompressionAdapter());
 * ```
 */
export function benchmarkCompression(
  data: string,
  adapter: CompressionAdapter,
  iterations = 100,
): {
  ratio: number;
  compressTimeMs: number;
  decompressTimeMs: number;
  originalSize: number;
  compressedSize: number;
} {
  const rounds = Math.max(1, Math.floor(iterations) || 1);
  const timed = (call: () => string): [string, number] => {
    let text = '';
    const start = performance.now();
    for (let round = 0; round < rounds; round += 1) text = call();
    return [text, (performance.now() - start) / rounds];
  };
  const [compressed, compressTimeMs] = timed(() => adapter.compress(data));
  const [, decompressTimeMs] = timed(() => adapter.decompress(compressed));
  return {
    ratio: data === '' ? 1 : compressed.length / data.length,
    compressTimeMs,
    decompressTimeMs,
    originalSize: data.length,
    compressedSize: compressed.length,
  };
}
