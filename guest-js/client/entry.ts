// Keeps one topic of the page: its one engine, everybody who subscribed, and the value applied last. Loses the engine
// with the last subscriber. A start that fails never loses the subscribers: the engine is started again after a pause,
// or, when the host said no for good (`park`), as soon as there is news of the topic.

import {
  createRevisionSync,
  type InvalidationEvent,
  type InvalidationThrottlingOptions,
  type Revision,
  type RevisionSyncHandle,
  type SnapshotEnvelope,
  type SyncErrorContext,
  type SyncStatus,
  type Topic,
  type Unsubscribe,
} from '../core/index.ts';
import { type Backoff, createBackoff } from './backoff.ts';
import type { PageClock } from './environment.ts';
import { StateSyncError } from './error.ts';
import type { SessionMember } from './members.ts';
import type { Session } from './session.ts';
import type { Subscriber } from './subscriber.ts';
import type { Known } from './wire.ts';

export interface TopicEntryOptions {
  topic: Topic;
  session: Session;
  clock: PageClock;
  random: () => number;
  throttling?: InvalidationThrottlingOptions;
  /** The last subscriber has gone and the engine is stopped. */
  onEmpty: () => void;
}

/** What was applied last. */
interface Held {
  value: unknown;
  revision: Revision;
  epoch: string | undefined;
}

/** `starting` until the first snapshot is applied; `retrying` waits for a timer, `waiting` for news of the topic. */
type Life = 'starting' | 'running' | 'retrying' | 'waiting' | 'stopped';

export class TopicEntry implements SessionMember {
  readonly topic: Topic;
  readonly throttled: boolean;
  readonly #options: TopicEntryOptions;
  readonly #engine: RevisionSyncHandle;
  readonly #backoff: Backoff;
  readonly #subscribers = new Set<Subscriber>();
  readonly #listeners = new Set<() => void>();
  #life: Life = 'retrying';
  #asked = false;
  /** There was news of the topic after the starting engine had asked: its answer may be from before. */
  #news = false;
  #invalidate: ((event: InvalidationEvent) => void) | undefined;
  #held: Held | undefined;
  /** The last report of a failure that nothing has followed yet. */
  #failure: SyncErrorContext | undefined;
  #complained = false;

  constructor(options: TopicEntryOptions) {
    const { topic, session, clock, random, throttling } = options;
    this.topic = topic;
    this.throttled = throttling !== undefined;
    this.#options = options;
    this.#backoff = createBackoff(clock, random);
    this.#engine = createRevisionSync<unknown>({
      topic,
      throttling,
      clock,
      // Every ask is settled by the session, whose calls have the deadlines (`no-hang`). An engine that stopped waiting
      // by itself, in a page that was blocked or hidden, would miss its part of a cut (`one-cut`).
      timeoutMs: A_DAY_MS,
      subscriber: {
        subscribe: async (handler) => {
          this.#invalidate = handler;
          return () => {
            if (this.#invalidate === handler) this.#invalidate = undefined;
          };
        },
      },
      provider: {
        getSnapshot: (context) => {
          this.#asked = true;
          this.#news = false;
          const known = context?.known;
          const stated =
            known?.epoch === undefined ? undefined : { epoch: known.epoch, revision: known.revision };
          // The engine takes `unchanged` in place of a snapshot; the provider's public type does not say so.
          return session.snapshotOf(topic, stated) as Promise<SnapshotEnvelope<unknown>>;
        },
      },
      applier: { apply: (snapshot) => this.#apply(snapshot) },
      onError: (context) => this.#onError(context),
    });
    this.#engine.onStatusChange(() => this.#changed());
  }

  get value(): unknown {
    return this.#held?.value;
  }

  get revision(): Revision {
    return this.#engine.getLocalRevision();
  }

