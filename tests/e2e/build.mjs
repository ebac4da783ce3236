// Bundles the pages into dist/: one script for the pages that import the guest, one for the page that finds it
// on `window.__TAURI__`, one for the page of a generic client, one for the page that keeps
// files, one that runs first of all.
import { copyFile, mkdir, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

await rm(here('dist'), { recursive: true, force: true });
await mkdir(here('dist'), { recursive: true });
const options = { bundle: true, target: ['safari15', 'chrome105'], logLevel: 'warning' };
await build({
  ...options,
  entryPoints: ['main', 'global', 'generic', 'files'].map((name) => here(`page/${name}.ts`)),
  outdir: here('dist'),
  format: 'esm',
});
// Not a module: those run after the page is there.
await build({ ...options, entryPoints: [here('page/first.ts')], outdir: here('dist'), format: 'iife' });
for (const page of ['index', 'other', 'walled', 'first', 'global', 'generic', 'files']) {
  await copyFile(here(`page/${page}.html`), here(`dist/${page}.html`));
}
