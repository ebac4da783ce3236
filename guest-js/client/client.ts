// Keeps the page's session and one entry per topic in use. What an app calls is here; what happens then is in
// entry.ts (one topic) and session.ts (the page). `subscribe` and `get` differ: `get` asks Rust every time, `subscribe`
// shares one engine per topic among all callers of the page.

import { quoted } from '../core/echo.ts';
import type { InvalidationThrottlingOptions, Topic, Unsubscribe } from '../core/index.ts';
import { withDeadline } from './deadline.ts';
import { TopicEntry } from './entry.ts';
import {
  documentVisibility,
  type PageClock,
  pageClock,
  platformRandom,
  type VisibilitySource,
} from './environment.ts';
import { StateSyncError, toStateSyncError } from './error.ts';
import { FirstPaint } from './first-paint.ts';
import type { LiveTopic, SubscribeOptions, TopicHandle } from './handle.ts';
import type { Snapshot } from './overlay.ts';
import { DEFAULT_TIMES, Session, type SessionTimes } from './session.ts';
import type { ClientStatistics } from './statistics.ts';
import { Subscriber, type TopicHandler } from './subscriber.ts';
import type { PluginTransport } from './transport.ts';
import { type Inspection, isTopicName, MAX_TOPICS, readData, readRevision } from './wire.ts';
import { Writes } from './writes.ts';

/** Everything a client takes from outside; all but the transport have defaults. */
export interface ClientOptions {
  transport: PluginTransport;
  clock?: PageClock;
  visibility?: VisibilitySource;
  /** Uniform in [0, 1): page ids and jitter. */
  random?: () => number;
  timeouts?: Partial<SessionTimes>;
}

export class StateSyncClient {
  readonly #transport: PluginTransport;
  readonly #clock: PageClock;
  readonly #random: () => number;
  readonly #times: SessionTimes;
  readonly #session: Session;
  readonly #entries = new Map<Topic, TopicEntry>();
  readonly #writes: Writes;
  readonly #firstPaint: FirstPaint;

