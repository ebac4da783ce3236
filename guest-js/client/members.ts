// Keeps the topics a page wants, the asks of their engines, and which of them are in trouble. Loses no ask: each one
// is answered by a call's answer, fails with the call, or moves on to the next call. Knows nothing of calls, time or
// generations; session.ts decides what leaves and when.

import { tooDeepAt } from '../core/depth.ts';
import {
  compareRevisions,
  type InvalidationEvent,
  isCanonicalRevision,
  type Revision,
  type Topic,
} from '../core/index.ts';
import { type Ask, type Asks, addAsk, carryAsks, type PulledTopic, rejectAsks } from './ask.ts';
import { fromWireError, StateSyncError } from './error.ts';
import type { Snapshot } from './overlay.ts';
import type { Statistics } from './statistics.ts';
import type { Known, PullAnswer, SignalTopic, TopicRequest, TopicResult, WriteAnswer } from './wire.ts';

/** A topic of the session, and the engine behind it. None of its methods may throw. */
export interface SessionMember {
  readonly topic: Topic;
  /** Its pulls are held back on purpose: it is not named by the pulls of others. */
  readonly throttled: boolean;
  /** What is applied at this moment. */
  known(): Known | undefined;
  /** Its engine is starting and about to ask for its first snapshot. */
  starting(): boolean;
  /** The topic may be newer than the engine's copy. */
  told(event: InvalidationEvent): void;
  /** So it is, and an ask made now, before this returns, is answered on the spot. */
  offered(event: InvalidationEvent): void;
  /** Ask now, whatever a pause after a failure or a throttle says. */
  refresh(): void;
  /** A snapshot that came with the answer of a write. Nobody hears of it before `show`. */
  learn(snapshot: Snapshot): void;
  /** Tells everybody what there is now. */
  show(): void;
}

/** `passing`: the last ask failed, the engine will try again. `parked`: the answer is no until there is news. */
type Trouble = 'passing' | 'parked';

export class Members {
  readonly #statistics: Statistics;
  readonly #members = new Map<Topic, SessionMember>();
  readonly #asks: Asks = new Map();
  readonly #trouble = new Map<Topic, Trouble>();
  /** Per topic the highest revision a signal named in this generation. */
  readonly #signalled = new Map<Topic, Revision>();
  /** Members that were served with something older than what they had been told of. */
  readonly #behind = new Set<Topic>();
  /** Topics a signal named while the call in flight was on its way. */
  readonly #overtaken = new Set<Topic>();
  /** The result a member is being told of at this moment: an ask made meanwhile is answered with it. */
  #offer: { topic: Topic; settle: (ask: Ask) => void } | undefined;

  constructor(statistics: Statistics) {
    this.#statistics = statistics;
  }

  get size(): number {
    return this.#members.size;
  }

