import { describe, expect, test } from 'vitest';
import { createManualClock } from './manual-clock.ts';
import { createMemoryHost } from './memory-host.ts';
import { registerList } from './memory-list.rig.ts';
import { describeTransportConformance } from './transport-conformance.ts';

describeTransportConformance(
  'in-memory host',
  () => {
    const clock = createManualClock();
    const host = createMemoryHost({ clock });
    return {
      transport: () => host.transport(),
      register: (topic, value) => host.register(topic, value),
      registerReadOnly: (topic, value) => host.register(topic, value, { readOnly: true }),
      registerList: (topic, texts) => registerList(host, topic, texts),
      set: (topic, value) => host.set(topic, value),
      settle: () => clock.settle(),
    };
  },
  { test },
);

describe('in-memory host', () => {
  function stage() {
    const clock = createManualClock();
    const host = createMemoryHost({ clock });
    const numbers: number[] = [];
    const transport = host.transport();
    const subscribe = (generation = 1) =>
      transport.subscribe({ page: 'p', generation, topics: [{ topic: 'a' }] }, (signal) => {
        numbers.push(signal.number);
      });
    const pull = (seen: number, generation = 1, names: string[] = []) =>
      transport.pull({ page: 'p', generation, seen, topics: names.map((topic) => ({ topic })) });
    return { clock, host, numbers, subscribe, pull };
  }

  test('an unanswered signal is sent again after 1 s, doubling, and after five the session ends (give-up)', async () => {
    const { clock, host, numbers, subscribe, pull } = stage();
    host.register('a', 0);
    await subscribe();
    host.set('a', 1);
    await clock.advance(999);
    expect(numbers).toEqual([1]);
    await clock.advance(1);
    expect(numbers).toEqual([1, 2]);
    await clock.advance(1999);
    expect(numbers).toEqual([1, 2]);
    await clock.advance(1 + 4000 + 8000 + 16000);
    expect(numbers).toEqual([1, 2, 3, 4, 5, 6]);
    await clock.advance(32_000);
    expect(host.inspect().sessions).toEqual([]);
    expect(host.inspect().counters.dropped).toBe(1);
    await expect(pull(6)).rejects.toMatchObject({ kind: 'unknown-session' });
    expect(clock.pending()).toBe(0);
  });

  test('a lost signal blocks its Channel: later ones wait behind the gap', async () => {
    const { clock, host, numbers, subscribe } = stage();
    host.register('a', 0);
    await subscribe();
    host.faults.signal = ({ signal }) => (signal.number === 1 ? 'lose' : undefined);
    host.set('a', 1);
    await clock.advance(10_000);
    expect(numbers).toEqual([]);
    expect(host.inspect().counters.resends).toBeGreaterThan(1);
  });

  test('a removed topic is signalled once more, and comes back with a higher revision (monotone)', async () => {
    const { clock, host, numbers, subscribe, pull } = stage();
    host.register('a', 0);
    host.set('a', 1);
    await subscribe();
    host.remove('a');
    host.remove('a');
    await clock.settle();
    expect(numbers).toEqual([1]);
    expect(() => host.value('a')).toThrow();
    expect(host.revision('a')).toBe('0');
    const answer = await pull(1, 1, ['a']);
    expect(answer.results).toMatchObject([{ topic: 'a', error: { kind: 'unknown-topic' } }]);
    expect(host.register('a', 2)).toBe('4');
    await clock.settle();
    expect(numbers).toEqual([1, 2]);
  });

  test('what a window may not read looks as if it did not exist (scope-at-every-read)', async () => {
    const { host } = stage();
    host.register('secret', 1);
    const transport = host.transport({ readable: () => false });
    const missing = await host
      .transport()
      .snapshot('secres')
      .catch((error) => error);
    const secret = await transport.snapshot('secret').catch((error) => error);
    expect(secret.message.replace('secret', 'x')).toBe(missing.message.replace('secres', 'x'));
    expect(secret.kind).toBe(missing.kind);
  });
});
