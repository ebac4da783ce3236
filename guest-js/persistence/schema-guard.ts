// Keeps data of a newer app, and data that could not be migrated: before a save, the schema version of what is stored is
// looked at, and data of a newer one is not overwritten. Backends that can tell it cheaply are asked before every save,
// others before a handle's first. What cannot be read at all is put aside before a handle's first save.

import { heldBy } from './attachment.ts';
import { isMetadata, keepsMetadata, type StorageBackend } from './backend.ts';
import { PersistenceError } from './error.ts';

/**
 * Rejects with kind `newer-schema` when a newer version of the app wrote what is stored, and with kind `migration` when this
 * one could not migrate it.
 */
export type SchemaGuard = () => Promise<void>;

export function createSchemaGuard<T>(storage: StorageBackend<T>, schemaVersion: number): SchemaGuard {
  if (!keepsMetadata(storage)) return async () => {};
  let isSure = false;
  let isReadable = false;
  return async () => {
    const held = heldBy(storage as StorageBackend<never>);
    if (held) throw held;
    if (isSure) return;
    if (!isReadable) await putAsideUnlessReadable();
    isReadable = true;
    const stored = await peek();
    if (stored !== undefined && stored > schemaVersion) {
      const what = `the stored data has schema version ${stored}, and this app knows ${schemaVersion}`;
      throw new PersistenceError(
        'newer-schema',
        `${what}: it is of a future version and is not overwritten. Update the app, or clear the data.`,
        { permanent: true },
      );
    }
    isSure = storage.loadMetadata === undefined;
  };

  async function putAsideUnlessReadable(): Promise<void> {
    if (!keepsMetadata(storage) || storage.setAside === undefined) return;
    try {
      await storage.loadWithMetadata();
    } catch (error) {
      if (error instanceof PersistenceError && UNREADABLE.has(error.kind)) await storage.setAside();
    }
  }

  /** `undefined` when nothing is stored, or nothing that says its version: such a record may be replaced. */
  async function peek(): Promise<number | undefined> {
    if (!keepsMetadata(storage)) return undefined;
    try {
      const metadata = storage.loadMetadata
        ? await storage.loadMetadata()
        : (await storage.loadWithMetadata())?.metadata;
      return isMetadata(metadata) ? metadata.schemaVersion : undefined;
    } catch (error) {
      // A storage that fails here fails at the save too, and says so then.
      if (error instanceof PersistenceError && error.kind === 'unavailable') throw error;
      return undefined;
    }
  }
}

/** Of records that are there and are none. */
const UNREADABLE: ReadonlySet<string> = new Set(['corrupted', 'torn']);
