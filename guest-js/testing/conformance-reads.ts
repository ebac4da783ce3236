// Keeps the claims about sessions, signals, pulls and snapshots that every transport has to meet.

import type { Signal } from '../client/wire.ts';
import type { Revision } from '../core/index.ts';
import { type Claims, check, rejection, resultOf, revisionOf, same } from './conformance-page.ts';

export const READS: Claims = {
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
