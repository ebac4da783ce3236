// The engine with a memory across page loads, in the one right order: the stored snapshot is shown as a preview, then the
// engine subscribes, then it pulls, and what it pulls replaces the preview and is stored.
//
// Keeps the engine's rules: a preview never becomes its local revision, so the first pull is applied whatever revision it has.
// Loses nothing when the storage fails, hangs or lies: the first pull does not wait for it for longer than a second.

import { createRevisionSync, type RevisionSyncHandle, type RevisionSyncOptions } from '../core/index.ts';
import { createPersistenceApplierWithDefaults } from './applier.ts';
import { PREVIEW_WAIT_MS } from './limits.ts';
import { type LoadOptions, loadPersistedSnapshot } from './load.ts';
import type { DisposablePersistenceApplier, PersistenceApplierOptions } from './options.ts';
import { type PersistenceClock, persistenceClock, settledWithin } from './time.ts';

export interface PersistedRevisionSyncOptions<T> extends RevisionSyncOptions<T> {
  storage: PersistenceApplierOptions<T>['storage'];
  /** How it is saved. Throttling has the defaults of {@link createPersistenceApplierWithDefaults}. */
  persistence?: Omit<PersistenceApplierOptions<T>, 'storage' | 'applier' | 'clock' | 'onRefreshNeeded'> & {
    /** Channel `state-sync:TOPIC`; default false. */
    enableCrossTab?: boolean;
  };
  /** How the preview is checked. */
  load?: Omit<LoadOptions<T>, 'clock'>;
  clock?: PersistenceClock;
}

export interface PersistedRevisionSyncHandle<T> extends RevisionSyncHandle {
  /**
   * The preview, then the engine's `start()`. Rejects as that does; the preview stays shown. From then on a page that is left
   * saves what is pending at once, which arrives in web storage; IndexedDB and files need a moment more than it gets.
   */
  start(): Promise<void>;
  /** The engine's `stop()`. What is not saved yet is saved now, once, without a timer. */
  stop(): void;
  /** Saves, events, statistics. */
  readonly persistence: DisposablePersistenceApplier<T>;
}

/**
 * ```ts
 * const sync = createPersistedRevisionSync<Settings>({
 *   topic: 'settings', subscriber, provider, applier,
 *   storage: createLocalStorageBackend({ key: 'settings' }),
 * });
 * await sync.start(); // shows the stored settings at once, and the true ones as soon as they are there
 * ```
 *
 * Differs from `createRevisionSync` in nothing else. What another page saved is shown as a preview, and pulled.
 */
export function createPersistedRevisionSync<T>(
  options: PersistedRevisionSyncOptions<T>,
): PersistedRevisionSyncHandle<T> {
  const { storage, persistence: saving, load, applier, clock = persistenceClock, ...engineOptions } = options;
  let isStarted = false;
  let isStopped = false;
  const persistence = createPersistenceApplierWithDefaults<T>({
    ...saving,
    storage,
    applier,
    clock,
    topic: options.topic,
    async onRefreshNeeded() {
      if (!isStarted) return;
      await engine.refresh().catch(() => {});
      await upToDate();
    },
  });
  let engine: RevisionSyncHandle;
  try {
    engine = createRevisionSync<T>({ ...engineOptions, applier: persistence, clock });
  } catch (error) {
    persistence.dispose();
    throw error;
  }
  let preview: Promise<unknown> | undefined;
  /** A page that goes away has no time for debounce. */
  const saveNow = (): void => {
    persistence.flush().catch(() => {});
  };
  /** A refresh that failed stays owed, so `ready` comes after it, or never. */
  const upToDate = () =>
    new Promise<void>((resolve) => {
      if (engine.getStatus() === 'ready') return resolve();
      const end = engine.onStatusChange((status) => {
        if (status !== 'ready') return;
        end();
        resolve();
      });
    });

  return {
    ...engine,
    persistence,
    async start() {
      if (!isStopped) {
        preview ??= settledWithin(
          clock,
          PREVIEW_WAIT_MS,
          loadPersistedSnapshot(storage, persistence, { ...load, clock }),
        );
        await preview;
      }
      if (!isStopped && !isStarted) globalThis.addEventListener?.('pagehide', saveNow);
      isStarted = true;
      await engine.start();
    },
    stop() {
      if (isStopped) return;
      isStopped = true;
      isStarted = false;
      globalThis.removeEventListener?.('pagehide', saveNow);
      engine.stop();
      const end = () => persistence.dispose();
      persistence.flush().then(end, end);
    },
  };
}
