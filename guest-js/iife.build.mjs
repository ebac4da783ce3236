// Bundles iife.ts with everything it needs into ../api-iife.js, the script Tauri runs in every page of an
// app with `withGlobalTauri`. What it exports ends up as `window.__TAURI__.statesync`.
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

await build({
  entryPoints: [here('./iife.ts')],
  outfile: here('../api-iife.js'),
  bundle: true,
  minify: true,
  format: 'iife',
  platform: 'browser',
  target: 'es2020',
  globalName: '__TAURI_PLUGIN_STATESYNC__',
  banner: { js: 'if ("__TAURI__" in window) {' },
  footer: {
    js: 'Object.defineProperty(window.__TAURI__, "statesync", { value: __TAURI_PLUGIN_STATESYNC__ }) }',
  },
  legalComments: 'none',
});
