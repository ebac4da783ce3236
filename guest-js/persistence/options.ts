// What a handle is given and what its owner holds of it, and which combinations are refused at creation. Nothing an option
// promises is silently left out.

import type { ApplyContext, SnapshotApplier, SnapshotEnvelope } from '../core/index.ts';
import { LONGEST_MS } from '../core/limits.ts';
import { keepsMetadata, type PersistedSnapshotMetadata, type StorageBackend } from './backend.ts';
import { type AnyCompressionAdapter, demandAdapter } from './compression.ts';
import type { CrossTabSyncOptions } from './cross-tab.ts';
import { PersistenceError } from './error.ts';
import type { PersistenceEvents } from './events.ts';
import type { PersistenceClock } from './time.ts';

/** One failure. */
export interface PersistenceErrorContext {
  operation: 'save' | 'load' | 'clear' | 'migrate';
  /** A {@link PersistenceError}, or what code of yours threw. */
  error: unknown;
  snapshot?: SnapshotEnvelope<unknown>;
  metadata?: PersistedSnapshotMetadata;
}

/** When an applied snapshot is saved. Debounce first, then throttle, on a monotonic clock. */
export interface SaveThrottlingOptions {
  /** Wait until nothing was applied for this long. */
  debounceMs?: number;
  /** At most one save in this time. */
  throttleMs?: number;
  /** Save at the start of a throttle window; default false. */
  leading?: boolean;
  /** Debounce never waits longer than this; default ten times `debounceMs`, at least one second. */
  maxWaitMs?: number;
}

export interface PersistenceApplierOptions<T> {
  storage: StorageBackend<T>;
  /** Where snapshots go. What it refuses (`false`) or throws at is not saved. */
  applier: SnapshotApplier<T>;
  /** Older spelling of `throttling.debounceMs`. */
  debounceMs?: number;
  /** Without it, `apply()` saves at once and waits for the save, two seconds at most. */
  throttling?: SaveThrottlingOptions;
  /** Hears of every failure once. Storage failures never make `apply()` fail. */
  onPersistenceError?: (context: PersistenceErrorContext) => void;
  /** Version of the data's shape, a whole number from 1; default 1. A record of a higher one is never overwritten. */
  schemaVersion?: number;
  /**
   * A record that is older is not used. Wall clock: when that was set back, a record may seem to come from the future;
   * by more than `ttlMs` it is expired as well, so it is never used later than twice `ttlMs` after it was saved.
   */
  ttlMs?: number;
  compression?: AnyCompressionAdapter;
  /** Stores a hash, which `verifyHash` checks when loading; default false. */
  enableHash?: boolean;
  /** Tells pages of the same origin what was saved, and shows what they saved. */
  crossTabSync?: CrossTabSyncOptions;
  /**
   * Another page knows something this one has only as a preview, or cannot compare (another epoch): pull. Connect it to the
   * engine's `refresh()`, and return its promise: when that resolves and no newer snapshot was pulled, the other page's claim
   * is taken back. {@link createPersistedRevisionSync} does all that.
   */
  onRefreshNeeded?: () => unknown;
  clock?: PersistenceClock;
}

/** Counts since the handle was created. */
export interface PersistenceStats {
  saveCount: number;
  /** Tries that failed, each retry included. */
  saveErrorCount: number;
  /** UTF-8 bytes of all saves that succeeded, in the form they were stored in. */
  totalBytesSaved: number;
  /** Wall clock, ms since 1970. */
  lastSaveAt: number | null;
  lastSaveDurationMs: number | null;
  /** Applied snapshots that a newer one replaced before their save began. */
  throttledCount: number;
}

/** An applier that also saves. */
export interface DisposablePersistenceApplier<T> extends SnapshotApplier<T> {
  /**
   * Applies, with the engine's `signal` handed on, then saves as throttling says. Rejects when the inner applier fails, never when the storage does. `false` when
   * the inner applier said so, and after `dispose()`.
   */
  apply(snapshot: SnapshotEnvelope<T>, context?: ApplyContext): Promise<void | false>;
  /** Final. What is not saved yet is given up: call `flush()` before. No event and no timer comes after it. */
  dispose(): void;
  /** Whether something was applied that is not stored yet. */
  hasPendingSave(): boolean;
  /**
   * Saves what is pending at once. Resolves when everything applied before the call is stored; rejects with the error of the
   * save that failed, which stays pending. Resolves after `dispose()`.
   */
  flush(): Promise<void>;
  /** Listens; the result ends that. */
  on<K extends keyof PersistenceEvents<T>>(event: K, handler: PersistenceEvents<T>[K]): () => void;
  getStats(): PersistenceStats;
}

const wrong = (message: string, kind: 'options' | 'unsupported' = 'options') =>
  new PersistenceError(kind, message);

/** Throws when something is missing, makes no sense, or cannot be done with this storage. */
export function demandOptions<T>(options: PersistenceApplierOptions<T>): void {
  const { storage, applier, schemaVersion = 1, ttlMs, compression, enableHash, crossTabSync } = options;
  if (typeof storage?.save !== 'function' || typeof storage.load !== 'function')
    throw wrong('`storage` needs save and load.');
  if (typeof applier?.apply !== 'function') throw wrong('`applier` needs apply.');
  if (!Number.isSafeInteger(schemaVersion) || schemaVersion < 1)
    throw wrong(`schemaVersion is a whole number from 1, not ${schemaVersion}.`);
  if (ttlMs !== undefined && !(ttlMs >= 0 && Number.isFinite(ttlMs)))
    throw wrong(`ttlMs is a number of milliseconds, not ${ttlMs}.`);
  for (const [name, value] of Object.entries({ debounceMs: options.debounceMs, ...options.throttling })) {
    if (value !== undefined && typeof value !== 'boolean' && !(value >= 0 && value < LONGEST_MS))
      throw wrong(`${name} is a number of milliseconds below ${LONGEST_MS}, not ${value}.`);
  }
  if (compression) demandAdapter(compression);
  if (crossTabSync && (typeof crossTabSync.channelName !== 'string' || crossTabSync.channelName === ''))
    throw wrong('crossTabSync needs a `channelName`, a non-empty string.');
  if (keepsMetadata(storage)) return;
  const needs = Object.entries({
    schemaVersion: schemaVersion !== 1,
    ttlMs: ttlMs !== undefined,
    compression: compression !== undefined && compression.algorithm !== 'none',
    enableHash: enableHash === true,
  });
  const unmet = needs.filter(([, isNeeded]) => isNeeded).map(([name]) => name);
  if (unmet.length > 0) {
    const advice = 'Wrap it as withMetadata(storage), or use a backend of this package.';
    throw wrong(`this storage keeps no metadata, which ${unmet.join(', ')} needs. ${advice}`, 'unsupported');
  }
}

/** Options that are there but undefined are not given. */
export function withoutMissing<O extends object>(options: O): O {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as O;
}
