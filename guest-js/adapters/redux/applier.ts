/**
 * Brings snapshots into a Redux store, as actions. Keeps what the reducers of the store hold beside the topic.
 */
import type { SnapshotApplier } from '../../core/index.ts';
import { isPlain } from '../adopt.ts';
import { type ApplierOptions, createApplier, isCode } from '../applier.ts';

/** The `type` of the action that brings a snapshot. */
export const SNAPSHOT_ACTION_TYPE = 'statesync/snapshotApplied';

/** Brings a snapshot into a store whose reducer is wrapped in {@link withSnapshotHandling}. */
// An alias and no interface: only so does it fit into what stores accept as any action.
export type SnapshotAction<S = unknown> = {
  type: typeof SNAPSHOT_ACTION_TYPE;
  payload: S;
};

/**
 * Makes the action that sets the top-level fields of the payload, and removes those that are `undefined` in it; a
 * payload that is no plain object becomes the whole state. The applier makes it by itself; reducers may listen for it.
 */
export const snapshotApplied = <S>(payload: S): SnapshotAction<S> => ({
  type: SNAPSHOT_ACTION_TYPE,
  payload,
});

/**
 * A reducer that also takes snapshots; `reducer` then sees the action with the state it led to.
 *
 * ```ts
 * const store = configureStore({ reducer: withSnapshotHandling(combineReducers({ settings, other })) });
 * ```
 */
export function withSnapshotHandling<S, A extends { type: string }, P = S>(
  reducer: (state: S | P | undefined, action: A) => S,
): (state: S | P | undefined, action: A) => S {
  return (state, action) => {
    if (action.type !== SNAPSHOT_ACTION_TYPE) return reducer(state, action);
    const { payload } = action as unknown as SnapshotAction<S>;
    if (!isPlain(state) || !isPlain(payload)) return reducer(payload, action);
    const next = { ...state, ...payload };
    for (const key in payload) if (payload[key] === undefined) delete next[key];
    return reducer(next as S, action);
  };
}

/** The part of a Redux store that is needed. */
export interface ReduxTarget<S> {
  getState(): S;
  dispatch(action: SnapshotAction): unknown;
}

/** What `toState` is told. */
export interface ReduxContext<S> {
  store: ReduxTarget<S>;
}

/**
 * An applier for a Redux store. Dispatches one action per snapshot, with the fields that changed, and none when nothing
 * changed. Throws when both filters are given; `apply` throws when the store's reducer is not wrapped.
 *
 * ```ts
 * const applier = createReduxSnapshotApplier(store, { toState: (settings) => ({ settings }) });
 * ```
 */
export function createReduxSnapshotApplier<S, D = Partial<S>>(
  store: ReduxTarget<S>,
  options?: ApplierOptions<NoInfer<S>, D, ReduxContext<S>>,
): SnapshotApplier<D> {
  return createApplier(
    options,
    { store },
    () => store.getState(),
    (next, state, keys) => {
      const payload = keys ? Object.fromEntries(keys.map((key) => [key, next[key]])) : next;
      store.dispatch(snapshotApplied(payload));
      if (store.getState() === state) throw new Error('wrap the reducer in withSnapshotHandling');
    },
    isCode,
    (state) => state,
  );
}
