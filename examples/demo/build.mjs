// Bundles the pages into dist/: one script a window, the pages and the style as they are.
import { copyFile, mkdir, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const windows = ['overview', 'processes', 'settings'];

await rm(here('dist'), { recursive: true, force: true });
await mkdir(here('dist'), { recursive: true });
await build({
  entryPoints: windows.map((name) => here(`src/${name}.ts`)),
  outdir: here('dist'),
  bundle: true,
  format: 'esm',
  target: ['safari15', 'chrome105'],
  minify: true,
  logLevel: 'warning',
});
for (const file of ['style.css', ...windows.flatMap((name) => [`${name}.html`, `${name}.css`])]) {
  await copyFile(here(`src/${file}`), here(`dist/${file}`));
}
