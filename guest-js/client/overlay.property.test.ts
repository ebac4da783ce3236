import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import {
  createManualClock,
  createManualVisibility,
  createMemoryHost,
  type Fault,
  type HostCall,
} from '../testing/index.ts';
import { createClient } from './client.ts';

/** `n` only grows, in every window; `by` says who wrote last, `mine` is what this page wrote last. */
interface Shared {
  n: number;
  by: string;
  mine: number;
}

type Step =
  | { do: 'raise' | 'raise slowly' | 'write mine' | 'refused' | 'others raise' | 'other topic' }
  | { do: 'advance'; ms: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.constantFrom<Step>(
      { do: 'raise' },
      { do: 'raise slowly' },
      { do: 'write mine' },
      { do: 'refused' },
    ),
  },
  { weight: 3, arbitrary: fc.constantFrom<Step>({ do: 'others raise' }, { do: 'other topic' }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('advance' as const), ms: fc.integer({ min: 0, max: 120 }) }),
  },
);

interface Weather {
  steps: Step[];
  /** What happens to the nth message of a kind, over and over. */
  requests: Fault[];
  answers: Fault[];
  signals: Fault[];
}

const weather = (fault: fc.Arbitrary<Fault>): fc.Arbitrary<Weather> => {
  const faults = fc.array(fault, { minLength: 1, maxLength: 6 });
  return fc.record({
    steps: fc.array(step, { minLength: 1, maxLength: 30 }),
    requests: faults,
    answers: faults,
    signals: faults,
  });
};

/** Late by less than what is held back for a write: whatever overtakes whatever, nobody sees it. */
const late = fc
  .option(fc.integer({ min: 1, max: 45 }), { nil: undefined })
  .map<Fault>((ms) => (ms === undefined ? undefined : { delayMs: ms }));
const bad = fc.oneof(
  { weight: 4, arbitrary: late },
  { weight: 1, arbitrary: fc.constant<Fault>('lose') },
  { weight: 1, arbitrary: fc.constant<Fault>({ error: new Error('broken') }) },
  { weight: 1, arbitrary: fc.integer({ min: 100, max: 15_000 }).map<Fault>((delayMs) => ({ delayMs })) },
);

interface Sight {
  value: Shared;
  revision: bigint;
}

/** Lives a page through it; returns everything it showed, and how it ended. */
async function live({ steps, requests, answers, signals }: Weather) {
  const clock = createManualClock();
  const host = createMemoryHost({ clock });
  let chance = 0;
  const random = () => {
    chance = (chance + 0.37) % 1;
    return chance;
  };
  const client = createClient({
    transport: host.transport(),
    clock,
    visibility: createManualVisibility(),
    random,
  });
  host.register('a', { n: 0, by: 'nobody', mine: 0 });
  host.register('b', 0);
  host.action<Shared, null>('a', 'refuse', () => {
    throw new Error('never');
  });
  const sights: Sight[] = [];
  await client.subscribe<Shared>('a', (value, { revision }) => {
    sights.push({ value, revision: BigInt(revision) });
  });
  await client.subscribe('b', () => {});
  const turn = { requests: 0, answers: 0, signals: 0 };
  host.faults.request = (call: HostCall) =>
    call.name === 'snapshot' ? undefined : requests[turn.requests++ % requests.length];
  host.faults.answer = (call: HostCall) =>
    call.name === 'snapshot' ? undefined : answers[turn.answers++ % answers.length];
  host.faults.signal = () => signals[turn.signals++ % signals.length];

  const a = client.topic<Shared>('a');
  const written: Promise<unknown>[] = [];
  let lastMine = 0;
  let others = 0;
  let raised = 0;
  let mine = 0;
  const run: { [K in Step['do']]: (step: Extract<Step, { do: K }>) => unknown } = {
    raise: () => {
      raised += 1;
      written.push(
        a.update((draft) => void Object.assign(draft, { n: draft.n + 1, by: 'me' }), { optimistic: true }),
      );
    },
    'raise slowly': () => {
      raised += 1;
      written.push(a.update((draft) => void Object.assign(draft, { n: draft.n + 1, by: 'me' })));
    },
    'write mine': () => {
      lastMine += 1;
      mine = lastMine;
      written.push(a.patch([{ op: 'replace', path: '/mine', value: mine }], { optimistic: true }));
    },
    refused: () => {
      written.push(
        a.action('refuse', null, { optimistic: (draft) => void Object.assign(draft, { by: 'refused' }) }),
      );
    },
    'others raise': () => {
      others += 1;
      host.update<Shared>('a', (value) => ({ ...value, n: value.n + 1, by: 'others' }));
    },
    'other topic': () => host.update<number>('b', (n) => n + 1),
    advance: ({ ms }) => clock.advance(ms),
  };
  for (const one of steps) {
    await (run[one.do] as (step: Step) => unknown)(one);
    await clock.settle();
  }
  const settled = Promise.allSettled(written);
  host.faults.request = host.faults.answer = host.faults.signal = undefined;
  await clock.advance(300_000);
  const outcomes = await settled;
  const entry = await client.subscribe<Shared>('a');
  const end = {
    value: entry.value,
    revision: entry.revision,
    status: entry.status,
    pending: entry.pending,
  };
  const truth = { value: host.value<Shared>('a'), revision: host.revision('a'), status: 'ready', pending: 0 };
  const { pulls } = client.stats();
  client.close();
  await clock.advance(20_000);
  return { sights, end, truth, outcomes, raised, others, mine, left: clock.pending(), pulls };
}

const RUNS = Number(process.env.STATESYNC_RUNS ?? 200);

describe('what a page shows of a topic it writes', () => {
  test('never goes back while answers, signals and pulls overtake one another, and ends as Rust has it', {
    timeout: 120_000,
  }, async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {});
    await fc.assert(
      fc.asyncProperty(weather(late), async (conditions) => {
        const { sights, end, truth, raised, others, mine, left } = await live(conditions);
        expect(end).toEqual(truth);
        expect(truth.value.n).toBe(raised + others);
        expect(truth.value.mine).toBe(mine);
        expect(left).toBe(0);
        let before: Sight | undefined;
        for (const sight of sights) {
          if (before !== undefined) {
            expect(sight.revision >= before.revision).toBe(true);
            expect(sight.value.n).toBeGreaterThanOrEqual(before.value.n);
            expect(sight.value.mine).toBeGreaterThanOrEqual(before.value.mine);
          }
          before = sight;
        }
      }),
      { numRuns: RUNS },
    );
  });

  test('has no older revision under it, whatever gets lost or late, and ends as Rust has it', {
    timeout: 120_000,
  }, async () => {
    vi.spyOn(console, 'error').mockImplementation(() => {});
    await fc.assert(
      fc.asyncProperty(weather(bad), async (conditions) => {
        const { sights, end, truth, outcomes, others, left } = await live(conditions);
        expect(end).toEqual(truth);
        expect(left).toBe(0);
        const done = outcomes.filter(({ status }) => status === 'fulfilled').length;
        expect(truth.value.n).toBeGreaterThanOrEqual(others);
        expect(BigInt(truth.revision)).toBeGreaterThanOrEqual(BigInt(1 + others + done));
        for (const [index, { revision }] of sights.entries()) {
          expect(revision >= (sights[index - 1]?.revision ?? 0n)).toBe(true);
        }
      }),
      { numRuns: RUNS },
    );
  });
});
