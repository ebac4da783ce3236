import fc from 'fast-check';
import { expect, test } from 'vitest';
import { operationsOf, patched as patchedByPage } from '../client/json.ts';
import { patched as patchedByHost } from './memory-json.ts';

/** Names that mean something to lists, to pointers or to JavaScript. */
const name = fc.constantFrom('a', 'b', '0', '1', '-', '01', '~', '/', '', '__proto__', 'constructor');

/** As it comes from the wire: also with a field of its own that is called `__proto__`. */
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom<unknown>(null, true, 0, 1, 'x'),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.array(fc.tuple(name, tie('value')), { maxLength: 4 }).map((fields) => Object.fromEntries(fields)),
  ),
}));

/** With enough in it for every other operation to find something. */
const document = fc.tuple(value, value, value).map(([a, b, c]) =>
  Object.fromEntries([
    ['a', a],
    ['0', [b, c]],
    ['__proto__', { a: c }],
  ]),
);

const step = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('a', '0', '1', '-', '__proto__') },
  { weight: 1, arbitrary: name },
);
const path = fc
  .array(step, { minLength: 1, maxLength: 3 })
  .map((names) => names.map((one) => `/${one.replaceAll('~', '~0').replaceAll('/', '~1')}`).join(''));
const operation = fc.oneof(
  fc.record({ op: fc.constantFrom('add', 'replace', 'test'), path, value }),
  fc.record({ op: fc.constant('remove'), path }),
  fc.record({ op: fc.constantFrom('add', 'replace'), path: fc.constant(''), value }),
  fc.record({ op: fc.constantFrom('move', 'copy'), path, from: path }),
);

function outcome(patch: () => unknown): unknown {
  try {
    return { value: patch() };
  } catch {
    return 'refused';
  }
}

test('what a page computes from a patch is what the host stores, and both refuse the same ones', {
  timeout: 60_000,
}, () => {
  let applied = 0;
  fc.assert(
    fc.property(document, fc.array(operation, { minLength: 1, maxLength: 2 }), (before, operations) => {
      const text = JSON.stringify(before);
      const stored = outcome(() => patchedByHost(before, operations));
      expect(outcome(() => patchedByPage(before, operationsOf(operations, 'a')))).toEqual(stored);
      expect(JSON.stringify(before)).toBe(text);
      if (stored !== 'refused') applied += 1;
    }),
    { numRuns: 1500 },
  );
  expect(applied).toBeGreaterThan(100);
});
