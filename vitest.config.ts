import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vitest/config';

const source = (path: string) => fileURLToPath(new URL(`./guest-js/${path}`, import.meta.url));

export default defineConfig({
  // Compiles `.svelte` and `.svelte.ts`, and takes the builds for browsers of the frameworks that have one for
  // servers as well; those are then loaded by Vite, or there would be two of each.
  plugins: [svelte({ configFile: false })],
  resolve: {
    conditions: ['browser', 'development', 'module', 'node'],
    alias: [
      { find: /^tauri-plugin-statesync-api$/, replacement: source('index.ts') },
      {
        find: /^tauri-plugin-statesync-api\/(react|vue|svelte|solid|pinia|zustand|valtio|redux|jotai|mobx)$/,
        replacement: source('adapters/$1/index.ts'),
      },
      { find: /^tauri-plugin-statesync-api\/(.+)$/, replacement: source('$1/index.ts') },
    ],
  },
  test: {
    environment: 'node',
    include: ['guest-js/**/*.test.{ts,tsx}', 'tests/**/*.test.ts', 'examples/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist-js/**', '**/dist/**', 'target/**'],
    server: { deps: { inline: [/solid-js/, /svelte/] } },
  },
});
