// Bundles the pages into dist/: one script for the pages that import the guest, one for the page that finds it
// on `window.__TAURI__`, one for the page of a generic client.
import { copyFile, mkdir, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

await rm(here('dist'), { recursive: true, force: true });
await mkdir(here('dist'), { recursive: true });
await build({
  entryPoints: ['main', 'global', 'generic'].map((name) => here(`page/${name}.ts`)),
  outdir: here('dist'),
  bundle: true,
  format: 'esm',
  target: ['safari15', 'chrome105'],
  logLevel: 'warning',
});
for (const page of ['index', 'other', 'walled', 'global', 'generic']) {
  await copyFile(here(`page/${page}.html`), here(`dist/${page}.html`));
}
