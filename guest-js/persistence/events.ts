// Keeps who listens to what. A listener that throws changes nothing for anybody else.

import type { SnapshotEnvelope } from '../core/index.ts';
import type { MigrationResult } from './migration.ts';

/** What a handle tells about. Each is emitted once for each time it happens. */
export interface PersistenceEvents<T> {
  /** A save begins. */
  saveStart: (snapshot: SnapshotEnvelope<T>) => void;
  /** The snapshot is stored. */
  saveComplete: (snapshot: SnapshotEnvelope<T>, durationMs: number) => void;
  /** A save failed. It stays pending, unless the error is permanent. */
  saveError: (error: unknown, snapshot: SnapshotEnvelope<T>) => void;
  /** `loadPersistedSnapshot` of this storage ended: with what was applied, or `null`. */
  loadComplete: (snapshot: SnapshotEnvelope<T> | null, durationMs: number) => void;
  /** A load found a record older than its TTL. Negative: it is from the future, see `ttlMs`. */
  expired: (snapshot: SnapshotEnvelope<T>, ageMs: number) => void;
  /** A load ran a migration, or tried to. */
  migrated: (result: MigrationResult<T>) => void;
  /** The stored data was cleared, by this page or another one. */
  cleared: () => void;
}

export interface Emitter<T> {
  on<K extends keyof PersistenceEvents<T>>(event: K, handler: PersistenceEvents<T>[K]): () => void;
  emit<K extends keyof PersistenceEvents<T>>(event: K, ...args: Parameters<PersistenceEvents<T>[K]>): void;
  /** Nobody listens any more. */
  silence(): void;
}

export function createEmitter<T>(): Emitter<T> {
  const handlers = new Map<keyof PersistenceEvents<T>, Set<(...args: never[]) => unknown>>();
  return {
    on(event, handler) {
      // A function of its own for each call, so that the same handler twice is two listeners.
      const listener = (...args: never[]) => (handler as (...args: never[]) => unknown)(...args);
      const set = handlers.get(event) ?? new Set();
      handlers.set(event, set.add(listener));
      return () => {
        set.delete(listener);
      };
    },
    emit(event, ...args) {
      for (const listener of [...(handlers.get(event) ?? [])]) {
        try {
          const outcome: unknown = listener(...(args as never[]));
          if (outcome instanceof Promise) outcome.catch(() => {});
        } catch {}
      }
    },
    silence: () => handlers.clear(),
  };
}
