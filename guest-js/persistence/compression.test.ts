import fc from 'fast-check';
import LZString from 'lz-string';
import { describe, expect, test, vi } from 'vitest';
import {
  type AnyCompressionAdapter,
  createBase64Adapter,
  createCompressionAdapter,
  createLZCompressionAdapter,
  createLZStringAdapter,
  createNoCompressionAdapter,
  lzCompress,
  lzDecompress,
} from './compression.ts';
import { benchmarkCompression, estimateCompressionRatio } from './compression-measure.ts';
import { createCompressionStreamAdapter, isCompressionStreamSupported } from './compression-stream.ts';

const ADAPTERS: AnyCompressionAdapter[] = [
  createLZCompressionAdapter(),
  createLZStringAdapter(LZString),
  createBase64Adapter(),
  createNoCompressionAdapter(),
  createCompressionStreamAdapter('gzip'),
  createCompressionStreamAdapter('deflate'),
  createCompressionStreamAdapter('deflate-raw'),
];

/** Every code unit, in pairs, out of order and alone. */
const anyText = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.integer({ min: 0, max: 0xffff }).map((unit) => String.fromCharCode(unit)),
      fc.integer({ min: 0xd800, max: 0xdfff }).map((unit) => String.fromCharCode(unit)),
      fc.constantFrom(
        '__proto__',
        'constructor',
        'hasOwnProperty',
        '\u2028',
        '</script>',
        '\u0000',
        '\ufeff',
        '😀',
      ),
    ),
    { maxLength: 40 },
  )
  .map((parts) => parts.join(''));

describe.each(ADAPTERS)('$algorithm', (adapter) => {
  test('makes nothing of nothing, and back', async () => {
    expect([await adapter.compress(''), await adapter.decompress('')]).toEqual(['', '']);
  });

  test('gives back every string, to the code unit', async () => {
    await fc.assert(
      fc.asyncProperty(anyText, async (text) => {
        expect(await adapter.decompress(await adapter.compress(text))).toBe(text);
      }),
    );
    for (const text of [
      '',
      '\ufeffBOM',
      '\ud83d',
      '\udc00\ud800',
      '__proto__'.repeat(99),
      'x'.repeat(100_000),
    ])
      expect(await adapter.decompress(await adapter.compress(text))).toBe(text);
  });

  test('makes text that UTF-8 can hold of text that it can hold', async () => {
    const compressed = await adapter.compress('a ä 한 😀'.repeat(50));
    expect(/\p{Surrogate}/u.test(compressed)).toBe(false);
  });
});

describe('lz', () => {
  test('makes repeating text a tenth', () => {
    const text = JSON.stringify(Array.from({ length: 200 }, (_, id) => ({ id, name: 'item', done: false })));
    expect(lzCompress(text).length).toBeLessThan(text.length / 10);
    expect(lzDecompress(lzCompress(text))).toBe(text);
  });

  test('is read by an adapter over the library of one’s own, and the other way round', () => {
    const own = createLZStringAdapter(LZString);
    expect([own.algorithm, own.decompress(lzCompress('abc')), lzDecompress(own.compress('abc'))]).toEqual([
      'lz-string',
      'abc',
      'abc',
    ]);
    expect(createLZCompressionAdapter().algorithm).toBe('lz');
  });

  test('refuses what the library says is nothing', () => {
    const adapter = createLZStringAdapter({
      compressToUTF16: (text) => text,
      decompressFromUTF16: () => null,
    });
    expect(() => adapter.decompress('x')).toThrow(/no text that lz-string compressed/);
  });
});

test('base64 of a text without lone surrogates is base64 of its UTF-8', () => {
  const text = 'hello 한 😀';
  expect(createBase64Adapter().compress(text)).toBe(Buffer.from(text, 'utf8').toString('base64'));
});

test('an adapter of one’s own is used as it is, and refused when something is missing', () => {
  const custom = {
    algorithm: 'rot',
    compress: (text: string) => `${text}!`,
    decompress: (text: string) => text.slice(0, -1),
  };
  const adapter = createCompressionAdapter(custom);
  expect([adapter.algorithm, adapter.compress('a'), adapter.decompress('a!')]).toEqual(['rot', 'a!', 'a']);
  expect(() => createCompressionAdapter({ ...custom, algorithm: '' })).toThrow(/needs `algorithm`/);
  expect(() => createCompressionAdapter({ ...custom, decompress: undefined as never })).toThrow(
    /"rot" needs/,
  );
});

test('the ratio is compressed by original length, and 1 for nothing', () => {
  expect(estimateCompressionRatio('', createLZCompressionAdapter())).toBe(1);
  expect(estimateCompressionRatio('abc', createBase64Adapter())).toBe(4 / 3);
  expect(estimateCompressionRatio('a'.repeat(1000), createLZCompressionAdapter())).toBeLessThan(0.1);
});

test('the benchmark compresses as often as asked and says sizes in characters', () => {
  const compress = vi.fn((text: string) => text.slice(1));
  const result = benchmarkCompression('abcd', { algorithm: 'x', compress, decompress: (text) => text }, 7);
  expect(compress).toHaveBeenCalledTimes(7);
  expect(result).toMatchObject({ ratio: 0.75, originalSize: 4, compressedSize: 3 });
  expect(result.compressTimeMs).toBeGreaterThanOrEqual(0);
  benchmarkCompression('abcd', { algorithm: 'x', compress, decompress: (text) => text });
  expect(compress).toHaveBeenCalledTimes(107);
});

test('a platform without CompressionStream is told at creation', () => {
  vi.stubGlobal('CompressionStream', undefined);
  expect(isCompressionStreamSupported()).toBe(false);
  expect(() => createCompressionStreamAdapter()).toThrow(/Use createLZCompressionAdapter/);
  vi.unstubAllGlobals();
});

test('lzCompress and lzDecompress make nothing of nothing, and still read what earlier ones made of it', () => {
  expect([lzCompress(''), lzDecompress('')]).toEqual(['', '']);
  expect(lzDecompress(LZString.compressToUTF16(''))).toBe('');
});
