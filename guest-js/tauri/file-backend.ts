// Keeps nothing: a storage backend whose files are the app's own commands.

import type { SnapshotEnvelope } from '../core/index.ts';
import type { TauriInvoke } from './generic.ts';

/** Where a window keeps a snapshot between two page loads. */
export interface StorageBackend<T> {
  save(snapshot: SnapshotEnvelope<T>): Promise<void>;
  load(): Promise<SnapshotEnvelope<T> | null>;
  clear?(): Promise<void>;
}

/**
 * Saves with `invoke(saveCommand, { snapshot, ...args })` and loads with `invoke(loadCommand, args)`, where a command
 * that answers nothing means that nothing is stored. Without `clearCommand`, `clear` does nothing.
 */
export function createTauriFileBackend<T>(options: {
  invoke: TauriInvoke;
  saveCommand: string;
  loadCommand: string;
  clearCommand?: string;
  args?: Record<string, unknown>;
}): StorageBackend<T> {
  const { invoke, saveCommand, loadCommand, clearCommand, args } = options;
  return {
    async save(snapshot) {
      await invoke<void>(saveCommand, { snapshot, ...args });
    },
    async load() {
      return (await invoke<SnapshotEnvelope<T> | null | undefined>(loadCommand, args)) ?? null;
    },
    async clear() {
      if (clearCommand !== undefined) await invoke<void>(clearCommand, args);
    },
  };
}
