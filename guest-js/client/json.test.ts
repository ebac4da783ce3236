import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { patched as asTheHostDoes } from '../testing/memory-json.ts';
import { changed } from './change.ts';
import { jsonOf, operationsOf, patched } from './json.ts';
import type { PatchOperation } from './wire.ts';

const copy = <T>(value: T): T => JSON.parse(JSON.stringify(value));

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const part of Object.values(value)) frozen(part);
    Object.freeze(value);
  }
  return value;
}

describe('a patch', () => {
  test.each<[string, unknown, PatchOperation[], unknown]>([
    ['adds a field', {}, [{ op: 'add', path: '/a', value: 1 }], { a: 1 }],
    ['inserts into a list', [1, 3], [{ op: 'add', path: '/1', value: 2 }], [1, 2, 3]],
    ['appends to a list', [1], [{ op: 'add', path: '/-', value: 2 }], [1, 2]],
    ['replaces null', { a: null }, [{ op: 'replace', path: '/a', value: [] }], { a: [] }],
    ['replaces the whole', { a: 1 }, [{ op: 'replace', path: '', value: 7 }], 7],
    ['removes', { a: [1, 2] }, [{ op: 'remove', path: '/a/0' }], { a: [2] }],
    ['moves within a list', [1, 2, 3], [{ op: 'move', from: '/0', path: '/2' }], [2, 3, 1]],
    ['moves to the end of its own list', [1, 2, 3], [{ op: 'move', from: '/0', path: '/-' }], [2, 3, 1]],
    ['moves a field to where it is', { a: 1 }, [{ op: 'move', from: '/a', path: '/a' }], { a: 1 }],
    ['copies', { a: { n: 1 } }, [{ op: 'copy', from: '/a', path: '/b' }], { a: { n: 1 }, b: { n: 1 } }],
    [
      'reads escaped names',
      { 'a/b': { '~1': 0 } },
      [{ op: 'replace', path: '/a~1b/~01', value: 1 }],
      { 'a/b': { '~1': 1 } },
    ],
    ['reads empty names', { '': { '': 0 } }, [{ op: 'replace', path: '//', value: 1 }], { '': { '': 1 } }],
    [
      'goes on after a test',
      { a: 1 },
      [
        { op: 'test', path: '/a', value: 1 },
        { op: 'remove', path: '/a' },
      ],
      {},
    ],
  ])('%s', (_, before, operations, after) => {
    expect(patched(frozen(before), operations)).toStrictEqual(after);
    expect(asTheHostDoes(before, operations)).toStrictEqual(after);
  });

  test.each<[string, unknown, PatchOperation]>([
    ['a field that is missing', {}, { op: 'replace', path: '/a', value: 1 }],
    ['a field that is inherited', {}, { op: 'replace', path: '/constructor', value: 1 }],
    ['what is missing', { a: 1 }, { op: 'remove', path: '/b' }],
    ['an element behind the end', [1], { op: 'remove', path: '/1' }],
    ['an element before the first', [1], { op: 'replace', path: '/-1', value: 1 }],
    ['an element with a leading zero', [1, 2], { op: 'replace', path: '/01', value: 1 }],
    ['a place behind the end', [1], { op: 'add', path: '/3', value: 1 }],
    ['a part of a number', { a: 1 }, { op: 'add', path: '/a/b', value: 1 }],
    ['a part of nothing', {}, { op: 'add', path: '/a/b', value: 1 }],
    ['the length of a list', [1], { op: 'replace', path: '/length', value: 0 }],
    ['the whole', { a: 1 }, { op: 'remove', path: '' }],
    ['a copy of nothing', {}, { op: 'copy', from: '/a', path: '/b' }],
    ['a move of the whole', { a: 1 }, { op: 'move', from: '', path: '' }],
    ['a move into itself', { a: {} }, { op: 'move', from: '/a', path: '/a/b' }],
    ['a test that fails', { a: 1 }, { op: 'test', path: '/a', value: '1' }],
    ['a test of nothing', {}, { op: 'test', path: '/a', value: null }],
  ])('refuses %s, as the host does', (_, value, operation) => {
    expect(() => patched(frozen(value), [operation])).toThrow();
    expect(() => asTheHostDoes(value, [operation])).toThrow();
  });

  test('treats __proto__ as a field like any other, and reaches no prototype', () => {
    const value = frozen(JSON.parse('{"__proto__":{"a":1},"b":{}}'));
    const text = (operations: PatchOperation[]) => JSON.stringify(patched(value, operations));
    expect(text([{ op: 'replace', path: '/__proto__/a', value: 2 }])).toBe('{"__proto__":{"a":2},"b":{}}');
    expect(text([{ op: 'add', path: '/b/__proto__', value: 2 }])).toBe(
      '{"__proto__":{"a":1},"b":{"__proto__":2}}',
    );
    expect(text([{ op: 'remove', path: '/__proto__' }])).toBe('{"b":{}}');
    expect(text([{ op: 'move', from: '/__proto__', path: '/b/c' }])).toBe('{"b":{"c":{"a":1}}}');
    for (const path of ['/b/__proto__/a', '/b/constructor/prototype/a', '/b/toString/a']) {
      expect(() => patched(value, [{ op: 'add', path, value: 1 }]), path).toThrow();
    }
    expect(({} as { a?: unknown }).a).toBeUndefined();
  });

  test('shares what it leaves alone', () => {
    const before = frozen({ a: { n: 1 }, b: { n: 1 } });
    const after = patched(before, [{ op: 'replace', path: '/a/n', value: 2 }]) as typeof before;
    expect(after.b).toBe(before.b);
  });

  test('gives what the host gives, or fails where the host fails', () => {
    const name = fc.constantFrom('a', 'b', '0', '1', '-', '', '__proto__');
    const pointer = fc.array(name, { maxLength: 3 }).map((names) => names.map((part) => `/${part}`).join(''));
    const value = fc.jsonValue({ maxDepth: 2 });
    const operation = fc.oneof(
      fc.record({ op: fc.constantFrom('add', 'replace', 'test'), path: pointer, value }),
      fc.record({ op: fc.constant('remove'), path: pointer }),
      fc.record({ op: fc.constantFrom('move', 'copy'), from: pointer, path: pointer }),
    ) as fc.Arbitrary<PatchOperation>;
    const part = fc.oneof(value, fc.array(value, { maxLength: 2 }));
    const document = fc.record({ a: part, b: part, '0': part }, { requiredKeys: [] });
    const outcome = (run: () => unknown) => {
      try {
        return { value: run() };
      } catch {
        return 'refused';
      }
    };
    let applied = 0;
    fc.assert(
      fc.property(document, fc.array(operation, { minLength: 1, maxLength: 4 }), (before, operations) => {
        const here = outcome(() => patched(frozen(copy(before)), operations));
        expect(here).toStrictEqual(outcome(() => asTheHostDoes(before, operations)));
        if (here !== 'refused') applied += 1;
      }),
      { numRuns: 2000, seed: 7 },
    );
    expect(applied).toBeGreaterThan(100);
  });
});

