/**
 * Brings snapshots into a Pinia store. Keeps getters and actions, which are no part of `$state`.
 */
import type { SnapshotApplier } from '../../core/index.ts';
import type { Fields } from '../adopt.ts';
import { type ApplierOptions, createApplier, edit, isCode } from '../applier.ts';
import { peel, written } from '../vue/applier.ts';

/** The part of a Pinia store that is needed. */
export interface PiniaStore<S extends object> {
  $state: S;
  $patch(change: (state: S) => void): void;
}

/**
 * An applier for a Pinia store, of options or of a setup function. Makes one `$patch` per snapshot, and none when
 * nothing changed. Throws when both filters are given.
 *
 * ```ts
 * const applier = createPiniaSnapshotApplier(useSettings(), { mode: 'replace' });
 * ```
 */
export function createPiniaSnapshotApplier<S extends object, D = Partial<S>>(
  store: PiniaStore<S>,
  options?: ApplierOptions<NoInfer<S>, D, { store: PiniaStore<S> }>,
): SnapshotApplier<D> {
  return createApplier(
    options,
    { store },
    () => store.$state,
    (next, _state, keys) => store.$patch((state) => edit(next, state as Fields, keys, written)),
    isCode,
    // In a store of a setup function each field is a ref of its own.
    peel,
    true,
  );
}
