/**
 * What the engine says when something fails: one failure, one report, and syncing goes on.
 */
import type { Revision, Topic } from './revision.ts';

/** Where in the cycle a failure happened. */
export type SyncPhase =
  | 'start'
  | 'subscribe'
  | 'invalidation'
  | 'refresh'
  | 'getSnapshot'
  | 'apply'
  | 'protocol'
  | 'throttle';

/** One failure, with the revisions known at that moment. */
export interface SyncErrorContext {
  phase: SyncPhase;
  topic?: Topic;
  error: unknown;
  sourceEvent?: unknown;
  /** Always filled by the engine; `"0"` before anything was applied. */
  localRevision?: Revision;
  eventRevision?: Revision;
  snapshotRevision?: Revision;
  sourceId?: string;
  /** Consecutive failures, this one included. */
  attempt?: number;
  willRetry?: boolean;
  nextDelayMs?: number;
}

/** Whether an error says of itself that trying again is pointless (`park`). */
export const isPermanent = (error: unknown): boolean =>
  (error as { permanent?: unknown } | undefined | null)?.permanent === true;

/** Runs code that is not ours; whatever it throws or rejects with ends here. */
export const quietly = async (call: () => unknown): Promise<void> => {
  try {
    await call();
  } catch {}
};
