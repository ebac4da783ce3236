/**
 * Brings snapshots into reactive state of Vue. Keeps getters, functions and the identity of what did not change.
 */
import { isRef, type Ref, toRaw, unref } from 'vue';
import type { SnapshotApplier } from '../../core/index.ts';
import { type Fields, isPlain } from '../adopt.ts';
import { type ApplierOptions, assign, createApplier, edit, isCode, type Write } from '../applier.ts';

/** Vue says on the console that a member is read-only, and goes on. */
export const written: Write = (state, key, from) => {
  assign(state, key, from);
  if (toRaw(state[key]) !== from[key]) throw Error(`${key} is read-only`);
};

/** What is behind the proxies of a state and of its members, some of which may be refs. */
export const peel = (state: Fields): Fields => {
  const raw = toRaw(state);
  if (Array.isArray(raw) || !isPlain(raw)) return raw;
  const old = { ...raw };
  for (const key in old) old[key] = toRaw(unref(old[key]));
  return old;
};

/** What `toState` is told: the target, under the name of what it is. */
export interface VueContext<S> {
  /** Of a reactive object. */
  state?: S;
  /** Of a ref. */
  ref?: { value: S };
}

/** Options of {@link createVueSnapshotApplier}. */
export interface VueApplierOptions<S, D = S> extends ApplierOptions<S, D, VueContext<S>> {
  /** What the target is. Refs of Vue are seen as such without it. */
  target?: 'reactive' | 'ref';
}

/**
 * An applier for a reactive object or list, or for a ref. Writes only what changed, so effects that read one field run
 * when that field changes. A ref's object is changed in place when Vue made it reactive, and replaced in a `shallowRef`;
 * which makes values of its getters; a ref of a list or a primitive gets whatever comes. Throws when both filters are given.
 *
 * ```ts
 * const settings = ref({ theme: 'light', volume: 5 });
 * const applier = createVueSnapshotApplier(settings);
 * ```
 */
export function createVueSnapshotApplier<S, D = Partial<S>>(
  ref: { value: S },
  options: VueApplierOptions<NoInfer<S>, D> & { target: 'ref' },
): SnapshotApplier<D>;
export function createVueSnapshotApplier<S, D = Partial<S>>(
  ref: Ref<S>,
  options?: VueApplierOptions<NoInfer<S>, D>,
): SnapshotApplier<D>;
export function createVueSnapshotApplier<S extends object, D = Partial<S>>(
  state: S,
  options?: VueApplierOptions<NoInfer<S>, D>,
): SnapshotApplier<D>;
export function createVueSnapshotApplier<S, D>(
  target: { value: S },
  options?: VueApplierOptions<NoInfer<S>, D>,
): SnapshotApplier<D> {
  const isValue = isRef(target) || options?.target === 'ref';
  return createApplier(
    options,
    { [isValue ? 'ref' : 'state']: target } as VueContext<S>,
    () => (isValue ? target.value : target),
    (next, state, keys) => {
      if (!isValue || (keys && toRaw(state) !== state)) edit(next, state, keys, written);
      else target.value = next as S;
    },
    isCode,
    peel,
    !isValue,
  );
}
