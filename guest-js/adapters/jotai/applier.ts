/**
 * Brings snapshots into a Jotai atom.
 */
import type { SnapshotApplier } from '../../core/index.ts';
import { type ApplierOptions, createValueApplier } from '../applier.ts';

/** The part of a Jotai store that is needed for atoms of type `A`. */
export interface JotaiStore<A, S> {
  get(atom: A): S;
  set(atom: A, value: S): unknown;
}

/**
 * An applier for one atom of a Jotai store. Sets the atom once per snapshot, and not at all when nothing changed. An
 * atom of a list or a primitive gets whatever comes. Throws when both filters are given.
 *
 * ```ts
 * const settings = atom({ theme: 'light', volume: 5 });
 * const applier = createJotaiSnapshotApplier(getDefaultStore(), settings);
 * ```
 */
export function createJotaiSnapshotApplier<A, S, D = Partial<S>>(
  store: JotaiStore<A, S>,
  atom: A,
  options?: ApplierOptions<NoInfer<S>, D, { store: JotaiStore<A, S>; atom: A }>,
): SnapshotApplier<D> {
  return createValueApplier(
    options,
    { store, atom },
    () => store.get(atom),
    (next) => store.set(atom, next),
  );
}
