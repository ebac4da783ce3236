// Bundles the page into dist/.
import { copyFile, mkdir, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

await rm(here('dist'), { recursive: true, force: true });
await mkdir(here('dist'), { recursive: true });
await build({
  entryPoints: [here('page/index.ts')],
  outdir: here('dist'),
  bundle: true,
  format: 'esm',
  target: ['safari15', 'chrome105'],
  minify: true,
  logLevel: 'warning',
});
await copyFile(here('page/index.html'), here('dist/index.html'));
