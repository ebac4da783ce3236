import { describe, expect, it } from 'vitest';
import { MAX_DEPTH, tooDeepAt } from './depth.ts';
import { echo, quoted } from './echo.ts';
import { share } from './share.ts';

const nested = (levels: number): unknown => {
  let value: unknown = 1;
  for (let level = 0; level < levels; level += 1) value = level % 2 ? { a: value } : [value];
  return value;
};

describe('tooDeepAt', () => {
  it('counts a scalar as no level, and each list and object as one', () => {
    expect(MAX_DEPTH).toBe(128);
    expect(tooDeepAt(nested(128))).toBe(undefined);
    expect(tooDeepAt(nested(129))).toMatch(/^\[0\]\.a\[0\]/);
    expect([tooDeepAt(1, 0), tooDeepAt([], 0), tooDeepAt({}, 0), tooDeepAt([], 1)]).toEqual([
      undefined,
      '.',
      '.',
      undefined,
    ]);
  });

  it('names the place', () => {
    expect(tooDeepAt({ items: [1, { id: [] }] }, 3)).toBe('items[1].id');
    expect(tooDeepAt([[[]]], 2)).toBe('[0][0]');
  });

  it('ends on a value that contains itself, and on one of a hundred thousand levels', () => {
    const loop: { self?: unknown } = {};
    loop.self = loop;
    expect(tooDeepAt(loop)).toMatch(/^self\.self/);
    expect(tooDeepAt(nested(100_000))).toHaveLength(201);
  });
});

describe('share', () => {
  it('goes no deeper than a value may be', () => {
    const deep = nested(100_000);
    expect(share(nested(100_000), deep)).toBeDefined();
  });
});

describe('a text that is echoed', () => {
  it('has at most 200 bytes, ends at a character, and says that it was cut', () => {
    expect(echo('a'.repeat(200))).toBe('a'.repeat(200));
    expect(echo('a'.repeat(201))).toBe(`${'a'.repeat(200)}…`);
    expect(echo(`a${'😀'.repeat(60)}`)).toBe(`a${'😀'.repeat(49)}…`);
    expect(echo('é'.repeat(100))).toBe('é'.repeat(100));
  });

  it('can be made of anything', () => {
    const odd = [1n, Symbol('s'), Object.create(null), undefined, 'a"b', 'x'.repeat(1e6)];
    expect(odd.map((value) => quoted(value).slice(0, 20))).toEqual([
      '1',
      'Symbol(s)',
      'a object',
      'undefined',
      '"a\\"b"',
      `"${'x'.repeat(19)}`,
    ]);
  });
});
