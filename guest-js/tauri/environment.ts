// Keeps nothing: whether this code runs in a page of a Tauri window. Asked at the first use, never at import.

import { StateSyncError } from '../client/error.ts';

interface TauriWindow {
  __TAURI_INTERNALS__?: { invoke?: unknown; unregisterCallback?: (id: number) => void };
}

export function tauriInternals(): TauriWindow['__TAURI_INTERNALS__'] {
  return typeof window === 'undefined' ? undefined : (window as TauriWindow).__TAURI_INTERNALS__;
}

/** False on a server, in a plain browser and in a test without mocks. */
export function isTauri(): boolean {
  return typeof tauriInternals()?.invoke === 'function';
}

/** Throws a `StateSyncError` of kind `not-in-tauri` outside a Tauri window. */
export function assertTauri(): void {
  if (isTauri()) return;
  const where = typeof window === 'undefined' ? 'there is no window here' : 'this page runs outside Tauri';
  throw new StateSyncError('not-in-tauri', `${where}: use it in a page of a Tauri window only.`, {
    permanent: true,
  });
}
