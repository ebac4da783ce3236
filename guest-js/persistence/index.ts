/**
 * Window-side persistence: a page shows what it showed last before the first answer from the host is there. A cache, never a
 * truth: the first pull always replaces it.
 */
export { createTauriFileBackend } from '../tauri/file-backend.ts';
export { createPersistenceApplier, createPersistenceApplierWithDefaults } from './applier.ts';
export type {
  PersistedSnapshot,
  PersistedSnapshotMetadata,
  StorageBackend,
  StorageBackendWithMetadata,
  StorageUsage,
} from './backend.ts';
export { clearPersistedData } from './clear.ts';
export {
  type AnyCompressionAdapter,
  type AsyncCompressionAdapter,
  type CompressionAdapter,
  createBase64Adapter,
  createCompressionAdapter,
  createLZCompressionAdapter,
  createLZStringAdapter,
  createNoCompressionAdapter,
  type LZStringLibrary,
  lzCompress,
  lzDecompress,
} from './compression.ts';
export { benchmarkCompression, estimateCompressionRatio } from './compression-measure.ts';
export { createCompressionStreamAdapter, isCompressionStreamSupported } from './compression-stream.ts';
export {
  type CrossTabMessage,
  type CrossTabSync,
  type CrossTabSyncHandlers,
  type CrossTabSyncOptions,
  createCrossTabSync,
  isBroadcastChannelSupported,
  withCrossTabSync,
} from './cross-tab.ts';
export { withMetadata } from './envelope.ts';
export { PersistenceError, type PersistenceErrorKind } from './error.ts';
export type { PersistenceEvents } from './events.ts';
export { createIndexedDBBackend, type IndexedDBBackendOptions } from './indexed-db.ts';
export { type LoadOptions, loadPersistedSnapshot } from './load.ts';
export {
  createMemoryStorageBackend,
  createSharedMemoryStorage,
  type MemoryStorageBackend,
  type MemoryStorageBackendOptions,
} from './memory.ts';
export {
  createMigrationBuilder,
  createSimpleMigration,
  getMigrationPath,
  type MigrationBuilder,
  type MigrationHandler,
  type MigrationResult,
  migrateData,
  needsMigration,
} from './migration.ts';
export type {
  DisposablePersistenceApplier,
  PersistenceApplierOptions,
  PersistenceErrorContext,
  PersistenceStats,
  SaveThrottlingOptions,
} from './options.ts';
export {
  createPersistedRevisionSync,
  type PersistedRevisionSyncHandle,
  type PersistedRevisionSyncOptions,
} from './revision-sync.ts';
export type { PersistenceClock } from './time.ts';
export {
  createLocalStorageBackend,
  createSessionStorageBackend,
  type WebStorageBackendOptions,
} from './web-storage.ts';
