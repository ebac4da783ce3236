/**
 * Brings snapshots into a Zustand store. Keeps actions and getters of the state, loses nothing of the store's own.
 */
import type { SnapshotApplier } from '../../core/index.ts';
import { type ApplierOptions, createValueApplier } from '../applier.ts';

/** The part of a Zustand store that is needed. */
export interface ZustandStore<S> {
  getState(): S;
  setState(state: NoInfer<S>, replace: true): unknown;
}

/**
 * An applier for a Zustand store. Sets the state once per snapshot, and not at all when nothing changed, so selectors
 * of what stayed equal do not fire. A state that is a list or a primitive is replaced. Throws when both filters are given.
 *
 * ```ts
 * const useSettings = create<Settings>(() => ({ theme: 'light', volume: 5 }));
 * const applier = createZustandSnapshotApplier(useSettings, { omitKeys: ['volume'] });
 * ```
 */
export function createZustandSnapshotApplier<S, D = Partial<S>>(
  store: ZustandStore<S>,
  options?: ApplierOptions<NoInfer<S>, D, { store: ZustandStore<S> }>,
): SnapshotApplier<D> {
  return createValueApplier(
    options,
    { store },
    () => store.getState(),
    (next) => store.setState(next, true),
  );
}
