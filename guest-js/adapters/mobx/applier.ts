/**
 * Brings snapshots into an observable object of MobX. Keeps computed values, actions, what the store holds without
 * observing it, and the identity of observables whose data did not change.
 */
import { isComputedProp, isObservableProp, remove, runInAction, set } from 'mobx';
import type { SnapshotApplier } from '../../core/index.ts';
import { type ApplierOptions, createApplier } from '../applier.ts';

/**
 * An applier for an observable object, an instance of a class with observable fields, or an observable list. Makes one
 * action per snapshot, and none when nothing changed. Throws when both filters are given.
 *
 * ```ts
 * class Settings { theme = 'light'; volume = 5; constructor() { makeAutoObservable(this); } }
 * const applier = createMobXSnapshotApplier(new Settings(), { mode: 'replace' });
 * ```
 */
export function createMobXSnapshotApplier<S extends object, D = Partial<S>>(
  store: S,
  options?: ApplierOptions<S, D, { store: S }>,
): SnapshotApplier<D> {
  return createApplier(
    options,
    { store },
    () => store,
    (next, old, state) =>
      runInAction(() => {
        if (Array.isArray(next))
          return (state as unknown as { replace(list: unknown[]): void }).replace(next);
        for (const key in old) if (!(key in next)) remove(state, key);
        for (const key in next) if (next[key] !== old[key]) set(state, key, next[key]);
      }),
    (state, key) => (isObservableProp(state, key) ? isComputedProp(state, key) : key in state),
    false,
    true,
  );
}
