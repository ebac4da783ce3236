// Keeps one topic of the page: its one engine, everybody who subscribed, and what is shown (overlay.ts). Loses the engine
// with the last subscriber. A start that fails never loses the subscribers: the engine is started again after a pause,
// or, when the host said no for good (`park`), as soon as there is news of the topic.

import {
  compareRevisions,
  createRevisionSync,
  type InvalidationEvent,
  type InvalidationThrottlingOptions,
  type KnownSnapshot,
  type Revision,
  type RevisionSyncHandle,
  type SnapshotEnvelope,
  type SyncErrorContext,
  type SyncStatus,
  type Topic,
  type Unsubscribe,
  ZERO_REVISION,
} from '../core/index.ts';
import type { PulledTopic } from './ask.ts';
import { type Backoff, createBackoff } from './backoff.ts';
import type { PageClock } from './environment.ts';
import { StateSyncError } from './error.ts';
import { createHold, type Hold } from './hold.ts';
import type { SessionMember } from './members.ts';
import { Overlay, type Shown, type Snapshot } from './overlay.ts';
import type { PendingWrites } from './pending.ts';
import type { Session } from './session.ts';
import type { Subscriber } from './subscriber.ts';
import { type Known, readData } from './wire.ts';

export interface TopicEntryOptions {
  topic: Topic;
  session: Session;
  clock: PageClock;
  random: () => number;
  throttling?: InvalidationThrottlingOptions;
  /** What was in the page from the start: it is shown until the host has answered, which is told of it. */
  first?: Snapshot;
  /** The writes of this page to the topic. */
  pending: PendingWrites;
  /** The last subscriber has gone and the engine is stopped. */
  onEmpty: () => void;
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
  readonly #overlay: Overlay;
  /** Signals wait in one, and what is shown stands still as long as the other waits. */
  readonly #hold: Hold;
  readonly #freeze: Hold;
  /** The newest news of the topic. */
  #told: InvalidationEvent | undefined;
  /** Refreshes are numbered; one that the host was not asked for yet is not served from the overlay (`owed`). */
  #requested = 0;
  #covered = 0;
  /** Of the host's last answer about the topic: nothing of another one is served. */
  #epoch: string | undefined;
  /** What the subscribers were given last. */
  readonly #delivered = new WeakMap<Subscriber, Shown>();
  /** The last report of a failure that nothing has followed yet. */
  #failure: SyncErrorContext | undefined;
  #complained = false;

