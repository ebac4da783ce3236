/**
 * The engine: keeps one copy of one topic right, whatever gets lost, doubled or reordered on the way.
 * Knows nothing of Tauri or of any framework.
 */
export type { Clock } from './clock.ts';
export type { RevisionSyncHandle, RevisionSyncOptions, SyncStatus } from './handle.ts';
export { createConsoleLogger, type Logger, noopLogger, tagLogger } from './logger.ts';
export type { SyncErrorContext, SyncPhase } from './report.ts';
export { type RetryPolicy, withRetry, withRetryReporting } from './retry.ts';
export {
  compareRevisions,
  isCanonicalRevision,
  type Revision,
  type Topic,
  ZERO_REVISION,
} from './revision.ts';
export type {
  ApplyContext,
  InvalidationEvent,
  InvalidationSubscriber,
  KnownSnapshot,
  PullContext,
  SnapshotApplier,
  SnapshotEnvelope,
  SnapshotProvider,
  UnchangedAnswer,
  Unsubscribe,
} from './snapshot.ts';
export { createRevisionSync } from './sync.ts';
export {
  createThrottledHandler,
  type InvalidationThrottlingOptions,
  type ThrottledHandler,
} from './throttle.ts';
