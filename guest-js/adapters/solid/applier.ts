/**
 * Brings snapshots into a store of Solid, field by field, at every depth. Keeps getters, functions and, by their `id`,
 * the items of lists. Loses nested fields that Solid itself refuses: `__proto__`, `constructor`, `prototype`.
 */
import { reconcile, type SetStoreFunction } from 'solid-js/store';
import type { SnapshotApplier } from '../../core/index.ts';
import { adopt, type Fields } from '../adopt.ts';
import { type ApplierOptions, createApplier, isCode } from '../applier.ts';

/**
 * `before` in place made what `after` is, or `after` where that cannot be. Takes a copy that shares nothing with the
 * store: `reconcile` changes what the store has while it reads what it is given.
 */
function reconciled<T>(before: T, after: unknown): T {
  const held = { value: before };
  reconcile({ value: adopt(0, after) })(held);
  return held.value;
}

/** What `toState` is told. */
export interface SolidContext<S extends object> {
  setStore: SetStoreFunction<S>;
}

/**
 * An applier for a store of an object or of a list. Only what reads a field that changed runs again, and nothing when
 * nothing changed. Throws when both filters are given.
 *
 * ```ts
 * const [settings, setSettings] = createStore({ theme: 'light', volume: 5 });
 * const applier = createSolidSnapshotApplier(setSettings);
 * ```
 */
export function createSolidSnapshotApplier<S extends object, D = Partial<S>>(
  setStore: SetStoreFunction<S>,
  options?: ApplierOptions<NoInfer<S>, D, SolidContext<S>>,
): SnapshotApplier<D> {
  return createApplier(
    options,
    { setStore },
    () => {
      let state: unknown;
      setStore((current) => {
        state = current;
        return current;
      });
      return state;
    },
    (next, _state, keys) =>
      setStore((state) => {
        if (!keys) return reconciled(state, next);
        return Object.fromEntries(
          keys.map((key) => [key, reconciled((state as Fields)[key], next[key])]),
        ) as S;
      }),
    isCode,
    (state) => state,
    true,
  );
}