  constructor(options: TopicEntryOptions) {
    const { topic, clock, random, throttling, first } = options;
    this.topic = topic;
    this.throttled = throttling !== undefined;
    this.#options = options;
    this.#backoff = createBackoff(clock, random);
    this.#overlay = new Overlay(options.pending);
    if (first !== undefined) this.learn(first);
    this.#hold = createHold(clock, () => this.#catchUp());
    this.#freeze = createHold(clock, () => {
      this.#overlay.thaw();
      this.show();
    });
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
          // The engine takes `unchanged` in place of a snapshot; the provider's public type does not say so.
          return this.#snapshotFor(context?.known) as Promise<SnapshotEnvelope<unknown>>;
        },
      },
      applier: { apply: (snapshot) => this.#apply(snapshot) },
      onError: (context) => this.#onError(context),
    });
    this.#engine.onStatusChange(() => this.#changed());
  }

  get value(): unknown {
    return this.#overlay.shown?.value;
  }

  /** Of the host's value under what is shown. */
  get revision(): Revision {
    return this.#overlay.shown?.revision ?? ZERO_REVISION;
  }

  /** Writes of this page to the topic that are not settled. */
  get pending(): number {
    return this.#options.pending.count;
  }

  /** The newest value from the host, without anything pending. */
  get newest(): Snapshot | undefined {
    return this.#overlay.newest;
  }

  get status(): SyncStatus {
    if (this.#life === 'stopped') return 'idle';
    if (this.#isPaused()) return 'error';
    const status = this.#engine.getStatus();
    if (status === 'loading' && this.#overlay.shown !== undefined) return 'stale';
    // The engine is about to take what a write's answer has brought: nothing is on its way.
    return status === 'stale' && this.#servable(this.#engine.getLocalRevision()) ? 'ready' : status;
  }

  /** Called after every change of value, revision, status or pending. */
  onChange(listener: () => void): Unsubscribe {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  start(): void {
    this.#life = 'starting';
    this.#asked = false;
    this.#requested += 1;
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
    if (this.#overlay.shown !== undefined) {
      queueMicrotask(() => {
        this.#deliver(subscriber);
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
    this.#hold.end();
    this.#freeze.end();
    this.#engine.stop();
    for (const subscriber of this.#subscribers) subscriber.stop();
    this.#subscribers.clear();
    this.#changed();
    this.#listeners.clear();
    this.#options.onEmpty();
  }

  known(): Known | undefined {
    const newest = this.newest;
    return newest?.epoch === undefined ? undefined : { epoch: newest.epoch, revision: newest.revision };
  }

  starting(): boolean {
    return this.#life === 'starting' && !this.#asked;
  }

  told(event: InvalidationEvent): void {
    this.#remember(event);
    if (this.#isPaused()) this.start();
    // The answer of the write that is on its way brings what the signal is about.
    else if (this.#options.pending.sent === undefined || !this.#hold.keep(event)) this.#invalidate?.(event);
  }

  offered(event: InvalidationEvent): void {
    this.#remember(event);
    if (this.#isPaused()) this.start();
    else this.#invalidate?.(event);
  }

  refresh(): void {
    this.#requested += 1;
    if (this.#isPaused()) this.start();
    // The engine reports a failure by itself.
    else this.#engine.refresh().catch(() => {});
  }

  learn(snapshot: Snapshot): void {
    if (this.#life !== 'stopped' && this.#overlay.learn(snapshot)) this.#overlay.render();
  }

  /** A write of this page is settled: nothing is held back for it any longer. `show` comes next. */
  settled(): void {
    this.#overlay.thaw();
  }

  show(): void {
    if (this.#life === 'stopped') return;
    this.#overlay.render();
    for (const subscriber of [...this.#subscribers]) this.#deliver(subscriber);
    this.#changed();
    if (this.#overlay.frozen) this.#freeze.keep();
    else this.#freeze.end();
    if (this.#options.pending.sent === undefined) this.#catchUp();
  }

  /** Tells the engine what the overlay has for it, and what was held back. */
  #catchUp(): void {
    const event = this.#hold.end();
    const { ahead } = this.#overlay;
    if (ahead !== undefined) {
      this.#invalidate?.({ topic: this.topic, revision: ahead.revision, epoch: ahead.epoch });
    }
    if (event !== undefined) this.#invalidate?.(event);
  }

  #remember(event: InvalidationEvent): void {
    this.#news = true;
    const told = this.#told;
    if (
      told === undefined ||
      told.epoch !== event.epoch ||
      compareRevisions(event.revision, told.revision) > 0
    ) {
      this.#told = event;
    }
  }

  /** Whether the overlay has something for an engine at `revision`, and nothing speaks for asking the host. */
  #servable(revision: Revision): boolean {
    const { newest } = this;
    if (newest === undefined || this.#covered < this.#requested) return false;
    const told = this.#told;
    const foreign = [this.#epoch, told?.epoch].some((epoch) => epoch !== undefined && epoch !== newest.epoch);
    const newer = told !== undefined && compareRevisions(told.revision, newest.revision) > 0;
    return !foreign && !newer && compareRevisions(newest.revision, revision) > 0;
  }

  /** Served by the overlay when a write's answer has brought it, else by the host. */
  async #snapshotFor(known: KnownSnapshot | undefined): Promise<PulledTopic | SnapshotEnvelope<unknown>> {
    const { newest } = this;
    const same = newest !== undefined && known?.epoch === newest.epoch;
    if (known !== undefined && same && this.#servable(known.revision)) return envelope(newest);
    const covers = this.#requested;
    const answer = await this.#options.session.snapshotOf(this.topic, this.known());
    this.#covered = Math.max(this.#covered, covers);
    this.#epoch = answer.epoch;
    if (this.#told?.epoch !== undefined && this.#told.epoch !== answer.epoch) this.#told = undefined;
    if ('data' in answer) readData(answer.data, this.topic);
    // The host was told of the newest value the page has; the engine may have an older one.
    const held = this.newest;
    const behind = 'unchanged' in answer && answer.revision !== known?.revision;
    return behind && held?.epoch === answer.epoch ? envelope(held) : answer;
  }

  #isPaused(): boolean {
    return this.#life === 'retrying' || this.#life === 'waiting';
  }

  #apply({ data, revision, epoch }: SnapshotEnvelope<unknown>): void {
    this.#overlay.take({ value: data, revision, epoch });
    this.#failure = undefined;
    this.#complained = false;
    this.#options.session.statistics.of(this.topic).applies += 1;
    this.show();
  }

  /** Whatever is shown at this moment, once. A handler that writes is served before the handlers after it. */
  #deliver(subscriber: Subscriber): void {
    const { shown } = this.#overlay;
    if (shown === undefined || this.#delivered.get(subscriber) === shown) return;
    this.#delivered.set(subscriber, shown);
    subscriber.deliver(shown.value, { revision: shown.revision, pending: this.pending });
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

function envelope({ value, revision, epoch }: Snapshot): SnapshotEnvelope<unknown> {
  return epoch === undefined ? { data: value, revision } : { data: value, revision, epoch };
}

/** Longer than a page is ever blocked; the engine takes nothing above 1e8. */
const A_DAY_MS = 86_400_000;

/** Not about a topic: this page may not, or cannot, use the plugin at all. */
const REFUSALS = new Set<string>(['forbidden', 'bad-scope', 'not-in-tauri']);
