// Keeps what the rules say Rust should believe of every session, beside what it does: which signal it owes to whom
// (`stated-not-answered`, `one-unacked-signal`, `give-up`). Written from the protocol, not from the core.

import type { Channel } from './network.ts';
import { isOlder, type Truth } from './truth.ts';
import type { World } from './world.ts';

export interface TopicRequest {
  topic: string;
  known?: { epoch: string; revision: string };
}

export interface SubscribeRequest {
  page: string;
  generation: number;
  topics: TopicRequest[];
}

export interface PullRequest extends SubscribeRequest {
  seen: number;
}

export interface Signal {
  number: number;
  topics: { topic: string; revision: string }[];
  all?: boolean;
}

/** One topic of a session, as Rust may believe it. */
interface Belief {
  readable: boolean;
  known: string;
  signalled: string;
}

interface Unacknowledged {
  number: number;
  due: number;
  attempts: number;
  topics: Set<string>;
}

export interface Session {
  readonly sink: number;
  readonly window: string;
  readonly page: string;
  readonly generation: number;
  readonly channel: Channel;
  readonly topics: Map<string, Belief>;
  unacknowledged: Unacknowledged | undefined;
  number: number;
}

/** What the core has to do with a session in a flush. */
export type Expected =
  | { kind: 'nothing' }
  | { kind: 'signal'; topics: Set<string>; attempt: number }
  | { kind: 'end' };

const FIRST_PAUSE_MS = 1000;
const MOST_RESENDS = 5;

export class Sessions {
  readonly bySink = new Map<number, Session>();
  readonly #world: World;
  readonly #truth: Truth;
  readonly #maxSignalBytes: number;

  constructor(world: World, truth: Truth, maxSignalBytes: number) {
    this.#world = world;
    this.#truth = truth;
    this.#maxSignalBytes = maxSignalBytes;
  }

  /** The revision a page says it has, as far as it is of this life. */
  known({ known }: TopicRequest): string {
    return known !== undefined && known.epoch === this.#truth.epoch ? known.revision : '0';
  }

  find(window: string, page: string): Session | undefined {
    for (const session of this.bySink.values()) {
      if (session.window === window && session.page === page) return session;
    }
    return undefined;
  }

  begin(
    sink: number,
    window: string,
    request: SubscribeRequest,
    channel: Channel,
    readable: (topic: string) => boolean,
  ): void {
    const topics = new Map<string, Belief>();
    for (const wanted of request.topics) {
      const { topic } = wanted;
      const signalled = this.#truth.revision(topic);
      topics.set(topic, { readable: readable(topic), known: this.known(wanted), signalled });
    }
    const { page, generation } = request;
    const rest = { unacknowledged: undefined, number: 0 };
    this.bySink.set(sink, { sink, window, page, generation, channel, topics, ...rest });
  }

  /** A call of the page reached its session: what it states is believed, and nothing else. */
  state(session: Session, request: PullRequest): void {
    for (const wanted of request.topics) {
      const belief = session.topics.get(wanted.topic);
      if (belief !== undefined) belief.known = this.known(wanted);
    }
    if (session.unacknowledged?.number === request.seen) session.unacknowledged = undefined;
  }

  #dirty(session: Session): Set<string> {
    const dirty = new Set<string>();
    for (const [topic, { readable, known, signalled }] of session.topics) {
      const current = this.#truth.revision(topic);
      if (readable && isOlder(signalled, current) && isOlder(known, current)) dirty.add(topic);
    }
    return dirty;
  }

  /** What the rules ask for when Rust looks at this session now. */
  expected(session: Session, now: number): Expected {
    const under = session.unacknowledged;
    const dirty = this.#dirty(session);
    if (under === undefined) {
      return dirty.size > 0 ? { kind: 'signal', topics: dirty, attempt: 1 } : { kind: 'nothing' };
    }
    if (under.due > now) return { kind: 'nothing' };
    if (under.attempts > MOST_RESENDS) return { kind: 'end' };
    return { kind: 'signal', topics: new Set([...under.topics, ...dirty]), attempt: under.attempts + 1 };
  }

  /** Compares what the core sent to a session with what it had to send, and remembers it. */
  sent(session: Session, expected: Expected, signals: Signal[], now: number): void {
    const who = `the session of ${session.window}, generation ${session.generation}`;
    const [signal] = signals;
    if (expected.kind !== 'signal') {
      if (signal !== undefined) {
        this.#world.broken(
          'one-unacked-signal',
          `${who} got signal ${signal.number} which it was not to get`,
        );
      }
      return;
    }
    if (signal === undefined) {
      return this.#world.broken('stated-not-answered', `${who} got no signal of ${[...expected.topics]}`);
    }
    if (signals.length > 1) this.#world.broken('one-unacked-signal', `${who} got two signals at once`);
    if (signal.number !== session.number + 1) {
      this.#world.broken(
        'one-unacked-signal',
        `${who}: after signal ${session.number} came ${signal.number}`,
      );
    }
    this.#checkTopics(session, expected.topics, signal, who);
    session.number = signal.number;
    for (const topic of expected.topics) {
      (session.topics.get(topic) as Belief).signalled = this.#truth.revision(topic);
    }
    session.unacknowledged = {
      number: signal.number,
      due: now + FIRST_PAUSE_MS * 2 ** (expected.attempt - 1),
      attempts: expected.attempt,
      topics: expected.topics,
    };
  }

  #checkTopics(session: Session, expected: Set<string>, signal: Signal, who: string): void {
    const bytes = JSON.stringify(signal).length;
    if (bytes > this.#maxSignalBytes + 64) {
      this.#world.broken('bounded', `${who} got a signal of ${bytes} bytes`);
    }
    for (const { topic, revision } of signal.topics) {
      if (session.topics.get(topic)?.readable !== true) {
        this.#world.broken('scope-at-every-read', `${who} was told of ${topic}`);
      }
      const current = this.#truth.revision(topic);
      if (isOlder(current, revision)) {
        this.#world.broken('commit-then-notify', `${who}: ${topic} is at ${current}, signalled ${revision}`);
      }
    }
    if (signal.all === true) return this.#world.faults.count('signalOfAll');
    const named = signal.topics.map(({ topic }) => topic).sort();
    if (named.join() !== [...expected].sort().join()) {
      this.#world.broken('stated-not-answered', `${who} was told of ${named}, not of ${[...expected]}`);
    }
  }
}
