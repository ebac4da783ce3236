// Keeps nothing of its own: puts a connection between a Valtio proxy and a topic.

import { snapshot, subscribe } from 'valtio/vanilla';
import type { DeclaredTopic, TopicValue, UndeclaredTopic } from '../../index.ts';
import { type Connection, type ConnectOptions, connectTopic, type OptionsOf } from '../connect.ts';
import { createValtioSnapshotApplier } from './applier.ts';

/**
 * Keeps a Valtio proxy equal to a topic, in both directions: what is changed in the proxy is written, and every value of
 * the topic is in it. All changes of one tick make one write.
 *
 * ```ts
 * const settings = proxy({ theme: 'light', volume: 5 });
 * const connection = connectValtio(settings, 'settings');
 * settings.volume += 1;
 * ```
 *
 * Getters and functions of the proxy stay its own; other local members go into `omitKeys`. Ends with
 * `connection.stop()`.
 */
export function connectValtio<S extends object, K extends DeclaredTopic>(
  proxy: S,
  topic: K,
  ...options: OptionsOf<K, ConnectOptions<S, TopicValue<NoInfer<K>>, { proxy: S }>>
): Connection;
export function connectValtio<S extends object, D = S>(
  proxy: S,
  topic: UndeclaredTopic,
  options?: ConnectOptions<S, D, { proxy: S }>,
): Connection;
export function connectValtio<S extends object>(
  proxy: S,
  topic: string,
  options: ConnectOptions<S, S, { proxy: S }> = {},
): Connection {
  return connectTopic<S, S>(
    topic,
    {
      applier: createValtioSnapshotApplier<S, S>(proxy, options),
      read: () => withoutGetters(proxy, snapshot(proxy) as S),
      listen: (changed) => subscribe(proxy, changed, true),
    },
    options,
  );
}

/** A snapshot has the results of getters as if they were state. */
function withoutGetters<S extends object>(proxy: S, state: S): S {
  if (Array.isArray(state)) return state;
  const isState = (key: string) => Object.getOwnPropertyDescriptor(proxy, key)?.get === undefined;
  return Object.fromEntries(Object.entries(state).filter(([key]) => isState(key))) as S;
}
