// Keeps the list of claims every transport has to meet, whoever writes it, for any test runner. It speaks the wire
// shapes directly: a transport that passes can carry the client.

import type { PluginTransport } from '../client/transport.ts';
import type { Known, PullAnswer, Signal, TopicResult } from '../client/wire.ts';
import type { Revision, Topic } from '../core/index.ts';

type Maybe<T> = T | Promise<T>;

/** What a transport's author provides: a fresh host for every claim. */
export interface TransportHarness {
  /** The transport of another page. */
  transport(): PluginTransport;
  /** Makes a topic on the host's side. */
  register(topic: Topic, value: unknown): Maybe<unknown>;
  /** Changes it on the host's side. */
  set(topic: Topic, value: unknown): Maybe<unknown>;
  /** Resolves when every message under way has arrived. */
  settle(): Promise<void>;
  dispose?(): Maybe<void>;
}

/** The part of a test runner that is needed; vitest, jest and node:test all have it. */
export interface ConformanceRunner {
  test(name: string, body: () => Promise<void>): unknown;
}

function check(condition: unknown, claim: string): asserts condition {
  if (!condition) throw new Error(`transport conformance: ${claim}`);
}

function same(actual: unknown, expected: unknown, claim: string): void {
  const [left, right] = [JSON.stringify(actual), JSON.stringify(expected)];
  check(left === right, `${claim}: expected ${right}, got ${left}`);
}

async function rejection(call: () => Promise<unknown>): Promise<Record<string, unknown>> {
  try {
    await call();
  } catch (error) {
    check(typeof error === 'object' && error !== null, `an error is an object, not ${String(error)}`);
    const body = error as Record<string, unknown>;
    check(
      typeof body.kind === 'string' && typeof body.message === 'string',
      'an error has a kind and a message',
    );
    return body;
  }
  throw new Error('transport conformance: the call was not refused');
}

/** A page that speaks the wire by hand. */
class Page {
  readonly id: string;
  readonly signals: Signal[] = [];
  readonly transport: PluginTransport;
  generation = 0;
  epoch = '';

  constructor(transport: PluginTransport, id: string) {
    this.transport = transport;
    this.id = id;
  }

  async subscribe(names: Topic[], known: Record<Topic, Known> = {}): Promise<PullAnswer> {
    this.generation += 1;
    this.signals.length = 0;
    const answer = await this.transport.subscribe(
      {
        page: this.id,
        generation: this.generation,
        topics: names.map((topic) => (known[topic] ? { topic, known: known[topic] } : { topic })),
      },
      (signal) => this.signals.push(signal),
    );
    this.epoch = answer.epoch;
    return answer;
  }

  pull(names: Topic[], seen: number, known: Record<Topic, Known> = {}): Promise<PullAnswer> {
    return this.transport.pull({
      page: this.id,
      generation: this.generation,
      seen,
      topics: names.map((topic) => (known[topic] ? { topic, known: known[topic] } : { topic })),
    });
  }

  known(revision: string): Known {
    return { epoch: this.epoch, revision: revision as Revision };
  }
}

function resultOf(answer: PullAnswer, topic: Topic): TopicResult {
  const result = answer.results.find((entry) => entry.topic === topic);
  check(result, `the answer names "${topic}"`);
  return result;
}

function revisionOf(result: TopicResult): string {
  check('revision' in result, `"${result.topic}" has a revision`);
  return result.revision;
}

interface Stage {
  harness: TransportHarness;
  page: Page;
  anotherPage(): Page;
}

