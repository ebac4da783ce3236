import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { adopt } from './adopt.ts';

const key = fc.constantFrom('a', 'b', '__proto__', 'constructor');
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    fc.constantFrom(null, 0, 1, 'x'),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.dictionary(key, tie('value'), { maxKeys: 3, noNullPrototype: true }),
  ),
}));

/** Every object in the value, as often as it is in there. */
function objects(value: unknown): object[] {
  if (typeof value !== 'object' || value === null) return [];
  return [value, ...Object.values(value).flatMap(objects)];
}

describe('adopt', () => {
  test('the result is equal to what came, and shares nothing with it', () => {
    fc.assert(
      fc.property(value, value, (before, after) => {
        const result = adopt(before, after);
        expect(JSON.stringify(result)).toBe(JSON.stringify(after));
        const theirs = new Set(objects(after));
        expect(objects(result).some((part) => theirs.has(part))).toBe(false);
      }),
    );
  });

  test('what did not change is what there was, as a whole and in parts', () => {
    fc.assert(
      fc.property(value, value, (kept, other) => {
        const [before, copy] = [adopt(0, kept), adopt(0, kept)];
        expect(adopt(before, copy)).toBe(before);
        expect((adopt({ kept: before, other: 0 }, { kept: copy, other }) as { kept: unknown }).kept).toBe(
          before,
        );
      }),
    );
  });

  test('no object is in two places, so that a store may change each', () => {
    fc.assert(
      fc.property(fc.array(value, { minLength: 2, maxLength: 6 }), (values) => {
        let state: unknown;
        for (const next of values) {
          state = adopt(state, next);
          const parts = objects(state);
          expect(new Set(parts).size).toBe(parts.length);
        }
      }),
    );
  });

  test('the elements of a list are found again around insertions and removals', () => {
    const items = (...ids: number[]) => ids.map((id) => ({ id }));
    const before = adopt(0, items(1, 2, 3, 4)) as object[];
    const found = (...ids: number[]) =>
      (adopt(before, items(...ids)) as object[]).map((item) => before.indexOf(item));
    expect(found(0, 1, 2, 9, 3, 4)).toEqual([-1, 0, 1, -1, 2, 3]);
    expect(found(2, 4)).toEqual([1, 3]);
    expect(found(1, 2, 3, 4, 5)).toEqual([0, 1, 2, 3, -1]);
    expect(found(1, 9, 3, 4)).toEqual([0, -1, 2, 3]);
  });

  test('lists within lists cost no more than their size', () => {
    let reads = 0;
    const leaf = {
      get n() {
        reads += 1;
        return 1;
      },
    };
    let [before, after]: unknown[] = [{ n: 0 }, leaf];
    for (let depth = 0; depth < 16; depth += 1) {
      before = [before];
      after = [after, depth];
    }
    expect(adopt(before, after)).toEqual(after);
    expect(reads).toBeLessThan(100);
  });

  test('what JSON does not know is taken as it is', () => {
    const [date, map] = [new Date(0), new Map()];
    expect(adopt({ date: new Date(0) }, { date })).toEqual({ date });
    expect((adopt({ map: {} }, { map }) as { map: unknown }).map).toBe(map);
    expect(adopt(map, {})).toEqual({});
  });
});
