// Keeps nothing: a storage backend whose files are the app's own commands.

import type { SnapshotEnvelope } from '../core/index.ts';
import type { StorageBackendWithMetadata } from '../persistence/backend.ts';
import { withMetadata } from '../persistence/envelope.ts';
import type { TauriInvoke } from './generic.ts';

export type { StorageBackend } from '../persistence/backend.ts';

/**
 * Saves with `invoke(saveCommand, { snapshot, ...args })` and loads with `invoke(loadCommand, args ?? {})`, where a command
 * that answers nothing means that nothing is stored. Without `clearCommand`, `clear` does nothing.
 *
 * `snapshot` is `{ revision, data }`, and `epoch` where there is one. With options of persistence that need metadata (TTL,
 * hash, compression, a schema version above 1), `data` is an envelope around it, so the commands have to take any JSON for
 * `data`, for example `serde_json::Value`; one that takes only the app's own type refuses the save.
 */
export function createTauriFileBackend<T>(options: {
  invoke: TauriInvoke;
  saveCommand: string;
  loadCommand: string;
  clearCommand?: string;
  args?: Record<string, unknown>;
}): StorageBackendWithMetadata<T> & { clear(): Promise<void> } {
  const { invoke, saveCommand, loadCommand, clearCommand } = options;
  const args = options.args ?? {};
  const clear = async () => {
    if (clearCommand !== undefined) await invoke<void>(clearCommand, args);
  };
  const files = withMetadata<T>(
    {
      async save(snapshot) {
        await invoke<void>(saveCommand, { snapshot, ...args });
      },
      async load() {
        return (await invoke<SnapshotEnvelope<T> | null | undefined>(loadCommand, args)) ?? null;
      },
    },
    loadCommand,
  );
  return { ...files, clear };
}
