// Keeps the sessions of an in-memory host and follows the protocol's rules for them to the letter: one session a page,
// one unacknowledged signal a session, re-sends that double, and the end after five of them.

import type { PageClock } from '../client/environment.ts';
import {
  type Inspection,
  isTopicName,
  MAX_TOPICS,
  type Signal,
  type SubscribeRequest,
  type TopicRequest,
} from '../client/wire.ts';
import { quoted } from '../core/echo.ts';
import { isCanonicalRevision, type Topic } from '../core/index.ts';
import { type MemoryTopics, refusal, textOf } from './memory-topics.ts';

const RESEND_AFTER_MS = 1000;
const MOST_RESENDS = 5;
/** A signal names this many topics at most; more of them are "all". */
const MOST_NAMED = 64;

export interface MemorySession {
  page: string;
  window: string;
  generation: number;
  /** What the page stated last, and what a signal named last (`stated-not-answered`). */
  topics: Map<Topic, { known: bigint; signalled: bigint }>;
  number: number;
  slot: { number: number; resends: number; topics: Set<Topic>; timer: unknown } | undefined;
  readable: (topic: Topic) => boolean;
  send: (signal: Signal) => void;
}

interface MemoryPage {
  newest: number;
  session: MemorySession | undefined;
}

export class MemorySessions {
  readonly #topics: MemoryTopics;
  readonly #clock: PageClock;
  readonly #epoch: () => string;
  readonly #pages = new Map<string, MemoryPage>();
  readonly counters = { signals: 0, resends: 0, dropped: 0 };
  #scheduled = false;

  constructor(topics: MemoryTopics, clock: PageClock, epoch: () => string) {
    this.#topics = topics;
    this.#clock = clock;
    this.#epoch = epoch;
  }