  topics(): Set<Topic> {
    return new Set(this.#members.keys());
  }

  /** Whether `names` is exactly what is wanted now (`whole-set`). */
  are(names: ReadonlySet<Topic>): boolean {
    if (names.size !== this.#members.size) return false;
    for (const topic of this.#members.keys()) if (!names.has(topic)) return false;
    return true;
  }

  add(member: SessionMember): void {
    this.#members.set(member.topic, member);
  }

  /** False when another member has taken the topic meanwhile, or none has it. */
  remove(member: SessionMember): boolean {
    const { topic } = member;
    if (this.#members.get(topic) !== member) return false;
    const ask = this.#asks.get(topic);
    this.#members.delete(topic);
    this.#trouble.delete(topic);
    this.#signalled.delete(topic);
    this.#asks.delete(topic);
    ask?.reject(notWanted(topic));
    return true;
  }

  /** An engine asks. Answered on the spot while its own topic's result is being offered to it. */
  ask(topic: Topic, ask: Ask): void {
    if (this.#offer?.topic === topic) this.#offer.settle(ask);
    else if (this.#members.has(topic)) addAsk(this.#asks, topic, ask);
    else ask.reject(notWanted(topic));
  }

  anyAsks(): boolean {
    return this.#asks.size > 0;
  }

  /** Lets those ask again at once whose last answer was too old before it came (`target`). */
  hurry(epoch: string | undefined): void {
    for (const topic of this.#behind) {
      const revision = this.#signalled.get(topic);
      const member = this.#members.get(topic);
      // What a throttle holds back is asked for when the throttle says so.
      if (revision !== undefined && !member?.throttled) member?.told({ topic, revision, epoch });
    }
    this.#behind.clear();
  }

  /** Whether a member is about to ask for the first time, and no call on its way has its ask. */
  awaitFirstAsk(underWay: Asks | undefined): boolean {
    for (const [topic, member] of this.#members) {
      if (member.starting() && !this.#asks.has(topic) && !underWay?.has(topic)) return true;
    }
    return false;
  }

  /** Hands over the asks for a call that is about to leave; engines that pause after a failure join it. */
  takeAsks(): Asks {
    this.#overtaken.clear();
    for (const [topic, trouble] of [...this.#trouble]) {
      if (trouble === 'passing' && !this.#asks.has(topic)) this.#members.get(topic)?.refresh();
    }
    const taken: Asks = new Map(this.#asks);
    this.#asks.clear();
    return taken;
  }

  /** Asks whose call came to nothing wait for the next one. */
  returnAsks(asks: Asks): void {
    carryAsks(this.#asks, asks);
  }

  /**
   * The topics a pull names: all (`one-cut`), but the ones that are throttled or parked only when they ask or when
   * everything is pulled.
   */
  namesFor(asks: Asks, everything: boolean): Set<Topic> {
    const names = new Set<Topic>();
    for (const [topic, member] of this.#members) {
      const apart = member.throttled || this.#trouble.get(topic) === 'parked';
      if (everything || !apart || asks.has(topic)) names.add(topic);
    }
    return names;
  }

  /** What a call states about its topics (`stated-not-answered`). */
  stated(names: ReadonlySet<Topic>, asks: Asks): TopicRequest[] {
    return Array.from(names, (topic) => {
      this.#statistics.of(topic).pulls += 1;
      // A write may have brought something newer since the engine asked: the member has it.
      const known = this.#members.get(topic)?.known() ?? asks.get(topic)?.known;
      return known === undefined ? { topic } : { topic, known };
    });
  }

  /**
   * What a write states: what a pull would, and of the one that is written, as far as the session has them: a part of
   * what a page shows is no cut (`one-cut`). `states`: not only the name of the written one.
   */
  statedForWrite(written: Topic, names: ReadonlySet<Topic>, states: boolean): TopicRequest[] {
    const wanted = this.namesFor(new Map(), false);
    if (this.#members.has(written)) wanted.add(written);
    for (const topic of wanted) if (!names.has(topic)) wanted.delete(topic);
    return Array.from(wanted, (topic) => {
      const known = topic !== written || states ? this.#members.get(topic)?.known() : undefined;
      return known === undefined ? { topic } : { topic, known };
    });
  }

  /**
   * Brings the cut of a write's answer to everybody at once (`one-cut`). `written` is what the page computed by itself.
   * Errors and what is unchanged are left to the pulls.
   */
  learn({ results, epoch }: WriteAnswer, written: unknown): void {
    const shown: SessionMember[] = [];
    for (const result of results) {
      const { topic } = result;
      const member = this.#members.get(topic);
      if (member === undefined || 'error' in result || 'unchanged' in result) continue;
      const { revision } = result;
      const value = 'written' in result ? written : result.data;
      // What is no value of ours is the pull's to report.
      if (!isCanonicalRevision(revision) || value === undefined || tooDeepAt(value) !== undefined) continue;
      member.learn({ value, revision, epoch });
      shown.push(member);
    }
    for (const member of shown) member.show();
  }

  /** Signals of an earlier generation say nothing about this one. */
  forgetSignals(): void {
    this.#signalled.clear();
  }

  /** A signal named these topics. Those nobody wants any more are skipped. */
  told(topics: readonly SignalTopic[], epoch: string | undefined): void {
    for (const { topic, revision } of topics) {
      const member = this.#members.get(topic);
      if (member === undefined) continue;
      this.#statistics.of(topic).signals += 1;
      this.#overtaken.add(topic);
      const highest = this.#signalled.get(topic);
      if (highest === undefined || compareRevisions(revision, highest) > 0) {
        this.#signalled.set(topic, revision);
      }
      member.told(epoch === undefined ? { topic, revision } : { topic, revision, epoch });
    }
  }

  /** Brings an answer to the engines: results are per topic, one's error is not another's (`park`). */
  deliver(asks: Asks, answer: PullAnswer): void {
    for (const result of answer.results) {
      const asked = asks.get(result.topic);
      asks.delete(result.topic);
      if ('error' in result) this.#deliverError(result.topic, asked, result.error, answer.epoch);
      else this.#deliverState(asked, result, answer.epoch);
    }
    this.fail(asks, new StateSyncError('protocol', 'the answer leaves out a topic that was asked for.'));
  }

  /** The call of these asks failed: each engine backs off by itself. */
  fail(asks: Asks, error: StateSyncError): void {
    for (const topic of asks.keys()) this.#mark(topic, error.permanent ? 'parked' : 'passing');
    rejectAsks(asks, error);
  }

  #deliverError(topic: Topic, asked: Ask | undefined, body: unknown, epoch: string): void {
    const error = fromWireError(body, { topic, parks: true });
    const settle = (ask: Ask) => ask.reject(error);
    const parked = this.#trouble.get(topic) === 'parked';
    this.#mark(topic, 'parked');
    const member = this.#members.get(topic);
    // An ask that came after the call left gets an answer of its own.
    const silent = parked || this.#asks.has(topic);
    if (asked !== undefined) settle(asked);
    else if (member !== undefined && !silent) this.#offering(topic, settle, () => member.refresh());
    // A signal overtook the refusal, and could not be judged before the epoch was known: it is the news (`park`).
    const revision = this.#signalled.get(topic);
    if (revision !== undefined && this.#overtaken.delete(topic)) member?.told({ topic, revision, epoch });
  }

  #deliverState(
    asked: Ask | undefined,
    result: Exclude<TopicResult, { error: unknown }>,
    epoch: string,
  ): void {
    const { topic, revision } = result;
    const answer: PulledTopic = { ...result, epoch };
    const settle = (ask: Ask) => ask.resolve(answer);
    if (asked !== undefined) {
      this.#trouble.delete(topic);
      settle(asked);
      return;
    }
    const member = this.#members.get(topic);
    if (member === undefined || !isCanonicalRevision(revision)) return;
    const queued = this.#asks.get(topic);
    if (queued !== undefined) {
      // The ask came while this answer was under way: it is served with it, so that the whole cut is shown in one
      // moment (`one-cut`). Should the engine have been told of something newer meanwhile, it asks again (`hurry`).
      const highest = this.#signalled.get(topic);
      if (highest !== undefined && compareRevisions(revision, highest) < 0) this.#behind.add(topic);
      this.#asks.delete(topic);
      this.#trouble.delete(topic);
      settle(queued);
      return;
    }
    const unchanged = 'unchanged' in result;
    if (this.#trouble.delete(topic) || (member.throttled && !unchanged)) {
      this.#offering(topic, settle, () => member.refresh());
    } else if (!unchanged) {
      this.#offering(topic, settle, () => member.offered({ topic, revision, epoch }));
    }
  }

  /** A topic came along that had not asked: its engine is told, and what it asks for then is already here. */
  #offering(topic: Topic, settle: (ask: Ask) => void, tell: () => void): void {
    this.#offer = { topic, settle };
    tell();
    this.#offer = undefined;
  }

  #mark(topic: Topic, trouble: Trouble): void {
    if (this.#members.has(topic)) this.#trouble.set(topic, trouble);
  }
}

function notWanted(topic: Topic): StateSyncError {
  return new StateSyncError('stopped', 'the topic is no longer wanted.', { topic });
}
