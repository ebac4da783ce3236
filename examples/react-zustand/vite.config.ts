import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

// One page a window.
export default defineConfig({
  plugins: [react()],
  build: {
    target: ['safari15', 'chrome105'],
    modulePreload: { polyfill: false },
    rolldownOptions: { input: ['tasks.html', 'settings.html'] },
  },
  logLevel: 'warn',
});