  constructor(options: ClientOptions) {
    const { transport, clock = pageClock, visibility = documentVisibility } = options;
    const random = options.random ?? platformRandom;
    this.#transport = transport;
    this.#random = random;
    this.#clock = {
      now: () => clock.now(),
      setTimeout: (callback, ms) => clock.setTimeout(callback, ms),
      clearTimeout: (timer) => {
        if (timer !== undefined) clock.clearTimeout(timer);
      },
      random,
    };
    this.#times = { ...DEFAULT_TIMES, ...options.timeouts };
    this.#firstPaint = new FirstPaint(transport.firstPaint?.(), this.#clock);
    this.#session = new Session({
      transport,
      clock: this.#clock,
      visibility,
      random,
      times: this.#times,
      onData: (topic, revision) => this.#firstPaint.heard(topic, revision),
    });
    this.#writes = new Writes({
      transport,
      session: this.#session,
      clock: this.#clock,
      random,
      // Whatever comes of a write, it may have changed something.
      call: (name, topic, call) => this.#call(name, topic, call).finally(() => this.#firstPaint.forget()),
      entryOf: (topic) => this.#entries.get(topic),
    });
  }

  /**
   * Calls `handler` with the current value and with every newer one. Resolves with the function that stops it, once
   * the first value was delivered or the first permanent error about this topic was reported.
   *
   * Rejects with a `StateSyncError`: `forbidden` (no permission for the plugin), `bad-scope` (a capability of this
   * window has a malformed entry), `not-in-tauri`, `invalid-topic`, `too-many-topics`.
   */
  subscribe<T>(topic: Topic, handler: TopicHandler<T>, options?: SubscribeOptions): Promise<Unsubscribe>;
  subscribe<T>(topic: Topic, options?: SubscribeOptions): Promise<LiveTopic<T>>;
  async subscribe<T>(
    topic: Topic,
    handlerOrOptions?: TopicHandler<T> | SubscribeOptions,
    more?: SubscribeOptions,
  ): Promise<Unsubscribe | LiveTopic<T>> {
    const handler = typeof handlerOrOptions === 'function' ? handlerOrOptions : undefined;
    const options = (handler === undefined ? (handlerOrOptions as SubscribeOptions) : more) ?? {};
    assertTopicName(topic);
    this.#transport.assertUsable?.();
    const subscriber = new Subscriber(
      topic,
      (handler ?? (() => {})) as TopicHandler<unknown>,
      options.onError,
    );
    if (options.signal?.aborted) {
      subscriber.stop();
      const entry = this.#createEntry(topic, undefined);
      entry.stop();
      return handler === undefined ? liveTopic<T>(entry, () => {}) : () => {};
    }
    const entry = this.#entryOf(topic, options.throttling);
    const stop = () => {
      options.signal?.removeEventListener('abort', stop);
      if (subscriber.active) entry.leave(subscriber);
    };
    entry.join(subscriber);
    options.signal?.addEventListener('abort', stop);
    try {
      await subscriber.served;
    } catch (error) {
      stop();
      throw error;
    }
    return handler === undefined ? liveTopic<T>(entry, stop) : stop;
  }

  /** A handle on one topic. Makes no call by itself. */
  topic<T>(name: Topic): TopicHandle<T> {
    assertTopicName(name);
    const writes = this.#writes;
    const entries = this.#entries;
    const firstPaint = this.#firstPaint;
    return {
      name,
      get value() {
        const entry = entries.get(name);
        return (entry === undefined ? firstPaint.peek(name)?.value : entry.value) as T | undefined;
      },
      get status() {
        return { sync: entries.get(name)?.status ?? 'idle', pending: writes.count(name) };
      },
      get: () => this.#get<T>(name),
      set: (value, options = {}) => writes.set(name, value, options),
      update: (change, options = {}) => writes.update(name, change, options),
      patch: (operations, options = {}) => writes.patch(name, operations, options),
      action: (action, args, options = {}) => writes.action(name, action, args, options) as Promise<never>,
      subscribe: (handler, options) => this.subscribe(name, handler, options),
    };
  }

  /** The host's own view of its topics and sessions (permission `statesync:inspect`). */
  async inspect(): Promise<Inspection> {
    return await this.#call('inspect', undefined, () => this.#transport.inspect());
  }

  /** What this page did since it was loaded. */
  stats(): ClientStatistics {
    return this.#session.statistics.report(this.#session.page, this.#session.generation);
  }

  /**
   * Stops every engine and ends the session. Writes that were not sent are rejected with kind `stopped`; one that is on
   * its way goes on. The client can be used again afterwards.
   */
  close(): void {
    this.#writes.stop();
    for (const entry of [...this.#entries.values()]) entry.stop();
  }

  #entryOf(topic: Topic, throttling: InvalidationThrottlingOptions | undefined): TopicEntry {
    const running = this.#entries.get(topic);
    if (running !== undefined) return running;
    if (this.#entries.size >= MAX_TOPICS) {
      throw new StateSyncError(
        'too-many-topics',
        `a page can subscribe to ${MAX_TOPICS} topics at a time: stop what it no longer shows.`,
        {
          topic,
        },
      );
    }
    const entry = this.#createEntry(topic, throttling, this.#firstPaint.take(topic));
    this.#entries.set(topic, entry);
    this.#session.add(entry);
    entry.start();
    return entry;
  }

  #createEntry(
    topic: Topic,
    throttling: InvalidationThrottlingOptions | undefined,
    first?: Snapshot,
  ): TopicEntry {
    const entry: TopicEntry = new TopicEntry({
      topic,
      throttling,
      first,
      session: this.#session,
      clock: this.#clock,
      random: this.#random,
      pending: this.#writes.of(topic),
      onEmpty: () => {
        if (this.#entries.get(topic) === entry) this.#entries.delete(topic);
        if (!this.#entries.has(topic)) this.#writes.forget(topic);
        this.#session.remove(entry);
      },
    });
    return entry;
  }

  async #get<T>(topic: Topic): Promise<T> {
    const snapshot = await this.#call('snapshot', topic, () => this.#transport.snapshot(topic));
    this.#firstPaint.heard(topic, readRevision(snapshot));
    return readData(snapshot.data, topic) as T;
  }

  async #call<T>(name: string, topic: Topic | undefined, call: () => Promise<T>): Promise<T> {
    this.#transport.assertUsable?.();
    try {
      return await withDeadline(this.#clock, this.#times.callMs, name, call, topic);
    } catch (error) {
      if (error instanceof TypeError) {
        throw new StateSyncError('unserializable', `${error.message}.`, { topic, cause: error });
      }
      throw toStateSyncError(error, topic);
    }
  }
}

/** A client over any transport, with time, visibility and chance of the caller's choosing. */
export function createClient(options: ClientOptions): StateSyncClient {
  return new StateSyncClient(options);
}

function assertTopicName(topic: unknown): asserts topic is Topic {
  if (!isTopicName(topic)) {
    throw new StateSyncError(
      'invalid-topic',
      `${quoted(topic)} is no topic name: use 1 to 128 characters of A-Z a-z 0-9 _ : / . -`,
      { permanent: true },
    );
  }
}

function liveTopic<T>(entry: TopicEntry, stop: () => void): LiveTopic<T> {
  return {
    get value() {
      return entry.value as T;
    },
    get revision() {
      return entry.revision;
    },
    get status() {
      return entry.status;
    },
    get pending() {
      return entry.pending;
    },
    onChange: (listener) => entry.onChange(listener),
    stop,
  };
}
