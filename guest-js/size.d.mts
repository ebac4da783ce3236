/** Bytes after esbuild's minification and gzip -9. */
export function measure(): Promise<{ createRevisionSync: number; core: number }>;
