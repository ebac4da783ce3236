/** Bytes after esbuild's minification and gzip -9. */
export function measure(): Promise<{ createRevisionSync: number; core: number }>;

/** `sharedHelper` is the part that all appliers have in common. */
export type Measured =
  | 'sharedHelper'
  | 'vue'
  | 'svelte'
  | 'solid'
  | 'pinia'
  | 'zustand'
  | 'valtio'
  | 'redux'
  | 'jotai'
  | 'mobx';

/** Bytes of each applier with everything but its library, after esbuild's minification and gzip -9. */
export function measureAppliers(): Promise<Record<Measured, number>>;

/**
 * Bytes of window-side persistence with its libraries, after esbuild's minification and gzip -9:
 * `persistedRevisionSync` is an engine with a preview from localStorage, `persistence` is the whole entry.
 */
export function measurePersistence(): Promise<{ persistedRevisionSync: number; persistence: number }>;
