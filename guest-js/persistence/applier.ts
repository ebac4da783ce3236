// An applier that saves what it applies. Keeps the state it wraps untouched by storage trouble: a save that fails is reported
// and tried again, and `apply` succeeds all the same. Loses, when the page dies, what throttling had not saved yet.
//
// Twins: `createPersistenceApplier` saves at once unless told otherwise; `createPersistenceApplierWithDefaults` waits for a
// quiet 100 ms, and at most 2 s.

import type { SnapshotEnvelope } from '../core/index.ts';
import { compareRevisions } from '../core/revision.ts';
import { attach } from './attachment.ts';
import { keepsMetadata, plainSnapshot } from './backend.ts';
import { type CrossTabSync, createCrossTabSync } from './cross-tab.ts';
import { createDisplay } from './display.ts';
import { PersistenceError, toPersistenceError } from './error.ts';
import { createEmitter } from './events.ts';
import { SAVE_WAIT_MS } from './limits.ts';
import {
  type DisposablePersistenceApplier,
  demandOptions,
  type PersistenceApplierOptions,
  type PersistenceErrorContext,
  type PersistenceStats,
  withoutMissing,
} from './options.ts';
import { encodeRecord } from './record.ts';
import { createSaveQueue } from './save-queue.ts';
import { createSchemaGuard } from './schema-guard.ts';
import { monotonicNow, persistenceClock, settledWithin, wallNow } from './time.ts';

/**
 * Wraps an applier: a snapshot is applied, then stored, then told to other pages.
 *
 * Throws, with kind `options` or `unsupported`, when an option makes no sense or the storage cannot do what it promises.
 * Saves never run side by side; one that fails stays pending and is tried again after 500 ms, doubling to 30 s, ten times, and
 * then with the next `apply` or `flush`. A record of a newer schema version is not overwritten.
 *
 * ```ts
 * const persisted = createPersistenceApplier({
 *   storage: createLocalStorageBackend({ key: 'settings' }), applier, throttling: { debounceMs: 100 },
 * });
 * await loadPersistedSnapshot(storage, persisted);
 * const sync = createRevisionSync({ topic: 'settings', subscriber, provider, applier: persisted });
 * ```
 */
