import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = (path: string) => fileURLToPath(new URL(`./guest-js/${path}`, import.meta.url));

export default defineConfig({
  resolve: {
    alias: [
      { find: /^tauri-plugin-statesync-api$/, replacement: source('index.ts') },
      { find: /^tauri-plugin-statesync-api\/(.+)$/, replacement: source('$1/index.ts') },
    ],
  },
  test: {
    environment: 'node',
    include: ['guest-js/**/*.test.{ts,tsx}', 'tests/**/*.test.ts', 'examples/**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist-js/**', '**/dist/**', 'target/**'],
  },
});
