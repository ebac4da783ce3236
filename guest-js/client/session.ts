// Keeps one page's session with the host: which generation the host knows of, the last signal seen, the call in
// flight. Loses nothing for good: what a lost call or signal carried is asked for again, by an engine that is behind,
// by the host's re-send, or by the next heartbeat.
//
// One state machine: members, asks, signals, answers and timers change the state, then `#decide` says what leaves.
// Invariants, by number, as the comments below cite them:
//  1. At most one call that carries topics is in flight (`single-flight`); only a subscribe may supersede it.
//  2. The topics of a subscribe are all the members, always (`whole-set`).
//  3. Answers and signals of any other generation than `#generation` change nothing (`one-session-a-page`).
//  4. After a signal arrived a call carrying its number leaves within `ackMs` (`always-seen`).
//  5. Without members there is no timer, no listener and no session (`quiet-after-stop`).

import type { Revision, Topic } from '../core/index.ts';
import type { Asks, PulledTopic } from './ask.ts';
import { createBackoff } from './backoff.ts';
import { withDeadline } from './deadline.ts';
import { type PageClock, randomId, type VisibilitySource } from './environment.ts';
import { type StateSyncError, toStateSyncError } from './error.ts';
import { createHeartbeat } from './heartbeat.ts';
import { Members, type SessionMember } from './members.ts';
import { Statistics } from './statistics.ts';
import type { PluginTransport } from './transport.ts';
import {
  type Known,
  type PullAnswer,
  readPullAnswer,
  readSignal,
  type WriteAnswer,
  type WriteRequest,
} from './wire.ts';

/** How long things may take and how often they happen. Every one has a default. */
export interface SessionTimes {
  /** Every call is abandoned after this (`no-hang`). */
  callMs: number;
  /** A signal that caused no pull is answered after this; the protocol allows 250 (`always-seen`). */
  ackMs: number;
  /** A hidden page pulls at most this often (`self-heal`). */
  hiddenIntervalMs: number;
  /** About this long between two checks of a visible page (`self-heal`). */
  heartbeatMs: number;
  /** Two checks are never closer than this. */
  heartbeatGapMs: number;
}

export const DEFAULT_TIMES: SessionTimes = {
  callMs: 10_000,
  ackMs: 50,
  hiddenIntervalMs: 1000,
  heartbeatMs: 20_000,
  heartbeatGapMs: 250,
};

export interface SessionOptions {
  transport: PluginTransport;
  clock: PageClock;
  visibility: VisibilitySource;
  random: () => number;
  times: SessionTimes;
  /** The host has answered the data of a topic. */
  onData?: (topic: Topic, revision: Revision) => void;
}

/** What the host knows of this page, as far as the page can tell. `unsure`: a subscribe may or may not have arrived. */
type Link =
  | { at: 'none' }
  | { at: 'unsure' }
  | { at: 'subscribing'; names: ReadonlySet<Topic> }
  | { at: 'live'; names: ReadonlySet<Topic> };

/** A call that carries topics and is not answered yet. `everything`: throttled and parked topics are named too. */
interface Flight {
  kind: 'subscribe' | 'pull';
  asks: Asks;
  everything: boolean;
}

/**
 * Microtask rounds that engines get before a call leaves without them: a starting one to ask for the first time, the
 * ones that were just answered to apply it, so that what they state is what they have.
 */
const GATHERING_ROUNDS = 16;

export class Session {
  readonly page: string;
  readonly statistics = new Statistics();
  readonly #options: SessionOptions;
  readonly #members = new Members(this.statistics);
  readonly #backoff;
  readonly #heartbeat;
  #generation = 0;
  #seen = 0;
  #epoch: string | undefined;
  #link: Link = { at: 'none' };
  #flight: Flight | undefined;
  /** A pull of everything is due. */
  #everything = false;
  #gathering = false;
  /** An answer was handed out just now. */
  #settling = false;
  /** Times the session was lost since a pull last succeeded. */
  #losses = 0;
  #lastCallAt = Number.NEGATIVE_INFINITY;
  #ackTimer: unknown;
  #hiddenTimer: unknown;
  /** Of the calls nobody has answered yet. */
  readonly #deadlines = new Set<unknown>();

