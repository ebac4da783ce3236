import { expect, test } from 'vitest';
import { putBackAfterEach, stage } from './adapters.rig.ts';
import { connectTopic } from './connect.ts';
import { copy } from './copy.ts';
import { diff } from './diff.ts';

putBackAfterEach();

type State = Record<string, unknown>;

const loop: State = {};
loop.self = loop;

const nested = (levels: number): unknown => {
  let value: unknown = 1;
  for (let level = 0; level < levels; level += 1) value = [value];
  return value;
};

test('what is too deep or contains itself is neither copied nor compared', () => {
  for (const bad of [nested(129), nested(100_000), loop]) {
    expect(() => copy(bad)).toThrow('at most 128 levels');
    expect(() => diff({ a: 1 }, bad)).toThrow('at most 128 levels');
  }
  const other: State = {};
  other.self = other;
  expect(() => diff(loop, other)).toThrow('at most 128 levels');
  expect(() => diff(nested(100_000), nested(100_001))).toThrow('at most 128 levels');
  expect(copy(nested(128))).toEqual(nested(128));
});

test('a store that cannot be written reports it, keeps what it has, and is written when it can be', async () => {
  const { host, clock } = stage();
  host.register('a', { n: 1 });
  let state: State = {};
  let changed = () => {};
  const errors: unknown[] = [];
  const connection = connectTopic<State, State>(
    'a',
    {
      applier: {
        apply({ data }) {
          state = data;
        },
      },
      read: () => state,
      listen(listener) {
        changed = listener;
        return () => {};
      },
    },
    { onError: ({ phase, error }) => errors.push([phase, (error as { kind?: string }).kind]) },
  );
  await clock.settle();
  for (const bad of [loop, nested(200)]) {
    state = { n: 1, bad };
    changed();
    await clock.settle();
  }
  expect(errors).toEqual([
    ['write', 'invalid-value'],
    ['write', 'invalid-value'],
  ]);
  expect([state.n, host.revision('a')]).toEqual([1, '1']);
  state = { n: 2 };
  changed();
  await clock.settle();
  expect(host.value('a')).toEqual({ n: 2 });
  connection.stop();
});
