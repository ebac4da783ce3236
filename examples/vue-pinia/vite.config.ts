import vue from '@vitejs/plugin-vue';
import { defineConfig } from 'vite';

// One page a window.
export default defineConfig({
  plugins: [vue()],
  build: {
    target: ['safari15', 'chrome105'],
    modulePreload: { polyfill: false },
    rolldownOptions: { input: ['notebook.html', 'focus.html'] },
  },
  logLevel: 'warn',
});
