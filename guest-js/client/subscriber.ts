// Keeps one caller's handler and whether it was served; loses every value but the newest while nobody listens. A
// handler that throws hurts nobody but itself (`isolation`).

import type { Revision, SyncErrorContext, Topic } from '../core/index.ts';

/** What an app hands to `subscribe`. The value is shared by all handlers of the page: treat it as read-only. */
export type TopicHandler<T> = (value: T, info: TopicInfo) => unknown;

/** Where a value stands: the revision of the host's value under it, and how many writes of this page are not settled. */
export interface TopicInfo {
  revision: Revision;
  pending: number;
}

export type ErrorHandler = (context: SyncErrorContext) => void;

/** How the first moment ended: something was delivered or reported, or it is pointless to go on. */
type Waiting = { resolve: () => void; reject: (error: unknown) => void };

export class Subscriber {
  /** Settles when the first value was delivered, the first permanent error was reported, or it was stopped. */
  readonly served: Promise<void>;
  readonly onError: ErrorHandler | undefined;
  readonly #topic: Topic;
  readonly #handler: TopicHandler<unknown>;
  #waiting: Waiting | undefined;
  #active = true;

  constructor(topic: Topic, handler: TopicHandler<unknown>, onError: ErrorHandler | undefined) {
    this.#topic = topic;
    this.#handler = handler;
    this.onError = onError;
    this.served = new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
    // Whoever waits for `served` sees the rejection; it is nobody's unhandled one.
    this.served.catch(() => {});
  }

  get active(): boolean {
    return this.#active;
  }

  deliver(value: unknown, info: TopicInfo): void {
    if (!this.#active) return; // `quiet-after-stop`
    try {
      const outcome = this.#handler(value, info);
      if (isThenable(outcome)) outcome.then(undefined, (error) => this.#fail(error, info.revision));
    } catch (error) {
      this.#fail(error, info.revision);
    }
  }

  /** True when the caller took the report. */
  report(context: SyncErrorContext): boolean {
    if (!this.#active || this.onError === undefined) return false;
    try {
      this.onError(context);
    } catch (error) {
      console.error(`statesync: the onError handler of "${this.#topic}" threw`, error);
    }
    return true;
  }

  settle(): void {
    this.#waiting?.resolve();
    this.#waiting = undefined;
  }

  refuse(error: unknown): void {
    this.#waiting?.reject(error);
    this.#waiting = undefined;
  }

  stop(): void {
    this.#active = false;
    this.settle();
  }

  #fail(error: unknown, revision: Revision): void {
    const context: SyncErrorContext = {
      phase: 'apply',
      topic: this.#topic,
      error,
      localRevision: revision,
      snapshotRevision: revision,
    };
    if (!this.report(context) && this.#active) {
      console.error(`statesync: a handler of "${this.#topic}" threw at revision ${revision}`, error);
    }
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === 'function';
}
