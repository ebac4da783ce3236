import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { PatchFailure, patched, sameJson, unsafeIntegerIn } from './memory-json.ts';

describe('a patch (RFC 6902)', () => {
  test.each([
    ['adds a member', { a: 1 }, [{ op: 'add', path: '/b', value: 2 }], { a: 1, b: 2 }],
    ['adds over a member', { a: 1 }, [{ op: 'add', path: '/a', value: 2 }], { a: 2 }],
    ['inserts into a list', [1, 3], [{ op: 'add', path: '/1', value: 2 }], [1, 2, 3]],
    ['appends to a list', [1], [{ op: 'add', path: '/-', value: 2 }], [1, 2]],
    ['adds at the end by number', [1], [{ op: 'add', path: '/1', value: 2 }], [1, 2]],
    ['replaces the whole value', { a: 1 }, [{ op: 'replace', path: '', value: [] }], []],
    ['adds the whole value', 1, [{ op: 'add', path: '', value: { a: 1 } }], { a: 1 }],
    ['replaces a null', { a: null }, [{ op: 'replace', path: '/a', value: 0 }], { a: 0 }],
    ['removes a member', { a: 1, b: 2 }, [{ op: 'remove', path: '/a' }], { b: 2 }],
    ['removes from a list', [1, 2, 3], [{ op: 'remove', path: '/1' }], [1, 3]],
    ['moves', { a: { x: 1 }, b: {} }, [{ op: 'move', from: '/a/x', path: '/b/y' }], { a: {}, b: { y: 1 } }],
    ['moves within a list', [1, 2, 3], [{ op: 'move', from: '/0', path: '/2' }], [2, 3, 1]],
    ['moves onto itself', { a: 1 }, [{ op: 'move', from: '/a', path: '/a' }], { a: 1 }],
    ['copies', { a: [1] }, [{ op: 'copy', from: '/a', path: '/b' }], { a: [1], b: [1] }],
    ['tests and goes on', { a: [1] }, [{ op: 'test', path: '/a', value: [1] }], { a: [1] }],
    ['unescapes', { 'a/b': 1, '~1': 2 }, [{ op: 'remove', path: '/a~1b' }], { '~1': 2 }],
    ['unescapes in order', { '~1': 2 }, [{ op: 'remove', path: '/~01' }], {}],
    ['takes empty keys', { '': { '': 1 } }, [{ op: 'replace', path: '//', value: 2 }], { '': { '': 2 } }],
  ])('%s', (_name, before, operations, after) => {
    const text = JSON.stringify(before);
    expect(patched(before, operations)).toEqual(after);
    expect(JSON.stringify(before)).toBe(text);
  });

  test.each([
    ['no list', {}, { op: 'add' }, /list of operations/],
    ['no object', {}, [7], /operation 0 .*no object/],
    ['an unknown one', {}, [{ op: 'merge', path: '' }], /operation 0 \(merge at ""\): there is no such/],
    ['no value', {}, [{ op: 'add', path: '/a' }], /has no value/],
    ['no path', {}, [{ op: 'remove' }], /`path` is no text/],
    ['no from', {}, [{ op: 'copy', path: '/a' }], /`from` is no text/],
    ['no pointer', {}, [{ op: 'remove', path: 'a' }], /no JSON pointer/],
    ['a bad escape', { 'a~2': 1 }, [{ op: 'remove', path: '/a~2' }], /no JSON pointer/],
    ['nothing to replace', {}, [{ op: 'replace', path: '/a', value: 1 }], /there is nothing/],
    ['nothing to remove', {}, [{ op: 'remove', path: '/a' }], /there is nothing/],
    ['the whole value removed', {}, [{ op: 'remove', path: '' }], /whole value/],
    ['no parent', {}, [{ op: 'add', path: '/a/b', value: 1 }], /there is nothing/],
    ['a parent that holds nothing', { a: 1 }, [{ op: 'add', path: '/a/b', value: 1 }], /could hold/],
    ['beyond the end', [1], [{ op: 'add', path: '/2', value: 1 }], /no place 2/],
    ['a leading zero', [1], [{ op: 'replace', path: '/00', value: 1 }], /there is nothing/],
    ['the end itself', [1], [{ op: 'remove', path: '/-' }], /there is nothing/],
    ['inherited names', {}, [{ op: 'remove', path: '/toString' }], /there is nothing/],
    ['a part into itself', { a: {} }, [{ op: 'move', from: '/a', path: '/a/b' }], /into itself/],
    ['a failed test', { a: 1 }, [{ op: 'test', path: '/a', value: '1' }], /another one/],
    [
      'the second one',
      { a: 1 },
      [
        { op: 'remove', path: '/a' },
        { op: 'remove', path: '/a' },
      ],
      /operation 1 \(remove at "\/a"\)/,
    ],
    [
      'a malformed one before all others',
      {},
      [
        { op: 'remove', path: '/a' },
        { op: 'merge', path: '' },
      ],
      /operation 1 \(merge/,
    ],
  ])('is refused: %s', (_name, before, operations, reason) => {
    expect(() => patched(before, operations)).toThrow(PatchFailure);
    expect(() => patched(before, operations)).toThrow(reason);
  });

  test('never reaches a prototype', () => {
    const after = patched({}, [
      { op: 'add', path: '/__proto__', value: { polluted: true } },
      { op: 'add', path: '/__proto__/more', value: 1 },
    ]) as object;
    expect(Object.keys(after)).toEqual(['__proto__']);
    expect(JSON.stringify(after)).toBe('{"__proto__":{"polluted":true,"more":1}}');
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
    expect(() => patched({}, [{ op: 'add', path: '/constructor/prototype/x', value: 1 }])).toThrow(
      PatchFailure,
    );
  });
});

describe('JSON', () => {
  test('is the same whatever the order of its keys, and whatever else when it is not', () => {
    expect(sameJson({ a: [1, { b: null }], c: 'x' }, { c: 'x', a: [1, { b: null }] })).toBe(true);
    for (const [a, b] of [
      [[], {}],
      [{ a: 1 }, { b: 1 }],
      [{ a: 1 }, { a: 1, b: 1 }],
      [null, {}],
      [0, false],
      [
        [1, 2],
        [2, 1],
      ],
    ]) {
      expect(sameJson(a, b)).toBe(false);
    }
    fc.assert(fc.property(fc.jsonValue(), (value) => sameJson(value, structuredClone(value))));
  });

  test('names the place of an integer that is not exact', () => {
    expect(unsafeIntegerIn({ a: 2 ** 53 - 1, b: 1.5, c: 1e300, d: -(2 ** 53 - 1) })).toBeUndefined();
    expect(unsafeIntegerIn({ items: [{ id: 1 }, { id: 2 ** 53 }] })).toBe('items[1].id');
    expect(unsafeIntegerIn([[-(2 ** 60)]])).toBe('[0][0]');
    expect(unsafeIntegerIn(2 ** 53)).toBe('.');
  });
});
