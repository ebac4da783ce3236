import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

// One page a window. Styles become files, because the app's CSP allows no inline ones.
export default defineConfig({
  plugins: [svelte({ compilerOptions: { runes: true } })],
  build: {
    target: ['safari15', 'chrome105'],
    modulePreload: { polyfill: false },
    rolldownOptions: { input: ['main.html', 'mini.html'] },
  },
  logLevel: 'warn',
});
