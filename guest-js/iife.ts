// What an app with `withGlobalTauri` finds as `window.__TAURI__.statesync`: the main entry, without its types.
export { inspect, StateSyncError, stats, subscribe, topic } from './index.ts';
