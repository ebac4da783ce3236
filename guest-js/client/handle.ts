// Keeps nothing: what an app holds of a topic, and the options of its calls.

import type {
  InvalidationThrottlingOptions,
  Revision,
  SyncErrorContext,
  SyncStatus,
  Topic,
  Unsubscribe,
} from '../core/index.ts';
import type { TopicHandler } from './subscriber.ts';
import type { PatchOperation } from './wire.ts';

export interface SubscribeOptions {
  /** Stops when it aborts. */
  signal?: AbortSignal;
  onError?: (context: SyncErrorContext) => void;
  /** Holds pulls back. The engine is shared: the first subscriber of a topic decides, later ones are ignored. */
  throttling?: InvalidationThrottlingOptions;
}

/** A topic kept current without a handler. */
export interface LiveTopic<T> {
  /** `undefined` while the host has no such topic for this window (`status` is `error` then). */
  readonly value: T;
  /** Of the newest value the host has answered; optimistic changes have none yet. */
  readonly revision: Revision;
  readonly status: SyncStatus;
  /** Writes of this page to the topic that are not settled. */
  readonly pending: number;
  /** Called after every change of the four above. */
  onChange(listener: () => void): Unsubscribe;
  stop(): void;
}

/** How a topic stands in this page. */
export interface TopicStatus {
  /** `idle` while nobody subscribes to it. */
  readonly sync: SyncStatus;
  /** Writes of this page to the topic that are not settled. */
  readonly pending: number;
}

export interface SetOptions {
  /** The revision the value is based on: `conflict` when it is no longer current. */
  base?: Revision;
  /** Show it at once, and until the host has answered. */
  optimistic?: boolean;
}

/** `base`: without one the patch is applied to the newest value. */
export type PatchOptions = SetOptions;

export interface UpdateOptions {
  /** Show it at once, and until the host has answered. */
  optimistic?: boolean;
  /** Times the function is tried on newer and newer values before `conflict` is reported; 256 by default. */
  maxAttempts?: number;
}

export interface ActionOptions<T> {
  /** What the action will do, as far as this page can tell: shown until the host has answered. */
  optimistic?: Change<T>;
}

/** Changes the draft it gets, or returns a new value. Runs any number of times, so it does nothing else. */
export type Change<T> = (draft: T) => T | void;

/** Arguments and results of a topic's actions, by name. */
export type ActionTable = Record<string, { args: unknown; result: unknown }>;

/** One topic by name. Writes of a page to one topic are sent one after another, in the order of the calls. */
export interface TopicHandle<T, Actions = ActionTable> {
  readonly name: Topic;
  /**
   * What this page has of the topic at this moment, without a call: while somebody subscribes to it, what they show;
   * before that, what was in the page from the start (first paint). `undefined` when there is nothing.
   */
  readonly value: T | undefined;
  readonly status: TopicStatus;
  /** The value Rust has now, asked for with every call. */
  get(): Promise<T>;
  /** Replaces the value; resolves with its revision. Nothing changes when it rejects with a host's error kind. */
  set(value: T, options?: SetOptions): Promise<Revision>;
  /**
   * Changes the newest value with a function, which is run again when somebody else was faster. Resolves with the
   * revision, or with the current one when nothing changed.
   *
   * ```ts
   * await topic<Settings>('settings').update((draft) => { draft.volume += 10; });
   * ```
   */
  update(change: Change<T>, options?: UpdateOptions): Promise<Revision>;
  /** Applies an RFC 6902 patch: all of it or, when it rejects, nothing. */
  patch(operations: readonly PatchOperation[], options?: PatchOptions): Promise<Revision>;
  /** Has the host run one of the topic's actions; resolves with what it returned. */
  action<Name extends keyof Actions & string>(
    name: Name,
    args: ArgsOf<Actions, Name>,
    options?: ActionOptions<T>,
  ): Promise<ResultOf<Actions, Name>>;
  subscribe(handler: TopicHandler<T>, options?: SubscribeOptions): Promise<Unsubscribe>;
}

export type ArgsOf<Actions, Name extends keyof Actions> = Actions[Name] extends { args: infer Args }
  ? Args
  : unknown;
export type ResultOf<Actions, Name extends keyof Actions> = Actions[Name] extends { result: infer Result }
  ? Result
  : unknown;
