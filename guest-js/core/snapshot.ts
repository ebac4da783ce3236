/**
 * What crosses the engine's border: signals and snapshots coming in, state going out. Types only.
 */
import type { Revision, Topic } from './revision.ts';

/** Ends a subscription. May be asynchronous underneath; a rejection is swallowed. */
export type Unsubscribe = () => void;

/** "Your copy may be old": carries no state. */
export interface InvalidationEvent {
  topic: Topic;
  revision: Revision;
  /** Names the life of the counters `revision` belongs to; without it only revisions are compared. */
  epoch?: string;
  sourceId?: string;
  timestampMs?: number;
}

/** A topic's whole state at one revision. */
export interface SnapshotEnvelope<T> {
  revision: Revision;
  data: T;
  epoch?: string;
}

/**
 * What a provider may answer instead of a snapshot when it was given `known` and nothing is newer. Valid only
 * when epoch and revision are exactly the ones in `known`; anything else is a `protocol` error.
 */
export interface UnchangedAnswer {
  revision: Revision;
  epoch?: string;
  unchanged: true;
}

/** What the engine has applied, as a provider is told. */
export interface KnownSnapshot {
  epoch?: string;
  revision: Revision;
}

/** Passed to every `getSnapshot`. `signal` aborts when the engine stops, and never because the call takes too long. */
export interface PullContext {
  signal: AbortSignal;
  /** Missing until something was applied. */
  known?: KnownSnapshot;
}

/** Where signals come from. */
export interface InvalidationSubscriber {
  subscribe(handler: (event: InvalidationEvent) => void): Promise<Unsubscribe>;
}

/** Where snapshots come from. An error with `permanent: true` is not retried (`park`). */
export interface SnapshotProvider<T> {
  getSnapshot(context?: PullContext): Promise<SnapshotEnvelope<T>>;
}

/**
 * Passed to every `apply`. `signal` aborts when the engine stops, also after this apply has returned, and when the engine
 * goes on without it because it took too long or failed (`no-hang`).
 */
export interface ApplyContext {
  signal: AbortSignal;
}

/**
 * Where state goes. `false` means "deliberately not taken": the local revision does not advance. What takes its time
 * changes nothing more once `context.signal` has aborted; callers other than the engine may leave the context out.
 */
export interface SnapshotApplier<T> {
  apply(snapshot: SnapshotEnvelope<T>, context?: ApplyContext): void | false | Promise<void | false>;
}
