import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { diff } from './diff.ts';
import { operationsOf, replay } from './replay.ts';

const patch = (before: unknown, after: unknown) => operationsOf(diff(before, after));

/** Makes the edits between two states to a third one. */
function merged(before: unknown, after: unknown, onto: unknown): unknown {
  const holder = { at: structuredClone(onto) };
  replay(
    holder,
    diff(before, after).map((edit) => ({ ...edit, path: ['at', ...edit.path] })),
  );
  return holder.at;
}

describe('a difference as a patch', () => {
  test('is empty for equal states', () => {
    expect(patch({ a: [1, { b: null }] }, { a: [1, { b: null }] })).toEqual([]);
  });

  test('names changed, new and removed members', () => {
    expect(patch({ a: 1, b: 2 }, { a: 3, c: { d: 4 } })).toEqual([
      { op: 'add', path: '/a', value: 3 },
      { op: 'remove', path: '/b' },
      { op: 'add', path: '/c', value: { d: 4 } },
    ]);
  });

  test('escapes slashes and tildes', () => {
    expect(patch({ 'a/b~c': { '~1': 0 } }, { 'a/b~c': { '~1': 1 } })).toEqual([
      { op: 'add', path: '/a~1b~0c/~01', value: 1 },
    ]);
  });

  test('replaces the whole value when it is no object or another kind of thing', () => {
    expect(patch(1, 2)).toEqual([{ op: 'replace', path: '', value: 2 }]);
    expect(patch({ a: 1 }, [1])).toEqual([{ op: 'replace', path: '', value: [1] }]);
    expect(patch(null, {})).toEqual([{ op: 'replace', path: '', value: {} }]);
  });

  test('replaces items of equally long lists by index', () => {
    expect(patch({ rgb: [1, 2, 3] }, { rgb: [1, 9, 3] })).toEqual([
      { op: 'replace', path: '/rgb/1', value: 9 },
    ]);
    expect(patch([{ x: 1 }, { x: 2 }], [{ x: 1 }, { x: 3 }])).toEqual([
      { op: 'add', path: '/1/x', value: 3 },
    ]);
  });

  test('sets a list of another length as a whole when nothing tells its items apart', () => {
    expect(patch({ list: [1, 2] }, { list: [1] })).toEqual([{ op: 'add', path: '/list', value: [1] }]);
    expect(patch({ list: ['a', 'a'] }, { list: ['a'] })).toEqual([
      { op: 'add', path: '/list', value: ['a'] },
    ]);
  });

  test('takes what JSON has no word for as absent', () => {
    expect(patch({ a: 1 }, { a: undefined, f: () => {}, g: Symbol('g') })).toEqual([
      { op: 'remove', path: '/a' },
    ]);
    expect(patch({ a: undefined }, {})).toEqual([]);
    expect(patch({ a: 1 }, undefined)).toEqual([]);
  });

  test('takes dates as what they say of themselves', () => {
    expect(patch({ at: new Date(0) }, { at: new Date(0) })).toEqual([]);
    expect(patch({ at: new Date(0) }, { at: new Date(1) })).toEqual([
      { op: 'add', path: '/at', value: '1970-01-01T00:00:00.001Z' },
    ]);
  });

  test('does not look into identical references', () => {
    const trap = new Proxy({}, { ownKeys: () => expect.unreachable('looked into') });
    expect(patch({ trap, a: 1 }, { trap, a: 2 })).toEqual([{ op: 'add', path: '/a', value: 2 }]);
  });

  test('has copies of the values', () => {
    const item = { deep: [1] };
    const [operation] = patch({}, { item }) ?? [];
    item.deep.push(2);
    expect(operation).toEqual({ op: 'add', path: '/item', value: { deep: [1] } });
  });

  test('leaves members called __proto__ alone', () => {
    expect(patch({}, JSON.parse('{"__proto__":{"polluted":true}}'))).toEqual([]);
  });
});

describe('edits made to a value that others changed', () => {
  const [a, b, c] = [
    { id: 'a', text: '' },
    { id: 'b', text: '' },
    { id: 'c', text: '' },
  ];

  test('find an item by its id wherever it is now', () => {
    const typed = [a, { ...b, text: 'typed' }];
    expect(merged([a, b], typed, [c, b, a])).toEqual([c, { id: 'b', text: 'typed' }, a]);
  });

  test('leave a removed item removed', () => {
    expect(merged([a, b], [a, { ...b, text: 'typed' }], [a])).toEqual([a]);
  });

  test('keep what others added, removed and typed', () => {
    const others = [{ ...a, text: 'theirs' }, { id: 'x' }];
    expect(merged([a, b], [a, b, c], others)).toEqual([{ ...a, text: 'theirs' }, c, { id: 'x' }]);
    expect(merged([a, b, c], [a, c], [...others, c])).toEqual([...others, c]);
  });

  test('move what was moved, among what others added', () => {
    expect(merged([a, b, c], [c, a, b], [a, { id: 'x' }, b, c])).toEqual([c, { id: 'x' }, a, b]);
  });

  test('add the first item in front and the next one behind it', () => {
    expect(merged([c], [a, b, c], [c])).toEqual([a, b, c]);
    expect(merged([], [a], [{ id: 'x' }])).toEqual([a, { id: 'x' }]);
  });

  test('add and remove texts of a list', () => {
    expect(merged(['a'], ['a', 'b'], ['a', 'x'])).toEqual(['a', 'b', 'x']);
    expect(merged(['a', 'b'], ['b'], ['a', 'b', 'x'])).toEqual(['b', 'x']);
  });

  test('are left out where the place has gone', () => {
    expect(merged({ a: { b: 1 } }, { a: { b: 2 } }, {})).toEqual({});
    expect(merged({ a: { b: 1 } }, { a: { b: 2 } }, { a: 'text' })).toEqual({ a: 'text' });
    expect(merged({ list: [a] }, { list: [a, b] }, { list: null })).toEqual({ list: null });
    expect(merged([1, 2], [1, 3], [1])).toEqual([1]);
  });

  test('never reach a prototype', () => {
    const edits = [{ kind: 'set' as const, path: ['constructor', 'prototype', 'polluted'], value: 1 }];
    replay({}, edits);
    expect('polluted' in {}).toBe(false);
  });
});

const json = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(null, true, 'text', 1, 2),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.uniqueArray(fc.record({ id: fc.constantFrom('a', 'b', 'c', 'd'), v: fc.nat(2) }), {
      selector: ({ id }) => id,
    }),
    fc.dictionary(fc.constantFrom('a', 'b', '~/', ''), tie('value'), { maxKeys: 3 }),
  ),
})).value;

test('edits made to the state they come from lead to the other one', () => {
  fc.assert(
    fc.property(json, json, (before, after) => {
      expect(merged(before, after, before)).toEqual(after);
    }),
    { numRuns: 1000 },
  );
});

test('edits made to any state do not throw', () => {
  fc.assert(
    fc.property(json, json, json, (before, after, other) => {
      merged(before, after, other);
    }),
    { numRuns: 1000 },
  );
});
