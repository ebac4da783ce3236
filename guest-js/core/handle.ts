/**
 * What an engine is given, and what its owner holds of it. Types only.
 */
import type { Clock } from './clock.ts';
import type { Logger } from './logger.ts';
import type { SyncErrorContext } from './report.ts';
import type { Revision, Topic } from './revision.ts';
import type {
  InvalidationEvent,
  InvalidationSubscriber,
  SnapshotApplier,
  SnapshotProvider,
  Unsubscribe,
} from './snapshot.ts';
import type { InvalidationThrottlingOptions } from './throttle.ts';

/**
 * `idle`: not started, or stopped. `loading`: started, no data yet. `ready`: the copy is as new as anything it
 * was told of. `stale`: it has data but something newer is known or requested. `error`: the last cycle failed
 * or the topic is parked.
 */
export type SyncStatus = 'idle' | 'loading' | 'ready' | 'stale' | 'error';

export interface RevisionSyncOptions<T> {
  topic: Topic;
  subscriber: InvalidationSubscriber;
  provider: SnapshotProvider<T>;
  applier: SnapshotApplier<T>;
  /** Says no to signals that need no pull; they do not raise the target. */
  shouldRefresh?: (event: InvalidationEvent) => boolean;
  throttling?: InvalidationThrottlingOptions;
  logger?: Logger;
  onError?: (context: SyncErrorContext) => void;
  /** Limit of every subscribe, getSnapshot and apply; default 10000. */
  timeoutMs?: number;
  clock?: Clock;
}

export interface RevisionSyncHandle {
  /** Subscribes, pulls and applies. Rejects, undone, when that fails; may then be called again. */
  start(): Promise<void>;
  /** Final and idempotent. Pending `start` and `refresh` promises reject. */
  stop(): void;
  /** Resolves when a pull that began after the call was applied; rejects when that pull fails. */
  refresh(): Promise<void>;
  getLocalRevision(): Revision;
  getStatus(): SyncStatus;
  onStatusChange(listener: (status: SyncStatus) => void): Unsubscribe;
}
