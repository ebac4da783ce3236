// Measures what an app pays for the engine and for each applier: bundled and minified by esbuild, then gzip -9.
// `npm run size` prints the numbers; the size test compares them with the budgets and with README.md.
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const source = (path) => fileURLToPath(new URL(path, import.meta.url));
const entry = source('./core/index.ts');

/** Each with everything it is made of, but for the library it is for. */
const APPLIERS = {
  sharedHelper: ['./adapters/applier.ts', 'createApplier'],
  vue: ['./adapters/vue/applier.ts', 'createVueSnapshotApplier'],
  svelte: ['./adapters/svelte/applier.ts', 'createSvelteSnapshotApplier'],
  solid: ['./adapters/solid/applier.ts', 'createSolidSnapshotApplier'],
  pinia: ['./adapters/pinia/applier.ts', 'createPiniaSnapshotApplier'],
  zustand: ['./adapters/zustand/applier.ts', 'createZustandSnapshotApplier'],
  valtio: ['./adapters/valtio/applier.ts', 'createValtioSnapshotApplier'],
  redux: ['./adapters/redux/applier.ts', 'createReduxSnapshotApplier'],
  jotai: ['./adapters/jotai/applier.ts', 'createJotaiSnapshotApplier'],
  mobx: ['./adapters/mobx/applier.ts', 'createMobXSnapshotApplier'],
};

async function gzipped(contents) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: source('.') },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    external: ['vue', 'solid-js', 'mobx'],
    write: false,
  });
  return gzipSync(outputFiles[0].contents, { level: 9 }).length;
}

export async function measure() {
  return {
    createRevisionSync: await gzipped(`export { createRevisionSync } from ${JSON.stringify(entry)}`),
    core: await gzipped(`export * from ${JSON.stringify(entry)}`),
  };
}

export async function measureAppliers() {
  const sizes = Object.entries(APPLIERS).map(async ([name, [path, creator]]) => [
    name,
    await gzipped(`export { ${creator} } from ${JSON.stringify(source(path))}`),
  ]);
  return Object.fromEntries(await Promise.all(sizes));
}

/** With its libraries: idb, lz-string and @noble/hashes. */
export async function measurePersistence() {
  const from = `from ${JSON.stringify(source('./persistence/index.ts'))}`;
  const local = 'createPersistedRevisionSync, createLocalStorageBackend';
  return {
    persistedRevisionSync: await gzipped(`export { ${local} } ${from}`),
    persistence: await gzipped(`export * ${from}`),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const sizes = { ...(await measure()), ...(await measureAppliers()), ...(await measurePersistence()) };
  for (const [name, bytes] of Object.entries(sizes)) console.log(`${name} ${bytes}`);
}
