// The shapes other programs are written against, for the compiler.

import type { SnapshotApplier, SnapshotEnvelope } from '../core/index.ts';
import type * as entry from './index.ts';

interface Settings {
  theme: string;
}

type Is<A extends B, B> = A;

export type Backends = [
  Is<
    typeof entry.createLocalStorageBackend<Settings>,
    (options: {
      key: string;
      serialize?: (s: SnapshotEnvelope<unknown>) => string;
      deserialize?: (text: string) => SnapshotEnvelope<unknown>;
    }) => entry.StorageBackend<Settings>
  >,
  Is<
    typeof entry.createSessionStorageBackend<Settings>,
    (options: { key: string }) => entry.StorageBackend<Settings>
  >,
  Is<
    typeof entry.createIndexedDBBackend<Settings>,
    (options: {
      dbName: string;
      storeName: string;
      recordKey?: string;
      version?: number;
      retryAttempts?: number;
      retryDelayMs?: number;
      onBlocked?: () => void;
      onUpgrade?: (db: IDBDatabase, oldVersion: number, newVersion: number) => void;
    }) => entry.StorageBackendWithMetadata<Settings>
  >,
  Is<
    typeof entry.createMemoryStorageBackend<Settings>,
    (options?: { initialSnapshot?: SnapshotEnvelope<unknown>; latencyMs?: number; failOnSave?: boolean }) => {
      getSavedSnapshots(): SnapshotEnvelope<Settings>[];
      getRawData(): entry.PersistedSnapshot<Settings> | null;
      reset(): void;
      setFailMode(options: { save?: boolean; load?: boolean }): void;
    }
  >,
];

export type Applier = [
  Is<
    typeof entry.createPersistenceApplier<Settings>,
    (options: {
      storage: entry.StorageBackend<Settings>;
      applier: SnapshotApplier<Settings>;
      debounceMs?: number;
      schemaVersion?: number;
      compression?: entry.CompressionAdapter;
    }) => {
      dispose(): void;
      hasPendingSave(): boolean;
      flush(): Promise<void>;
      on<K extends keyof entry.PersistenceEvents<Settings>>(
        event: K,
        handler: entry.PersistenceEvents<Settings>[K],
      ): () => void;
      getStats(): entry.PersistenceStats;
    } & SnapshotApplier<Settings>
  >,
  Is<
    typeof entry.loadPersistedSnapshot<Settings>,
    (
      storage: entry.StorageBackend<Settings>,
      applier: SnapshotApplier<Settings>,
      onErrorOrOptions?: ((context: entry.PersistenceErrorContext) => void) | entry.LoadOptions<Settings>,
      options?: entry.LoadOptions<Settings>,
    ) => Promise<SnapshotEnvelope<Settings> | null>
  >,
  Is<
    typeof entry.clearPersistedData<Settings>,
    (storage: entry.StorageBackend<Settings>, crossTab?: entry.CrossTabSyncOptions) => Promise<void>
  >,
];

export type Rest = [
  Is<typeof entry.createMigrationBuilder<Settings>, () => entry.MigrationBuilder<Settings>>,
  Is<
    typeof entry.migrateData<Settings>,
    (
      data: unknown,
      from: number,
      handler: entry.MigrationHandler<Settings>,
    ) => entry.MigrationResult<Settings>
  >,
  Is<
    typeof entry.createCrossTabSync<Settings>,
    (options: {
      channelName: string;
      onSnapshot?: (s: SnapshotEnvelope<Settings>, from: string) => void;
    }) => {
      broadcast(s: SnapshotEnvelope<Settings>): void;
      requestSync(): void;
      notifyClear(): void;
      isSupported(): boolean;
      getTabId(): string;
      dispose(): void;
    }
  >,
  Is<typeof entry.createLZCompressionAdapter, () => entry.CompressionAdapter>,
  Is<typeof entry.estimateCompressionRatio, (data: string, adapter: entry.CompressionAdapter) => number>,
];