export function createPersistenceApplier<T>(
  options: PersistenceApplierOptions<T>,
): DisposablePersistenceApplier<T> {
  demandOptions(options);
  const { storage, schemaVersion = 1, ttlMs, compression, enableHash = false, crossTabSync } = options;
  const { onPersistenceError, onRefreshNeeded, clock = persistenceClock } = options;
  const events = createEmitter<T>();
  const display = createDisplay(options.applier);
  const guard = createSchemaGuard(storage, schemaVersion);
  const stats: Omit<PersistenceStats, 'throttledCount'> = {
    saveCount: 0,
    saveErrorCount: 0,
    totalBytesSaved: 0,
    lastSaveAt: null,
    lastSaveDurationMs: null,
  };
  let isDisposed = false;
  let tabs: CrossTabSync<T> | undefined;
  /** Under which names this page tells of clears that have not come back to this handle. */
  const ownClears = new Set<string>();

  const report = (context: PersistenceErrorContext): void => {
    if (!isDisposed) quietly(() => onPersistenceError?.(context));
  };

  const store = async (snapshot: SnapshotEnvelope<T>): Promise<void> => {
    const began = monotonicNow(clock);
    events.emit('saveStart', snapshot);
    try {
      await guard();
      const savedAt = wallNow(clock);
      const record = await encodeRecord(snapshot, { schemaVersion, savedAt, enableHash, ttlMs, compression });
      if (keepsMetadata(storage)) await storage.saveWithMetadata(record);
      else await storage.save(plainSnapshot(snapshot));
      if (isDisposed) return;
      stats.saveCount += 1;
      stats.totalBytesSaved += record.metadata.sizeBytes;
      stats.lastSaveAt = savedAt;
      stats.lastSaveDurationMs = monotonicNow(clock) - began;
      events.emit('saveComplete', snapshot, stats.lastSaveDurationMs);
      tabs?.broadcast(snapshot);
    } catch (thrown) {
      const error = ownError(thrown);
      if (!isDisposed) stats.saveErrorCount += 1;
      events.emit('saveError', error, snapshot);
      report({ operation: 'save', error, snapshot });
      throw error;
    }
  };

  const throttling = { ...options.throttling };
  throttling.debounceMs ??= options.debounceMs;
  const queue = createSaveQueue(store, throttling, clock);

  const askForRefresh = async (): Promise<void> => {
    try {
      const pulling = onRefreshNeeded?.();
      if (!(pulling instanceof Promise)) return;
      await pulling;
      const truth = display.pulled();
      if (!isDisposed && (await display.takeBack()) && truth) queue.push(truth);
    } catch {}
  };

  const onSnapshot = async (snapshot: SnapshotEnvelope<T>): Promise<void> => {
    if (isDisposed) return;
    let outcome: unknown;
    try {
      outcome = await display.page(snapshot);
    } catch (error) {
      report({ operation: 'load', error, snapshot });
      return;
    }
    if (isDisposed || outcome === 'stale' || outcome === 'refused') return;
    // That page has stored it: what is pending here and older must not go over it.
    if (outcome === 'shown') queue.drop((pending) => isOlder(pending, snapshot));
    askForRefresh();
  };

  if (crossTabSync) {
    tabs = createCrossTabSync<T>({
      ...crossTabSync,
      onSnapshot,
      onSyncRequest() {
        const newest = display.pulled();
        if (newest && !queue.hasPending()) tabs?.broadcast(newest);
      },
      onClear(fromTabId) {
        if (ownClears.delete(fromTabId)) return;
        queue.drop();
        events.emit('cleared');
      },
    });
  }

  const handle: DisposablePersistenceApplier<T> = {
    async apply(snapshot, context) {
      if (isDisposed || context?.signal.aborted) return false;
      if ((await display.pull(snapshot, context)) === false) return false;
      if (isDisposed) return;
      const saved = queue.push(snapshot);
      if (!queue.isThrottled) await settledWithin(clock, SAVE_WAIT_MS, saved);
    },
    dispose() {
      if (isDisposed) return;
      isDisposed = true;
      queue.dispose();
      tabs?.dispose();
      detach();
      events.silence();
    },
    hasPendingSave: () => queue.hasPending(),
    flush: () => queue.flush(),
    on: events.on,
    getStats: () => ({ ...stats, throttledCount: queue.throttledCount() }),
  };
  const detach = attach(handle, {
    storage: storage as never,
    emit: events.emit as never,
    report,
    schemaVersion,
    compression,
    async preview(snapshot) {
      return !isDisposed && (await display.stored(snapshot as SnapshotEnvelope<T>)) === 'shown';
    },
    forgetPending() {
      queue.drop();
      return queue.idle();
    },
    expectClear(channelName, tabId) {
      if (tabs?.isSupported() && crossTabSync?.channelName === channelName) ownClears.add(tabId);
    },
  });
  return handle;
}

/**
 * {@link createPersistenceApplier} with a debounce of 100 ms that waits for 2 s at most. `enableCrossTab` needs `topic`: the
 * channel is `state-sync:TOPIC`. Options that are given win.
 *
 * ```ts
 * createPersistenceApplierWithDefaults({ storage, applier, topic: 'settings', enableCrossTab: true });
 * ```
 */
export function createPersistenceApplierWithDefaults<T>(
  options: PersistenceApplierOptions<T> & { topic?: string; enableCrossTab?: boolean },
): DisposablePersistenceApplier<T> {
  const { topic, enableCrossTab = false, ...rest } = options;
  if (enableCrossTab && !rest.crossTabSync && !topic?.trim()) {
    const why = 'topic must be a non-empty string, which names the channel.';
    throw new PersistenceError('options', `enableCrossTab needs \`topic\`: ${why}`);
  }
  const channel = enableCrossTab && topic ? { crossTabSync: { channelName: `state-sync:${topic}` } } : {};
  const debounceMs = rest.debounceMs ?? 100;
  return createPersistenceApplier<T>({
    ...channel,
    ...withoutMissing(rest),
    throttling: { debounceMs, maxWaitMs: 2000, ...withoutMissing(rest.throttling ?? {}) },
  });
}

function isOlder(one: SnapshotEnvelope<unknown>, other: SnapshotEnvelope<unknown>): boolean {
  return one.epoch === other.epoch && compareRevisions(one.revision, other.revision) < 0;
}

/** Errors that already say what to do stay as they are; strings and the like become errors. */
function ownError(thrown: unknown): unknown {
  return thrown instanceof Error && thrown.name === 'Error'
    ? thrown
    : toPersistenceError(thrown, 'the storage');
}

function quietly(call: () => unknown): void {
  try {
    const outcome = call();
    if (outcome instanceof Promise) outcome.catch(() => {});
  } catch {}
}