  get status(): SyncStatus {
    if (this.#life === 'stopped') return 'idle';
    return this.#life === 'waiting' || this.#life === 'retrying' ? 'error' : this.#engine.getStatus();
  }

  /** Called after every change of value, revision or status. */
  onChange(listener: () => void): Unsubscribe {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  start(): void {
    this.#life = 'starting';
    this.#asked = false;
    this.#backoff.cut();
    this.#engine.start().then(
      () => {
        if (this.#life !== 'starting') return;
        this.#life = 'running';
        this.#backoff.reset();
        for (const subscriber of [...this.#subscribers]) subscriber.settle();
      },
      (error) => this.#onStartFailed(error),
    );
  }

  /** A late subscriber gets the current value at once, a microtask later. */
  join(subscriber: Subscriber): void {
    this.#subscribers.add(subscriber);
    if (this.#held !== undefined) {
      queueMicrotask(() => {
        if (subscriber.fresh && this.#held) subscriber.deliver(this.#held.value, this.#held.revision);
        subscriber.settle();
      });
    } else if (this.#life === 'waiting') {
      if (this.#failure) subscriber.report(this.#failure);
      subscriber.settle();
    }
  }

  /** The last one to leave stops the engine, unless somebody joins within the same moment (StrictMode does). */
  leave(subscriber: Subscriber): void {
    subscriber.stop();
    this.#subscribers.delete(subscriber);
    if (this.#subscribers.size > 0) return;
    queueMicrotask(() => {
      if (this.#subscribers.size === 0) this.stop();
    });
  }

  stop(): void {
    if (this.#life === 'stopped') return;
    this.#life = 'stopped';
    this.#backoff.cut();
    this.#engine.stop();
    for (const subscriber of this.#subscribers) subscriber.stop();
    this.#subscribers.clear();
    this.#changed();
    this.#listeners.clear();
    this.#options.onEmpty();
  }

  known(): Known | undefined {
    const held = this.#held;
    return held?.epoch === undefined ? undefined : { epoch: held.epoch, revision: held.revision };
  }

  starting(): boolean {
    return this.#life === 'starting' && !this.#asked;
  }

  told(event: InvalidationEvent): void {
    this.#news = true;
    if (this.#isPaused()) this.start();
    else this.#invalidate?.(event);
  }

  refresh(): void {
    if (this.#isPaused()) this.start();
    // The engine reports a failure by itself.
    else this.#engine.refresh().catch(() => {});
  }

  #isPaused(): boolean {
    return this.#life === 'retrying' || this.#life === 'waiting';
  }

  #apply({ data, revision, epoch }: SnapshotEnvelope<unknown>): void {
    this.#held = { value: data, revision, epoch };
    this.#failure = undefined;
    this.#complained = false;
    this.#options.session.statistics.of(this.topic).applies += 1;
    for (const subscriber of [...this.#subscribers]) subscriber.deliver(data, revision);
    this.#changed();
  }

  #onStartFailed(error: unknown): void {
    if (this.#life !== 'starting') return;
    if ((error as { permanent?: unknown } | undefined)?.permanent !== true) {
      this.#life = 'retrying';
      this.#backoff.fail(() => this.start());
      this.#changed();
      return;
    }
    this.#life = 'waiting';
    this.#changed();
    // A signal overtook the refusal: it is the news that is waited for.
    const late = this.#news;
    const refused = error instanceof StateSyncError && REFUSALS.has(error.kind);
    for (const subscriber of [...this.#subscribers]) {
      if (refused) subscriber.refuse(error);
      else subscriber.settle();
    }
    if (late && this.#life === 'waiting') this.start();
  }

  #onError(context: SyncErrorContext): void {
    this.#failure = context;
    let taken = false;
    for (const subscriber of [...this.#subscribers]) taken = subscriber.report(context) || taken;
    const { error } = context;
    // A refusal rejects the promise of `subscribe`: that is report enough.
    const rejects = error instanceof StateSyncError && REFUSALS.has(error.kind) && this.#life === 'starting';
    if (taken || rejects || this.#complained) return;
    this.#complained = true;
    console.error(`statesync: "${this.topic}" failed (${context.phase})`, error);
  }

  #changed(): void {
    for (const listener of [...this.#listeners]) {
      try {
        listener();
      } catch (error) {
        console.error(`statesync: a listener of "${this.topic}" threw`, error);
      }
    }
  }
}

/** Longer than a page is ever blocked; the engine takes nothing above 1e8. */
const A_DAY_MS = 86_400_000;

/** Not about a topic: this page may not, or cannot, use the plugin at all. */
const REFUSALS = new Set<string>(['forbidden', 'bad-scope', 'not-in-tauri']);
