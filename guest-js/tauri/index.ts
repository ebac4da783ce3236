/**
 * Everything that knows Tauri: the plugin's own transport, and thin pieces for apps with their own commands.
 */
export { createTauriTransport } from './channel.ts';
export { watchContentSecurityPolicy } from './csp.ts';
export { assertTauri, isTauri } from './environment.ts';
export { createTauriFileBackend, type StorageBackend } from './file-backend.ts';
export {
  createTauriInvalidationSubscriber,
  createTauriRevisionSync,
  createTauriSnapshotProvider,
  type TauriInvoke,
  type TauriListen,
  type TauriRevisionSyncOptions,
} from './generic.ts';
