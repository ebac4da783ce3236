// A page that keeps its snapshot in a file, by commands of the app. Keeps nothing in the page itself.
import './witness.ts';
import type { Revision } from 'tauri-plugin-statesync-api/core';
import {
  createCompressionStreamAdapter,
  createLZCompressionAdapter,
  createPersistenceApplier,
  loadPersistedSnapshot,
  type PersistenceApplierOptions,
} from 'tauri-plugin-statesync-api/persistence';
import { createTauriFileBackend, type TauriInvoke } from 'tauri-plugin-statesync-api/tauri';
import { hardValue } from '../../engines/page/values.ts';
import { internals } from './host.ts';
import { serve } from './orders.ts';
import { describe } from './witness.ts';

type Options = Partial<PersistenceApplierOptions<unknown>>;

/** What an order may ask for, by name. */
const OPTIONS: Record<string, () => Options> = {
  lz: () => ({ compression: createLZCompressionAdapter() }),
  gzip: () => ({ compression: createCompressionStreamAdapter('gzip') }),
  hash: () => ({ enableHash: true }),
  ttl: () => ({ ttlMs: 3_600_000 }),
  schema: () => ({ schemaVersion: 3 }),
};

const storage = (file: unknown) =>
  createTauriFileBackend<unknown>({
    invoke: internals.invoke as TauriInvoke,
    saveCommand: 'save_file',
    loadCommand: 'load_file',
    clearCommand: 'clear_file',
    args: { file },
  });

async function keep(file: unknown, options: string[]): Promise<string[]> {
  const problems: string[] = [];
  const keeper = createPersistenceApplier<unknown>({
    storage: storage(file),
    applier: { apply: () => {} },
    onPersistenceError: ({ error }) => problems.push(describe(error).message),
    ...Object.assign({}, ...options.map((option) => OPTIONS[option]?.())),
  });
  await keeper.apply({ revision: '7' as Revision, data: hardValue() });
  await keeper.flush();
  keeper.dispose();
  return problems;
}

async function load(file: unknown, verifyHash: boolean) {
  const problems: string[] = [];
  const loaded = await loadPersistedSnapshot(
    storage(file),
    { apply: () => {} },
    ({ error }) => problems.push(describe(error).message),
    { verifyHash },
  );
  const intact = JSON.stringify(loaded?.data) === JSON.stringify(hardValue());
  return { revision: loaded?.revision ?? null, intact, problems };
}

const nobody = { subscribe: () => Promise.reject(new Error('this page subscribes to nothing')) };

await serve(nobody, {
  keep: ({ file, options }) => keep(file, options as string[]),
  load: ({ file, verifyHash }) => load(file, verifyHash === true),
  clear: ({ file }) => storage(file).clear(),
});