describe('what is sent', () => {
  test('is what JSON makes of it, taken at once', () => {
    const value = { list: [1, undefined], when: new Date(0), gone: undefined };
    const sent = jsonOf(value, 't') as typeof value;
    value.list.push(2);
    expect(sent).toStrictEqual({ list: [1, null], when: '1970-01-01T00:00:00.000Z' });
  });

  test('is refused where JSON cannot carry it', () => {
    const cycle: { self?: unknown } = {};
    cycle.self = cycle;
    for (const value of [undefined, () => {}, Symbol('s'), 1n, { n: 1n }, cycle]) {
      expect(() => jsonOf(value, 't')).toThrow(
        expect.objectContaining({ kind: 'unserializable', topic: 't' }),
      );
    }
  });

  test('is a copy of the operations', () => {
    const operations: PatchOperation[] = [{ op: 'add', path: '/a', value: [1] }];
    const sent = operationsOf(operations, 't');
    expect(sent).toStrictEqual(operations);
    expect(sent[0]).not.toBe(operations[0]);
  });
});

describe('a function on a value', () => {
  const on = (base: unknown, change: (draft: never) => unknown) => changed(frozen(base), change, 't');

  test('that changes parts gives a patch of them', () => {
    const base = { a: 1, b: { c: [1, 2] }, 'x/y': 0 };
    const result = on(base, (draft: typeof base) => {
      draft.b.c.push(3);
      draft['x/y'] = 1;
    });
    expect(result).toEqual({
      by: 'patch',
      operations: expect.arrayContaining([
        { op: 'add', path: '/b/c/2', value: 3 },
        { op: 'replace', path: '/x~1y', value: 1 },
      ]),
      value: { a: 1, b: { c: [1, 2, 3] }, 'x/y': 1 },
    });
  });

  test('that returns a value gives that value, also one made of parts of the draft', () => {
    const base = { a: { n: 1 }, list: [1, 2, 3] };
    expect(on(base, (draft: typeof base) => ({ ...draft, list: draft.list.filter((n) => n !== 2) }))).toEqual(
      {
        by: 'value',
        value: { a: { n: 1 }, list: [1, 3] },
      },
    );
    expect(on(base, (draft: typeof base) => draft.a)).toEqual({ by: 'value', value: { n: 1 } });
    expect(on(base, () => null)).toEqual({ by: 'value', value: null });
    expect(on(5, (n: number) => n + 1)).toEqual({ by: 'value', value: 6 });
    expect(on(null, () => ({ a: 1 }))).toEqual({ by: 'value', value: { a: 1 } });
  });

  test('that returns its draft gives a patch', () => {
    const result = on({ a: 1 }, (draft: { a: number }) => {
      draft.a = 2;
      return draft;
    });
    expect(result).toMatchObject({ by: 'patch', value: { a: 2 } });
  });

  test('that ends where it began gives nothing', () => {
    expect(on({ a: [1, 2] }, (draft: { a: number[] }) => void draft.a.reverse().reverse())).toEqual({
      by: 'nothing',
    });
    expect(on({ a: 1 }, () => ({ a: 1 }))).toEqual({ by: 'nothing' });
    expect(on(5, () => undefined)).toEqual({ by: 'nothing' });
    expect(on(5, () => 5)).toEqual({ by: 'nothing' });
    expect(on({ a: 1 }, (draft) => draft)).toEqual({ by: 'nothing' });
  });

  test('that sets a field to undefined gives a value without it', () => {
    const result = on({ a: 1, b: 2 }, (draft: { a?: number }) => {
      draft.a = undefined;
    });
    expect(result).toStrictEqual({ by: 'value', value: { b: 2 } });
  });

  test('gives what JSON makes of what it puts in', () => {
    const result = on({ a: 1 }, (draft: { a: unknown }) => {
      draft.a = { when: new Date(0), gone: undefined };
    });
    expect(result).toMatchObject({
      operations: [{ op: 'replace', path: '/a', value: { when: '1970-01-01T00:00:00.000Z' } }],
    });
  });

  test('gives the whole value where the patch would be longer', () => {
    const base = Array.from({ length: 500 }, (_, id) => ({ id, title: `row ${id}` }));
    const result = on(base, (draft: typeof base) => void draft.shift());
    expect(result).toStrictEqual({ by: 'value', value: base.slice(1) });
  });

  test('that throws, is asynchronous, or both changes and returns, is an error', () => {
    const fails = () => {
      throw new RangeError('no');
    };
    expect(() => on({ a: 1 }, fails)).toThrow(RangeError);
    expect(() => on({ a: 1 }, async () => ({ a: 2 }))).toThrow(
      expect.objectContaining({ kind: 'unserializable' }),
    );
    expect(() => on(1, async () => 2)).toThrow(expect.objectContaining({ kind: 'unserializable' }));
    const raise = (draft: { a: number }) => draft.a++;
    expect(() => on({ a: 1 }, raise)).toThrow(TypeError);
  });

  test('gives a patch that makes its value of the old one, as the host applies it', () => {
    const value = fc.jsonValue({ maxDepth: 3 });
    const part = fc.oneof(value, fc.array(value, { maxLength: 4 }));
    const base = fc.record({
      a: part,
      b: part,
      list: fc.array(fc.record({ id: fc.nat(9) }), { maxLength: 6 }),
    });
    type Base = { a: unknown; b: unknown; list: { id: number }[] };
    const step = fc.constantFrom<(draft: Base) => void>(
      (draft) => void draft.list.shift(),
      (draft) => void draft.list.push({ id: 77 }),
      (draft) => void draft.list.reverse(),
      (draft) => void draft.list.sort((x, y) => x.id - y.id),
      (draft) => void draft.list.splice(1, 2, { id: 5 }),
      (draft) => {
        for (const item of draft.list) item.id += 1;
      },
      (draft) => {
        draft.a = draft.b;
      },
      (draft) => {
        draft.b = { moved: draft.list[0] ?? null };
      },
      (draft) => {
        draft.list = draft.list.filter(({ id }) => id % 2 === 0);
      },
      (draft) => {
        (draft as { c?: unknown }).c = [draft.a];
      },
    );
    fc.assert(
      fc.property(base, fc.array(step, { minLength: 1, maxLength: 5 }), (before, steps) => {
        const run = (draft: Base) => {
          for (const one of steps) one(draft);
        };
        const expected = copy(before);
        run(expected);
        const result = changed(frozen(copy(before)), run, 't');
        // As JSON: there -0 is 0.
        const after = result.by === 'nothing' ? copy(before) : result.value;
        expect(after).toEqual(copy(expected));
        if (result.by === 'patch') expect(asTheHostDoes(before, result.operations)).toEqual(copy(expected));
      }),
      { numRuns: 500 },
    );
  });
});
