import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { share } from './share.ts';

const copy = <T>(value: T): T => JSON.parse(JSON.stringify(value));

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const part of Object.values(value)) deepFreeze(part);
    Object.freeze(value);
  }
  return value;
}

describe('share', () => {
  test('returns the previous value when nothing changed, whatever the order of fields', () => {
    const previous = { a: [1, { b: null }], c: 'x' };
    expect(share(previous, copy(previous))).toBe(previous);
    expect(share(previous, { c: 'x', a: [1, { b: null }] })).toBe(previous);
    expect(share(7, 7)).toBe(7);
    expect(share(null, null)).toBe(null);
  });

  test('keeps the identity of every part that did not change', () => {
    const previous = { left: { n: 1, deep: { list: [{}] } }, right: { n: 2 } };
    const next = share(previous, { ...copy(previous), right: { n: 3 } });
    expect(next).toEqual({ left: { n: 1, deep: { list: [{}] } }, right: { n: 3 } });
    expect(next.left).toBe(previous.left);
    expect(next).not.toBe(previous);
  });

  test('tells a field that is missing from one that is null, and a list from an object', () => {
    expect(share({ a: null }, {})).toEqual({});
    expect(share({}, { a: null })).toEqual({ a: null });
    expect(share({ a: 1, b: 2 }, { a: 1, c: 2 })).toEqual({ a: 1, c: 2 });
    expect(share([], {})).toEqual({});
    expect(share({}, [])).toEqual([]);
    expect(share({ 0: 'a' }, ['a'])).toEqual(['a']);
    expect(share(null, { a: 1 })).toEqual({ a: 1 });
    expect(share({ a: 1 }, null)).toBe(null);
    expect(Object.is(share(0, -0), -0)).toBe(true);
  });

  test('keeps the elements around an insertion, a removal and a change in a list', () => {
    const previous = [{ id: 1 }, { id: 2 }, { id: 3 }, { id: 4 }];
    const inserted = share(previous, [{ id: 0 }, ...copy(previous)]);
    expect(inserted.slice(1).map((item, index) => item === previous[index])).toEqual([
      true,
      true,
      true,
      true,
    ]);
    const removed = share(
      previous,
      copy(previous).filter(({ id }) => id !== 2),
    );
    expect(removed.map((item) => previous.indexOf(item))).toEqual([0, 2, 3]);
    const changed = share(previous, [{ id: 1 }, { id: 9 }, { id: 3 }]);
    expect(changed.map((item) => previous.indexOf(item))).toEqual([0, -1, 2]);
  });

  test('treats __proto__, constructor and toString as fields like any other', () => {
    const previous = JSON.parse('{"__proto__":{"a":1},"b":{"c":1}}');
    const next = share(previous, JSON.parse('{"__proto__":{"a":2},"b":{"c":1}}'));
    expect(JSON.stringify(next)).toBe('{"__proto__":{"a":2},"b":{"c":1}}');
    expect(Object.getPrototypeOf(next)).toBe(Object.prototype);
    expect(next.b).toBe(previous.b);
    expect(share(previous, JSON.parse(JSON.stringify(previous)))).toBe(previous);
    expect(JSON.stringify(share({}, JSON.parse('{"__proto__":{}}')))).toBe('{"__proto__":{}}');
    expect(JSON.stringify(share({ a: 1 }, JSON.parse('{"constructor":1}')))).toBe('{"constructor":1}');
    const inherited = JSON.parse('{"toString":{}}');
    expect(share({}, inherited).toString).toBe(inherited.toString);
    expect(({} as { a?: unknown }).a).toBeUndefined();
  });

  test('is deep-equal to what came in, changes nothing, and loses no identity that deep equality allows', () => {
    const json = fc.jsonValue({ maxDepth: 4 });
    const mutate = (value: unknown): fc.Arbitrary<unknown> =>
      Array.isArray(value)
        ? fc.tuple(fc.nat(value.length), fc.array(json, { maxLength: 2 })).map(([at, more]) => {
            const list = copy(value) as unknown[];
            list.splice(at, 1, ...more);
            return list;
          })
        : fc.constant({ kept: value, more: 1 });
    fc.assert(
      fc.property(
        json.chain((value) => fc.tuple(fc.constant(value), fc.oneof(json, mutate(value)))),
        ([before, after]) => {
          const previous = deepFreeze(copy(before));
          const next = deepFreeze(copy(after));
          const result = share(previous, next);
          expect(result).toStrictEqual(next);
          if (JSON.stringify(previous) === JSON.stringify(next)) expect(result).toBe(previous);
        },
      ),
      { numRuns: 500 },
    );
  });

  test('takes instances of classes as they are', () => {
    const next = { tags: new Set(['b']), at: new Date(1), names: new Map([['a', 1]]) };
    const result = share({ tags: new Set(['a']), at: new Date(0), names: new Map() }, next);
    expect(result.tags).toBe(next.tags);
    expect(result.at).toBe(next.at);
    expect(result.names).toBe(next.names);
  });

  test('shares all rows of ten thousand but the one that changed', () => {
    const rows = Array.from({ length: 10_000 }, (_, id) => ({
      id,
      title: `row ${id}`,
      tags: ['a', 'b'],
      done: false,
    }));
    const previous = { rows };
    const next = copy(previous);
    const row = next.rows[5000];
    if (row) row.done = true;
    const result = share(previous, next);
    expect(result.rows.filter((item, index) => item !== rows[index])).toHaveLength(1);
  });

  test('looks at an element a bounded number of times, however many lists around it have another length', () => {
    let reads = 0;
    const leaf = {
      get n() {
        reads += 1;
        return 1;
      },
    };
    let previous: unknown[] = [leaf, leaf];
    let next: unknown[] = [{ n: 2 }, { n: 3 }, { n: 4 }];
    for (let level = 0; level < 30; level += 1) {
      previous = [previous, previous];
      next = [next, next, next];
    }
    const result = share(previous, next);
    expect(result).toEqual(next);
    expect(reads).toBeLessThan(1000);
  });

  test('takes a value that is deeper than any host would send as it is', () => {
    const nested = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels));
    const next = nested(5000);
    expect(() => share(nested(5000), next)).not.toThrow();
  });
});