  all(): MemorySession[] {
    return [...this.#pages.values()].flatMap(({ session }) => session ?? []);
  }

  /** The session of this generation of the page, if it has one now. */
  find(window: string, page: string, generation: number): MemorySession | undefined {
    const session = this.#pages.get(`${window} ${page}`)?.session;
    return session?.generation === generation ? session : undefined;
  }

  /** What `inspect` says of them. */
  inspect(): Inspection['sessions'] {
    return this.all().map((session) => ({
      page: session.page,
      generation: session.generation,
      window: session.window,
      topics: [...session.topics].map(([topic, { known, signalled }]) => ({
        topic,
        known: known === 0n ? null : textOf(known),
        signalled: textOf(signalled),
        lag: Number(this.#topics.revisionOf(topic) - known),
      })),
      unacknowledged: session.slot
        ? { number: session.slot.number, attempts: session.slot.resends + 1 }
        : null,
    }));
  }

  /** Registration comes before anything is read (`whole-set`); the highest generation wins. */
  subscribe(
    window: string,
    request: SubscribeRequest,
    readable: (topic: Topic) => boolean,
    send: (signal: Signal) => void,
  ): void {
    checkTopics(request);
    if (!Number.isSafeInteger(request.generation) || request.generation < 1) {
      throw refusal('malformed-request', 'generation: the first one is 1');
    }
    const key = `${window} ${request.page}`;
    const page = this.#pages.get(key) ?? { newest: 0, session: undefined };
    if (request.generation <= page.newest) throw superseded(request.generation, page.newest);
    this.#pages.set(key, page);
    page.newest = request.generation;
    this.#end(page);
    if (request.topics.length === 0) return;
    page.session = {
      page: request.page,
      window,
      generation: request.generation,
      topics: new Map(
        request.topics.map(({ topic }) => [topic, { known: 0n, signalled: this.#topics.revisionOf(topic) }]),
      ),
      number: 0,
      slot: undefined,
      readable,
      send,
    };
    this.#state(page.session, request);
  }

  /** Takes the page's word for what it has and has seen. */
  pull(window: string, request: SubscribeRequest & { seen: number }): void {
    checkTopics(request);
    const page = this.#pages.get(`${window} ${request.page}`);
    if (page !== undefined && request.generation < page.newest)
      throw superseded(request.generation, page.newest);
    if (page?.session === undefined || request.generation !== page.newest) {
      throw refusal('unknown-session', 'this page has no session here: subscribe again');
    }
    const { session } = page;
    this.#state(session, request);
    if (session.slot?.number === request.seen) {
      this.#clock.clearTimeout(session.slot.timer);
      session.slot = undefined;
    }
    if (session.slot === undefined && this.#dirty(session).length > 0) this.schedule();
  }

  /** One flush, soon, if none is coming: clears its flag first and reads afterwards. */
  schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      for (const session of this.all()) if (session.slot === undefined) this.#signal(session, new Set(), 0);
    });
  }

  endAll(where: (session: MemorySession) => boolean): void {
    for (const page of this.#pages.values()) if (page.session && where(page.session)) this.#end(page);
  }

  /** As if the process had been started again. */
  forget(): void {
    this.endAll(() => true);
    this.#pages.clear();
  }

  #state(session: MemorySession, request: SubscribeRequest): void {
    for (const { topic, known } of request.topics) {
      const entry = session.topics.get(topic);
      if (entry) entry.known = known?.epoch === this.#epoch() ? BigInt(known.revision) : 0n;
    }
  }

  #dirty(session: MemorySession): Topic[] {
    const dirty: Topic[] = [];
    for (const [topic, { known, signalled }] of session.topics) {
      const current = this.#topics.revisionOf(topic);
      if (session.readable(topic) && current > signalled && current > known) dirty.push(topic);
    }
    return dirty;
  }

  /** Sends what is dirty, and once more what `again` names, under the next number. */
  #signal(session: MemorySession, again: Set<Topic>, resends: number): void {
    const named = new Set([...again, ...this.#dirty(session)]);
    if (named.size === 0) return;
    session.number += 1;
    if (resends === 0) this.counters.signals += 1;
    else this.counters.resends += 1;
    const topics = [...named].map((topic) => {
      const revision = this.#topics.revisionOf(topic);
      const entry = session.topics.get(topic);
      if (entry) entry.signalled = revision;
      return { topic, revision: textOf(revision) };
    });
    const { number } = session;
    const timer = this.#clock.setTimeout(() => this.#resend(session), RESEND_AFTER_MS * 2 ** resends);
    session.slot = { number, resends, topics: named, timer };
    session.send(topics.length > MOST_NAMED ? { number, topics: [], all: true } : { number, topics });
  }

  #resend(session: MemorySession): void {
    const { slot } = session;
    if (slot === undefined) return;
    if (slot.resends < MOST_RESENDS) {
      this.#signal(session, slot.topics, slot.resends + 1);
      return;
    }
    this.counters.dropped += 1;
    this.endAll((other) => other === session);
  }

  #end(page: MemoryPage): void {
    if (page.session?.slot) this.#clock.clearTimeout(page.session.slot.timer);
    page.session = undefined;
  }
}

function superseded(generation: number, newest: number) {
  return refusal('superseded', `generation ${generation} of this page is over: the newest is ${newest}`);
}

/** Refuses page ids, names and revisions that are none. */
export function checkTopics({ page, topics }: { page: string; topics: TopicRequest[] }): void {
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(page)) throw refusal('invalid-page', `${quoted(page)} is not a page id`);
  if (topics.length > MAX_TOPICS)
    throw refusal('too-many-topics', `at most ${MAX_TOPICS} topics are allowed`);
  for (const { topic, known } of topics) {
    if (!isTopicName(topic)) throw refusal('invalid-topic', `${quoted(topic)} is no topic name`);
    if (known !== undefined && !isCanonicalRevision(known.revision)) {
      throw refusal('invalid-revision', `${quoted(known.revision)} is no canonical revision`, { topic });
    }
  }
}
