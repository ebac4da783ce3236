// @vitest-environment happy-dom
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Revision } from '../core/index.ts';
import { describeAdapterConformance } from '../testing/index.ts';
import { harnesses } from './libraries.rig.ts';

for (const harness of harnesses) describeAdapterConformance({ test }, harness);

// Few keys and few values, so that lists and objects often have parts in common. `id` is what Solid goes by.
const key = fc.constantFrom('a', 'b', 'id', 'toJson');
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, 0, 1, 'x', true),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(key, tie('value'), { maxKeys: 3, noNullPrototype: true }),
  ),
}));
const states = fc.array(fc.dictionary(key, value, { maxKeys: 3, noNullPrototype: true }), {
  minLength: 1,
  maxLength: 6,
});

const plain = (state: unknown) => JSON.parse(JSON.stringify(state));

describe.each(harnesses)('$name', ({ create }) => {
  test('whatever comes after whatever, the store is equal to it in the end (strictly-newer)', () => {
    fc.assert(
      fc.property(states, (states) => {
        const stage = create({}, { mode: 'replace' });
        for (const state of states) {
          const before = plain(state);
          stage.applier.apply({ revision: '1' as Revision, data: state });
          expect(plain(stage.read())).toEqual(before);
          expect(state).toEqual(before);
        }
      }),
      { numRuns: 300 },
    );
  });
});