const CLAIMS: Record<string, (stage: Stage) => Promise<void>> = {
  'subscribe answers with a snapshot of every topic it names (whole-set)': async ({ harness, page }) => {
    await harness.register('a', { n: 1 });
    await harness.register('b', [2]);
    const answer = await page.subscribe(['a', 'b']);
    check(answer.epoch !== '', 'the answer names an epoch');
    same(resultOf(answer, 'a'), { topic: 'a', revision: '1', data: { n: 1 } }, 'the first revision is "1"');
    same(resultOf(answer, 'b'), { topic: 'b', revision: '1', data: [2] }, 'every topic is answered');
  },
  'unchanged is answered only when epoch and revision are both equal': async ({ harness, page }) => {
    await harness.register('a', 1);
    await page.subscribe(['a']);
    const equal = resultOf(await page.pull(['a'], 0, { a: page.known('1') }), 'a');
    same(equal, { topic: 'a', revision: '1', unchanged: true }, 'the same revision is unchanged');
    const foreign = await page.pull(['a'], 0, { a: { epoch: 'another', revision: '1' as Revision } });
    check('data' in resultOf(foreign, 'a'), 'a revision of another epoch gets the snapshot');
  },
  'a topic nobody registered is an error of that topic alone (park)': async ({ harness, page }) => {
    await harness.register('a', 1);
    const answer = await page.subscribe(['a', 'missing']);
    check('data' in resultOf(answer, 'a'), 'the other topic is answered');
    const missing = resultOf(answer, 'missing');
    check('error' in missing, 'the missing topic has an error');
    same(missing.error.kind, 'unknown-topic', 'its kind');
  },
  'a change is signalled with its revision, and a pull then returns it (commit-then-notify)': async ({
    harness,
    page,
  }) => {
    await harness.register('a', 1);
    await page.subscribe(['a']);
    await harness.set('a', 2);
    await harness.settle();
    same(page.signals[0]?.number, 1, 'signals of a session count from 1');
    same(page.signals[0]?.topics, [{ topic: 'a', revision: '2' }], 'the signal names topic and revision');
    const result = resultOf(await page.pull(['a'], 1, { a: page.known('1') }), 'a');
    same(result, { topic: 'a', revision: '2', data: 2 }, 'the pull returns it');
  },
  'however many changes, one unanswered signal is under way (one-unacked-signal)': async ({
    harness,
    page,
  }) => {
    await harness.register('a', 0);
    await page.subscribe(['a']);
    for (let n = 1; n <= 20; n += 1) {
      await harness.set('a', n);
      await harness.settle();
    }
    same(page.signals.length, 1, 'signals');
  },
  'only the newest number seen frees the slot, and a dirty session is then signalled': async ({
    harness,
    page,
  }) => {
    await harness.register('a', 0);
    await page.subscribe(['a']);
    await harness.set('a', 1);
    await harness.settle();
    await harness.set('a', 2);
    await page.pull([], 0);
    await harness.settle();
    same(page.signals.length, 1, 'a pull that has not seen it frees nothing');
    await page.pull([], 1);
    await harness.settle();
    same(page.signals.length, 2, 'an empty pull with its number frees the slot');
    same(page.signals[1], { number: 2, topics: [{ topic: 'a', revision: '3' }] }, 'the next signal');
  },
  'what the page states it has is not signalled again (stated-not-answered)': async ({ harness, page }) => {
    await harness.register('a', 0);
    await page.subscribe(['a']);
    await harness.set('a', 1);
    await harness.settle();
    await harness.set('a', 2);
    await page.pull(['a'], 1, { a: page.known('3') });
    await harness.settle();
    same(page.signals.length, 1, 'signals');
  },
  'a topic that is registered later is signalled to those who wait for it': async ({ harness, page }) => {
    await page.subscribe(['late']);
    await harness.register('late', 'here');
    await harness.settle();
    same(page.signals[0]?.topics, [{ topic: 'late', revision: '1' }], 'the signal');
  },
  'a lower or equal generation is refused (one-session-a-page)': async ({ harness, page }) => {
    await harness.register('a', 1);
    await page.subscribe(['a']);
    await page.subscribe(['a']);
    page.generation = 0;
    same((await rejection(() => page.subscribe(['a']))).kind, 'superseded', 'subscribe');
    same((await rejection(() => page.pull(['a'], 0))).kind, 'superseded', 'pull');
  },
  'signals go to the handler of the newest subscribe only': async ({ harness, page }) => {
    await harness.register('a', 1);
    const old: Signal[] = [];
    page.generation = 1;
    await page.transport.subscribe({ page: page.id, generation: 1, topics: [{ topic: 'a' }] }, (signal) =>
      old.push(signal),
    );
    await page.subscribe(['a']);
    await harness.set('a', 2);
    await harness.settle();
    same([old.length, page.signals.length], [0, 1], 'old and new handler');
  },
  'an empty set ends the session': async ({ harness, page }) => {
    await harness.register('a', 1);
    await page.subscribe(['a']);
    same((await page.subscribe([])).results, [], 'nothing is answered');
    same((await rejection(() => page.pull([], 0))).kind, 'unknown-session', 'a pull afterwards');
  },
  'a page that never subscribed has no session': async ({ page }) => {
    page.generation = 1;
    same((await rejection(() => page.pull([], 0))).kind, 'unknown-session', 'kind');
  },
  'a page that does not answer delays no other (isolation)': async ({ harness, page, anotherPage }) => {
    await harness.register('a', 0);
    const other = anotherPage();
    await page.subscribe(['a']);
    await other.subscribe(['a']);
    await harness.set('a', 1);
    await harness.settle();
    await other.pull(['a'], 1, { a: other.known('2') });
    await harness.set('a', 2);
    await harness.settle();
    same([page.signals.length, other.signals.length], [1, 2], 'signals');
  },
  'snapshot answers revision and data of one topic': async ({ harness, page }) => {
    await harness.register('a', { n: 1 });
    same(await page.transport.snapshot('a'), { revision: '1', data: { n: 1 } }, 'snapshot');
    same((await rejection(() => page.transport.snapshot('missing'))).kind, 'unknown-topic', 'kind');
  },
  'set writes, and a repeated operation is answered with the first result': async ({ harness, page }) => {
    await harness.register('a', 1);
    const request = { page: page.id, generation: 1, operation: 'one', topic: 'a' };
    same((await page.transport.set(request, 2)).revision, '2', 'the write');
    same((await page.transport.set(request, 2)).revision, '2', 'the same operation again');
    same(await page.transport.snapshot('a'), { revision: '2', data: 2 }, 'written once');
  },
  'set with a base that is no longer current changes nothing (conflict)': async ({ harness, page }) => {
    await harness.register('a', 1);
    await harness.set('a', 2);
    const request = { page: page.id, generation: 1, operation: 'one', topic: 'a', base: '1' as Revision };
    const error = await rejection(() => page.transport.set(request, 3));
    same([error.kind, error.revision], ['conflict', '2'], 'kind and current revision');
    same(await page.transport.snapshot('a'), { revision: '2', data: 2 }, 'nothing changed');
  },
  'a revision never repeats and never goes back (monotone)': async ({ harness, page }) => {
    await harness.register('a', 0);
    const seen: string[] = [revisionOf(resultOf(await page.subscribe(['a']), 'a'))];
    for (let n = 1; n <= 12; n += 1) {
      await harness.set('a', 0);
      seen.push(revisionOf(resultOf(await page.pull(['a'], 0), 'a')));
    }
    same(
      seen,
      seen.map((_, n) => String(n + 1)),
      'revisions',
    );
  },
  'names and revisions that are none are refused': async ({ page }) => {
    page.generation = 0;
    same((await rejection(() => page.subscribe(['not a name']))).kind, 'invalid-topic', 'topic');
    const known = { a: { epoch: 'e', revision: '01' as Revision } };
    same((await rejection(() => page.subscribe(['a'], known))).kind, 'invalid-revision', 'revision');
  },
};

/**
 * Runs every claim as a test of its own:
 *
 * ```ts
 * import { test } from 'vitest';
 * describeTransportConformance('my transport', createHarness, { test });
 * ```
 */
export function describeTransportConformance(
  name: string,
  createHarness: () => Maybe<TransportHarness>,
  runner: ConformanceRunner = globalThis as unknown as ConformanceRunner,
): void {
  for (const [claim, prove] of Object.entries(CLAIMS)) {
    runner.test(`${name}: ${claim}`, async () => {
      const harness = await createHarness();
      let pages = 0;
      const anotherPage = () => {
        pages += 1;
        return new Page(harness.transport(), `conformance-${pages}`);
      };
      try {
        await prove({ harness, page: anotherPage(), anotherPage });
      } finally {
        await harness.dispose?.();
      }
    });
  }
}
