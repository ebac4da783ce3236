// Keeps nothing of its own: puts a connection between a MobX store and a topic.

import { isComputedProp, keys, reaction } from 'mobx';
import type { DeclaredTopic, TopicValue, UndeclaredTopic } from '../../index.ts';
import { type Connection, type ConnectOptions, connectTopic, type OptionsOf } from '../connect.ts';
import { copy } from '../copy.ts';
import { createMobXSnapshotApplier } from './applier.ts';

/**
 * Keeps an observable MobX object equal to a topic, in both directions. Every outermost action makes at most one write.
 *
 * ```ts
 * class Settings { theme = 'light'; volume = 5; constructor() { makeAutoObservable(this); } }
 * const settings = new Settings();
 * const connection = connectMobX(settings, 'settings');
 * runInAction(() => { settings.volume += 1; });
 * ```
 *
 * Computed values and actions of the store stay its own; other local members go into `omitKeys`. Follows the topic from
 * now on, observed or not, since changes of an unobserved store have to be written as well. Ends with
 * `connection.stop()`.
 */
export function connectMobX<S extends object, K extends DeclaredTopic>(
  store: S,
  topic: K,
  ...options: OptionsOf<K, ConnectOptions<S, TopicValue<NoInfer<K>>, { store: S }>>
): Connection;
export function connectMobX<S extends object, D = S>(
  store: S,
  topic: UndeclaredTopic,
  options?: ConnectOptions<S, D, { store: S }>,
): Connection;
export function connectMobX<S extends object>(
  store: S,
  topic: string,
  options: ConnectOptions<S, S, { store: S }> = {},
): Connection {
  const read = () => copy(withoutComputed(store));
  return connectTopic<S, S>(
    topic,
    {
      applier: createMobXSnapshotApplier<S, S>(store, options),
      read,
      // Reading is what MobX goes by: a change of anything that was read runs this again.
      listen: (changed) => reaction(read, changed),
    },
    options,
  );
}

function withoutComputed<S extends object>(store: S): S {
  if (Array.isArray(store)) return store;
  const names = (keys(store) as string[]).filter((key) => !isComputedProp(store, key));
  return Object.fromEntries(names.map((key) => [key, store[key as keyof S]])) as S;
}
