// Keeps nothing of its own: brings a topic's values into a Redux store. One way: a reducer must not do anything but
// compute, so a change is written where it is decided, before or instead of a dispatch.

import type { DeclaredTopic, TopicValue, UndeclaredTopic } from '../../index.ts';
import type { ConnectOptions } from '../connect.ts';
import { type Connection, showTopic } from '../show.ts';
import { createReduxSnapshotApplier, type ReduxContext, type ReduxTarget } from './applier.ts';

/** Options of a store that only shows its topic. */
export type ReduxConnectOptions<S, D, Ctx> = Omit<ConnectOptions<S, D, Ctx>, 'fromState' | 'writeBack'>;

/**
 * Dispatches `snapshotApplied` with every value of the topic. The reducer is wrapped in `withSnapshotHandling`.
 *
 * ```ts
 * const store = configureStore({ reducer: withSnapshotHandling(settings.reducer) });
 * const connection = connectRedux(store, 'settings');
 * ```
 *
 * Actions of the store are not written to the topic. Write to the topic itself; an optimistic write is in the store
 * before the call returns:
 *
 * ```ts
 * await topic('settings').update((draft) => { draft.theme = 'dark'; }, { optimistic: true });
 * ```
 */
export function connectRedux<S, K extends DeclaredTopic>(
  store: ReduxTarget<S>,
  topic: K,
  options?: ReduxConnectOptions<S, TopicValue<NoInfer<K>>, ReduxContext<S>>,
): Connection;
export function connectRedux<S, D = S>(
  store: ReduxTarget<S>,
  topic: UndeclaredTopic,
  options?: ReduxConnectOptions<S, D, ReduxContext<S>>,
): Connection;
export function connectRedux<S>(
  store: ReduxTarget<S>,
  topic: string,
  options: ReduxConnectOptions<S, S, ReduxContext<S>> = {},
): Connection {
  const applier = createReduxSnapshotApplier(store, options);
  const shown = showTopic<S>(
    topic,
    (data, { revision }) => applier.apply({ data, revision }),
    options.onError,
  );
  return { ...shown, flush: async () => {} };
}