  constructor(options: SessionOptions) {
    const { clock, random, visibility, times } = options;
    this.#options = options;
    this.page = randomId(random);
    this.#backoff = createBackoff(clock, random);
    this.#heartbeat = createHeartbeat({
      clock,
      random,
      visibility,
      intervalMs: times.heartbeatMs,
      gapMs: times.heartbeatGapMs,
      onBeat: () => this.pullEverything(),
    });
  }

  /** The epoch of the last answer. */
  get epoch(): string | undefined {
    return this.#epoch;
  }

  /** Counts up with every subscribe; 0 before the first. */
  get generation(): number {
    return this.#generation;
  }

  /** How many topics are wanted. */
  get size(): number {
    return this.#members.size;
  }

  add(member: SessionMember): void {
    this.#members.add(member);
    this.#heartbeat.start();
    this.#schedule();
  }

  remove(member: SessionMember): void {
    if (!this.#members.remove(member)) return;
    // Whoever wants the topic from now on asks for itself, and is served with the others (`one-cut`).
    this.#flight?.asks.delete(member.topic);
    this.#schedule();
  }

  /** What an engine's provider calls. All asks of one moment travel in one call (`one-cut`). */
  snapshotOf(topic: Topic, known: Known | undefined): Promise<PulledTopic> {
    return new Promise((resolve, reject) => {
      this.#members.ask(topic, { known, resolve, reject });
      this.#schedule();
    });
  }

  /** What a write says of its session; the answer is a cut over these topics. `states`: what the page has of its own. */
  writeFrom(topic: Topic, states: boolean): Pick<WriteRequest, 'page' | 'generation' | 'topics'> {
    const names = 'names' in this.#link ? this.#link.names : new Set<Topic>();
    const topics = this.#members.statedForWrite(topic, names, states);
    return { page: this.page, generation: this.#generation, topics };
  }

  /** The cut of a write's answer, shown in one moment (`one-cut`). Harmless whenever it comes (`strictly-newer`). */
  learn(answer: WriteAnswer, written: unknown): void {
    this.#members.learn(answer, written);
  }

  /** One call for all topics, as soon as the one in flight is answered (`self-heal`). */
  pullEverything(): void {
    this.#everything = true;
    this.#backoff.cut();
    this.#schedule();
  }

  /** A microtask later everything of this moment is known: StrictMode's start-stop-start is nothing at all. */
  #schedule(): void {
    if (this.#gathering) return;
    this.#gathering = true;
    const gather = (round: number) => {
      const waits = this.#settling || this.#members.awaitFirstAsk(this.#flight?.asks);
      if (round < GATHERING_ROUNDS && waits) {
        queueMicrotask(() => gather(round + 1));
        return;
      }
      if (this.#settling) this.#members.hurry(this.#epoch);
      this.#settling = false;
      this.#gathering = false;
      this.#decide();
    };
    queueMicrotask(() => gather(0));
  }

  #decide(): void {
    if (this.#members.size === 0) {
      this.#rest();
    } else if (this.#backoff.waiting()) {
      // The end of the pause comes back here.
    } else if (!('names' in this.#link && this.#members.are(this.#link.names))) {
      this.#subscribe();
    } else if (this.#flight !== undefined) {
      // Its answer comes back here (invariant 1).
    } else if ((this.#members.anyAsks() || this.#everything) && !this.#isHeldBack()) {
      this.#pull();
    }
  }

  /** A hidden page pulls about once a second, however often it is signalled; signals are answered meanwhile. */
  #isHeldBack(): boolean {
    const { clock, visibility, times } = this.#options;
    clock.clearTimeout(this.#hiddenTimer);
    this.#hiddenTimer = undefined;
    if (visibility.isVisible()) return false;
    const rest = this.#lastCallAt + times.hiddenIntervalMs - clock.now();
    if (rest <= 0) return false;
    this.#hiddenTimer = clock.setTimeout(() => this.#decide(), rest);
    return true;
  }

  /** Nothing is wanted: ends the session on the other side and goes quiet on this one (invariant 5). */
  #rest(): void {
    this.#heartbeat.stop();
    this.#backoff.reset();
    this.#clearTimers();
    for (const timer of this.#deadlines) this.#options.clock.clearTimeout(timer);
    this.#deadlines.clear();
    this.#everything = false;
    this.#flight = undefined;
    this.#losses = 0;
    if (this.#link.at === 'none') return;
    this.#link = { at: 'none' };
    this.#generation += 1;
    const request = { page: this.page, generation: this.#generation, topics: [] };
    // Nobody waits for the answer, and no deadline is set (invariant 5): should the call get lost, the host gives
    // the session up by itself (`give-up`).
    void withoutThrowing(() => this.#options.transport.subscribe(request, () => {}));
  }

  #clearTimers(): void {
    const { clock } = this.#options;
    clock.clearTimeout(this.#ackTimer);
    clock.clearTimeout(this.#hiddenTimer);
    this.#ackTimer = undefined;
    this.#hiddenTimer = undefined;
  }

  #subscribe(): void {
    // The engines that wait for the call in flight are served by this one, which supersedes it.
    if (this.#flight !== undefined) this.#members.returnAsks(this.#flight.asks);
    this.#flight = undefined;
    this.#generation += 1;
    this.#seen = 0;
    this.#members.forgetSignals();
    this.statistics.subscribes += 1;
    const generation = this.#generation;
    const names = this.#members.topics(); // invariant 2
    this.#link = { at: 'subscribing', names };
    this.#launch('subscribe', names, true, (request) =>
      this.#options.transport.subscribe(request, (signal) => this.#onSignal(generation, signal)),
    );
  }

  #pull(): void {
    this.statistics.pulls += 1;
    this.#launch('pull', undefined, this.#everything, (request) =>
      this.#options.transport.pull({ ...request, seen: this.#seen }),
    );
  }

  #launch(
    kind: Flight['kind'],
    wanted: ReadonlySet<Topic> | undefined,
    everything: boolean,
    call: (request: {
      page: string;
      generation: number;
      topics: ReturnType<Members['stated']>;
    }) => Promise<PullAnswer>,
  ): void {
    const { clock } = this.#options;
    const asks = this.#members.takeAsks();
    const names = wanted ?? this.#members.namesFor(asks, everything);
    const topics = this.#members.stated(names, asks);
    const flight: Flight = { kind, asks, everything };
    this.#flight = flight;
    this.#everything = false;
    this.#clearTimers();
    this.#lastCallAt = clock.now();
    this.#limited(kind, () => call({ page: this.page, generation: this.#generation, topics }))
      .then(readPullAnswer)
      .then(
        (answer) => this.#onAnswer(flight, answer),
        (error) => this.#onFailure(flight, toStateSyncError(error)),
      );
  }

  /** A call with a deadline that ends with the session (invariant 5). */
  #limited<T>(what: string, call: () => Promise<T>): Promise<T> {
    const { clock, times } = this.#options;
    const deadlines = {
      ...clock,
      setTimeout: (ring: () => void, ms: number) => {
        const timer = clock.setTimeout(ring, ms);
        this.#deadlines.add(timer);
        return timer;
      },
      clearTimeout: (timer: unknown) => {
        this.#deadlines.delete(timer);
        clock.clearTimeout(timer);
      },
    };
    return withDeadline(deadlines, times.callMs, what, call);
  }

  #onAnswer(flight: Flight, answer: PullAnswer): void {
    if (flight !== this.#flight) return; // superseded or abandoned (invariant 3)
    this.#flight = undefined;
    this.#backoff.reset();
    this.#epoch = answer.epoch;
    if (flight.kind === 'pull') this.#losses = 0;
    else if (this.#link.at === 'subscribing') this.#link = { at: 'live', names: this.#link.names };
    for (const result of answer.results) {
      if ('data' in result) this.#options.onData?.(result.topic, result.revision);
    }
    this.#settling = true;
    this.#members.deliver(flight.asks, answer);
    this.#schedule();
  }

  #onFailure(flight: Flight, error: StateSyncError): void {
    if (flight !== this.#flight) return;
    this.#flight = undefined;
    this.statistics.failures += 1;
    if (isLoss(error)) {
      this.#members.returnAsks(flight.asks); // served by the fresh subscribe
      this.#onLoss();
      return;
    }
    const refused = error.permanent; // by the host, or before anything left
    if (flight.kind === 'subscribe') this.#link = { at: refused ? 'none' : 'unsure' };
    // A pull of everything that failed is still due (`owed`); a subscribe is one anyway.
    else if (flight.everything) this.#everything = true;
    const again = () => this.#decide();
    if (refused) this.#backoff.failForLong(again);
    else this.#backoff.fail(again);
    this.#members.fail(flight.asks, error);
  }

  /** The host has no such session (any more): subscribe afresh, at once the first time, later with pauses. */
  #onLoss(): void {
    this.#link = { at: 'none' };
    this.#losses += 1;
    this.statistics.losses += 1;
    if (this.#losses > 1) this.#backoff.fail(() => this.#decide());
    this.#schedule();
  }

  #onSignal(generation: number, message: unknown): void {
    if (generation !== this.#generation || !('names' in this.#link)) return; // invariant 3
    const signal = readSignal(message);
    if (signal === undefined) return;
    this.statistics.signals += 1;
    this.#seen = Math.max(this.#seen, signal.number);
    this.#ackTimer ??= this.#options.clock.setTimeout(() => this.#acknowledge(), this.#options.times.ackMs);
    this.#members.told(signal.topics, this.#link.at === 'live' ? this.#epoch : undefined);
    if (signal.all) {
      this.#everything = true;
      this.#schedule();
    }
  }

  /** The empty pull, beside whatever is in flight: throttling and hiding never delay it (invariant 4). */
  #acknowledge(): void {
    this.#ackTimer = undefined;
    this.statistics.acknowledgements += 1;
    const { transport } = this.#options;
    const generation = this.#generation;
    const request = { page: this.page, generation, seen: this.#seen, topics: [] };
    this.#limited('pull', () => transport.pull(request)).catch((reason) => {
      // After any other failure the host sends the signal again, and that one is answered in turn.
      const current = generation === this.#generation && 'names' in this.#link;
      if (current && isLoss(toStateSyncError(reason))) this.#onLoss();
    });
  }
}

function isLoss(error: StateSyncError): boolean {
  return error.kind === 'unknown-session' || error.kind === 'superseded';
}

async function withoutThrowing(call: () => Promise<unknown>): Promise<void> {
  try {
    await call();
  } catch {
    // Whatever it is, there is nobody left to tell.
  }
}
