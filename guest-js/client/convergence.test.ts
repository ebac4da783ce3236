import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { createManualClock, createManualVisibility, createMemoryHost, type Fault } from '../testing/index.ts';
import { createClient } from './client.ts';
import type { LiveTopic } from './handle.ts';

const TOPICS = ['a', 'b', 'c', 'd'];

type Step =
  | { do: 'set' | 'subscribe' | 'stop' | 'drop' | 'write'; topic: string }
  | { do: 'transaction' | 'hide' | 'show' | 'focus' | 'end sessions' | 'restart' }
  | { do: 'advance'; ms: number }
  | { do: 'fault'; on: 'request' | 'answer' | 'signal'; fault: Fault; times: number };

const topic = fc.constantFrom(...TOPICS);
const fault = fc.oneof(
  fc.constant<Fault>('lose'),
  fc.constant<Fault>({ error: new Error('broken') }),
  fc.record({ delayMs: fc.integer({ min: 1, max: 15_000 }) }),
);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('set' as const), topic }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('subscribe' as const), topic }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('stop' as const), topic }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('drop' as const), topic }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('write' as const), topic }) },
  {
    weight: 4,
    arbitrary: fc.constantFrom<Step>(
      { do: 'transaction' },
      { do: 'hide' },
      { do: 'show' },
      { do: 'focus' },
      { do: 'end sessions' },
      { do: 'restart' },
    ),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('advance' as const),
      ms: fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 20_000 })),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('fault' as const),
      on: fc.constantFrom('request' as const, 'answer' as const, 'signal' as const),
      fault,
      times: fc.integer({ min: 1, max: 4 }),
    }),
  },
);

/** Lives one page through the steps; returns what it shows in the end beside what is true. */
async function live(steps: Step[], firstPaint: boolean) {
  const clock = createManualClock();
  const visibility = createManualVisibility();
  const host = createMemoryHost({ clock, firstPaint: () => firstPaint });
  for (const name of TOPICS.slice(0, 3)) host.register(name, 0);
  const random = seeded();
  const client = createClient({ transport: host.transport(), clock, visibility, random });
  const quiet = { onError: () => {} };
  const shown = new Map<
    string,
    { live?: LiveTopic<unknown>; stopped: AbortController; throttled: boolean }
  >();
  let counter = 0;
  const exists = (name: string) => host.revision(name) !== '0';

  const run: { [K in Step['do']]: (step: Extract<Step, { do: K }>) => unknown } = {
    set: ({ topic: name }) => {
      counter += 1;
      return exists(name) ? host.set(name, counter) : host.register(name, counter);
    },
    subscribe: ({ topic: name }) => {
      if (shown.has(name)) return;
      const throttled = counter % 3 === 0;
      const entry: { live?: LiveTopic<unknown>; stopped: AbortController; throttled: boolean } = {
        stopped: new AbortController(),
        throttled,
      };
      shown.set(name, entry);
      const throttling = throttled ? { debounceMs: 50, throttleMs: 400 } : undefined;
      void client.subscribe(name, { ...quiet, signal: entry.stopped.signal, throttling }).then((handle) => {
        entry.live = handle;
      });
    },
    stop: ({ topic: name }) => {
      shown.get(name)?.stopped.abort();
      shown.delete(name);
    },
    drop: ({ topic: name }) => host.remove(name),
    write: ({ topic: name }) => {
      counter += 1;
      client
        .topic(name)
        .set(counter)
        .catch(() => {});
    },
    transaction: () => {
      counter += 1;
      host.transaction(Object.fromEntries(TOPICS.filter(exists).map((name) => [name, counter])));
    },
    hide: () => visibility.hide(),
    show: () => visibility.show(),
    focus: () => visibility.focus(),
    'end sessions': () => host.endSessions(),
    restart: () => host.restart(),
    advance: ({ ms }) => clock.advance(ms),
    fault: ({ on, fault: what, times }) => {
      let left = times;
      host.faults[on] = () => (left-- > 0 ? what : undefined);
    },
  };
  for (const one of steps) {
    await (run[one.do] as (step: Step) => unknown)(one);
    await clock.settle();
  }

  host.faults.request = host.faults.answer = host.faults.signal = undefined;
  for (const name of TOPICS) if (!exists(name)) host.register(name, 'back');
  visibility.show();
  await clock.advance(120_000);
  const before = host.calls.length;
  await clock.advance(100_000);
  const idleCalls = host.calls.length - before;
  const result = TOPICS.filter((name) => shown.has(name)).map((name) => {
    const handle = shown.get(name)?.live;
    return {
      name,
      shown: [handle?.value, handle?.revision, handle?.status],
      truth: [host.value(name), host.revision(name), 'ready'],
    };
  });
  const unacknowledged = host.inspect().sessions.filter(({ unacknowledged: slot }) => slot !== null);
  client.close();
  await clock.advance(11_000);
  // When the call that ends a session got lost, the next change does it (`give-up`).
  for (const name of TOPICS) host.set(name, 'after the end');
  await clock.advance(70_000);
  const left = [clock.pending(), visibility.listeners(), host.inspect().sessions.length];
  return { result, idleCalls, unacknowledged, left };
}

function seeded(): () => number {
  let state = 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

describe('a page', () => {
  test('shows what is true in the end, whatever was lost, late, refused, hidden or restarted (target, give-up, epoch)', {
    timeout: 120_000,
  }, async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {});
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { minLength: 1, maxLength: 40 }),
        fc.boolean(),
        async (steps, first) => {
          const { result, idleCalls, unacknowledged, left } = await live(steps, first);
          for (const { shown, truth } of result) expect(shown).toEqual(truth);
          expect(unacknowledged).toEqual([]);
          // Five checks in a hundred seconds, give or take the jitter, and nothing else.
          expect(idleCalls).toBeLessThanOrEqual(result.length > 0 ? 6 : 0);
          expect(left).toEqual([0, 0, 0]);
        },
      ),
      { numRuns: Number(process.env.STATESYNC_RUNS ?? 150), verbose: 1 },
    );
  });
});
