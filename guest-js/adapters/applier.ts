/**
 * What the appliers of all libraries share: the options, and how a snapshot becomes the next state of a store.
 *
 * Keeps: every part of the store that deep-equals its counterpart in the snapshot, by identity, and what is not state
 * at all: functions, getters, filtered keys. Loses on purpose: top-level keys of a snapshot that the store's object
 * inherits, such as `__proto__` and `constructor`. A store never gets an object of the snapshot itself.
 */
import type { SnapshotApplier } from '../core/index.ts';
import { adopt, type Fields, isPlain } from './adopt.ts';

/**
 * How snapshots are brought into a store, the same for every library. `S` is the store's state, `D` the topic's value,
 * `Ctx` what `toState` is told of the store.
 *
 * ```ts
 * createZustandSnapshotApplier(store, { mode: 'replace', omitKeys: ['draft'], toState: ({ items }) => ({ items }) });
 * ```
 */
export interface ApplierOptions<S, D = S, Ctx = unknown> {
  /**
   * `'patch'`, the default, sets the top-level keys that the snapshot has, each as a whole: nested objects are never
   * merged. `'replace'` also removes those that the snapshot lacks, but no functions, getters or filtered keys.
   * A state that is not an object is always replaced.
   */
  mode?: 'patch' | 'replace';
  /** Makes state of the topic's value; without it the value is the state. */
  toState?: (data: D, context: Ctx) => Partial<S>;
  /** Only these top-level keys are touched. Together with `omitKeys` an error at creation. */
  pickKeys?: readonly (keyof S)[];
  /** These top-level keys are never touched. Together with `pickKeys` an error at creation. */
  omitKeys?: readonly (keyof S)[];
  /**
   * What happens when the state is an object, or a list that is changed in place, and something else came. `true`, the
   * default: `apply` throws. `false`: the snapshot is skipped and the revision does not advance (`park`).
   */
  strict?: boolean;
}

/** Whether a key of `state` is a getter, a function or inherited, and so nothing that a snapshot may touch. */
export const isCode = (state: Fields, key: string): boolean => {
  const own = Object.getOwnPropertyDescriptor(state, key);
  return own ? typeof (own.get ?? own.value) === 'function' : key in state;
};

/**
 * Brings `next` into a store; called only when something changed. `keys` are those of `state` that did, and missing when
 * `next` takes the place of the whole state.
 */
export type Put = (next: Fields, state: Fields, keys?: string[]) => void;

/**
 * The applier that all others are made of. `get` reads the state, `isForeign` says which keys are none of it, `peel`
 * looks behind proxies. With `isFixed` the state is changed in place, so an object stays an object and a list a list.
 * Throws when both filters are given.
 */
export const createApplier = <S, D, Ctx>(
  { mode, toState, pickKeys, omitKeys, strict = true }: ApplierOptions<S, D, Ctx> = {},
  context: Ctx,
  get: () => unknown,
  put: Put,
  isForeign: (state: Fields, key: string) => boolean,
  peel: (state: Fields) => unknown,
  isFixed?: boolean,
): SnapshotApplier<D> => {
  if (pickKeys && omitKeys) throw Error('pickKeys or omitKeys');
  /** A store that has held anything but an object, `null` at first for example, holds whatever comes. */
  let takesAll: boolean | undefined;
  return {
    apply({ data }) {
      const value: unknown = toState ? toState(data, context) : data;
      const state = get() as Fields;
      const old = peel(state) as Fields;
      const isFields = isFixed ? !Array.isArray(old) : isPlain(old);
      takesAll ||= !isFields;
      if (isFields && isPlain(value)) {
        // Each key is its own from the start: setting one that is inherited throws where prototypes are frozen.
        const next: Fields = { ...old, ...value };
        const keys = Object.keys(next).filter((key) => {
          const isFiltered = (pickKeys ?? omitKeys)?.includes(key as keyof S) === !pickKeys;
          const isOwn = isFiltered || isForeign(state, key);
          const isOld = Object.hasOwn(old, key);
          const before = isOld && old[key];
          if (!isOwn && Object.hasOwn(value, key)) {
            next[key] = adopt(before, value[key]);
            return !isOld || next[key] !== before;
          }
          if (isOld && (isOwn || mode !== 'replace')) {
            next[key] = before;
            return false;
          }
          delete next[key];
          return isOld;
        });
        if (keys.length) put(next, state, keys);
      } else if (takesAll && (!isFixed || Array.isArray(value))) {
        const next = adopt(old, value) as Fields;
        if (next !== old) put(next, state);
      } else {
        if (strict) throw Error('toState(data) must return a plain object');
        return false;
      }
    },
  };
};

/** The applier of a store that holds one value and gets a new one with every change. */
export const createValueApplier = <S, D, Ctx>(
  options: ApplierOptions<S, D, Ctx> | undefined,
  context: Ctx,
  get: () => S,
  set: (value: S) => void,
): SnapshotApplier<D> =>
  createApplier(
    options,
    context,
    get,
    (next, state, keys) => {
      // Copying made values of the getters.
      for (const key in keys && next) {
        const getter = Object.getOwnPropertyDescriptor(state, key)?.get;
        if (getter) Object.defineProperty(next, key, { get: getter });
      }
      set(next as S);
    },
    isCode,
    (state) => state,
  );

/** Makes a key of the state what it is in `from`; throws when the state keeps what it has. */
export type Write = (state: Fields, key: string, from: Fields) => void;

export const assign: Write = (state, key, from) => {
  if (Object.hasOwn(from, key)) state[key] = from[key];
  else delete state[key];
};

/** Changes a state in place: these keys, or everything. Where one of them cannot be written, none is. */
export const edit = (
  next: Fields,
  state: Fields,
  keys: string[] = Object.keys(next),
  write: Write = assign,
): void => {
  const old = { ...state };
  const { length } = state;
  try {
    for (const key of keys) write(state, key, next);
    if (Array.isArray(next)) state.length = next.length;
  } catch (error) {
    for (const key of keys)
      try {
        write(state, key, old);
      } catch {}
    if (Array.isArray(next)) state.length = length;
    throw error;
  }
};
