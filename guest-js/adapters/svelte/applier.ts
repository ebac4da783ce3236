/**
 * Brings snapshots into a Svelte store. Keeps quiet when nothing changed, though stores tell everybody of any object
 * that they are given.
 */
import type { SnapshotApplier } from '../../core/index.ts';
import { type ApplierOptions, createValueApplier } from '../applier.ts';

/** The part of a writable Svelte store that is needed. */
export interface SvelteStore<S> {
  set(value: S): void;
  update(updater: (value: S) => S): void;
}

/**
 * An applier for a writable Svelte store. Sets the store once per snapshot, and not at all when nothing changed. A
 * store of a list or a primitive gets whatever comes. Throws when both filters are given.
 *
 * ```ts
 * const settings = writable({ theme: 'light', volume: 5 });
 * const applier = createSvelteSnapshotApplier(settings);
 * ```
 */
export function createSvelteSnapshotApplier<S, D = Partial<S>>(
  store: SvelteStore<S>,
  options?: ApplierOptions<NoInfer<S>, D, { store: SvelteStore<S> }>,
): SnapshotApplier<D> {
  const get = () => {
    let value: S | undefined;
    try {
      store.update((current) => {
        value = current;
        // Leaving this way is the only one that neither sets the store nor starts it.
        throw 0;
      });
    } catch {}
    return value as S;
  };
  return createValueApplier(options, { store }, get, (next) => store.set(next));
}
