import { defineConfig } from 'vite';
import solid from 'vite-plugin-solid';

// One page a window. Styles become files, because the app's CSP allows no inline ones.
export default defineConfig({
  plugins: [solid()],
  build: {
    target: ['safari15', 'chrome105'],
    modulePreload: { polyfill: false },
    rolldownOptions: { input: ['mixer.html', 'preview.html'] },
  },
  logLevel: 'warn',
});
