/**
 * Brings snapshots into an observable object of MobX. Keeps computed values, actions, what the store holds without
 * observing it, and the identity of observables whose data did not change.
 */
import {
  type IObservableArray,
  isComputedProp,
  isObservable,
  isObservableProp,
  remove,
  runInAction,
  set,
} from 'mobx';
import type { SnapshotApplier } from '../../core/index.ts';
import { isPlain } from '../adopt.ts';
import { type ApplierOptions, createApplier, edit } from '../applier.ts';

/**
 * An applier for an observable object, an instance of a class with observable fields, or an observable list. Makes one
 * action per snapshot, and none when nothing changed. `apply` throws for an object that MobX does not observe. What `'replace'` removes becomes `undefined` in an instance. Throws
 * when both filters are given.
 *
 * ```ts
 * class Settings { theme = 'light'; volume = 5; constructor() { makeAutoObservable(this); } }
 * const applier = createMobXSnapshotApplier(new Settings(), { mode: 'replace' });
 * ```
 */
export function createMobXSnapshotApplier<S extends object, D = Partial<S>>(
  store: S,
  options?: ApplierOptions<NoInfer<S>, D, { store: S }>,
): SnapshotApplier<D> {
  return createApplier(
    options,
    { store },
    () => {
      if (!isObservable(store)) throw Error('the store is not observable');
      return store;
    },
    (next, state, keys) =>
      runInAction(() => {
        if (!keys) (state as unknown as IObservableArray).replace(next as unknown as unknown[]);
        // A class keeps its fields: they become undefined.
        else
          edit(next, state, keys, (_, key, from) => {
            if (Object.hasOwn(from, key) || !isPlain(state)) set(state, key, from[key]);
            else remove(state, key);
          });
      }),
    (state, key) =>
      typeof state[key] === 'function' ||
      (isObservableProp(state, key) ? isComputedProp(state, key) : key in state),
    (state) => state,
    true,
  );
}
