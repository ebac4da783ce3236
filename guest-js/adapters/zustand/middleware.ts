// Keeps nothing of its own: puts a connection between a Zustand store and a topic.

import type { StateCreator, StoreMutatorIdentifier } from 'zustand/vanilla';
import type { DeclaredTopic, TopicValue, UndeclaredTopic } from '../../index.ts';
import { type Connection, type ConnectOptions, connectTopic, type ReadOnlyNeeds } from '../connect.ts';
import { createZustandSnapshotApplier, type ZustandStore } from './applier.ts';

/** What the middleware adds to the store's own methods. */
export interface WithStateSync {
  readonly statesync: Connection;
}

declare module 'zustand/vanilla' {
  interface StoreMutators<S, A> {
    statesync: S & WithStateSync & { readonly statesyncOf?: A };
  }
}

interface Middleware {
  <
    S extends object,
    K extends DeclaredTopic,
    Mps extends [StoreMutatorIdentifier, unknown][] = [],
    Mcs extends [StoreMutatorIdentifier, unknown][] = [],
  >(
    initializer: StateCreator<S, [...Mps, ['statesync', never]], Mcs>,
    options: { topic: K } & ConnectOptions<S, TopicValue<NoInfer<K>>, { store: ZustandStore<S> }> &
      ReadOnlyNeeds<NoInfer<K>>,
  ): StateCreator<S, Mps, [['statesync', never], ...Mcs]>;
  <
    S extends object,
    D = S,
    Mps extends [StoreMutatorIdentifier, unknown][] = [],
    Mcs extends [StoreMutatorIdentifier, unknown][] = [],
  >(
    initializer: StateCreator<S, [...Mps, ['statesync', never]], Mcs>,
    options: { topic: UndeclaredTopic } & ConnectOptions<S, D, { store: ZustandStore<S> }>,
  ): StateCreator<S, Mps, [['statesync', never], ...Mcs]>;
}

/**
 * Keeps a Zustand store equal to a topic, in both directions: `set` writes what it changed to the topic, and every value
 * of the topic is in the store. Functions of the store stay in the store.
 *
 * ```ts
 * const useSettings = create<SettingsStore>()(
 *   statesync((set) => ({ theme: 'light', volume: 5, mute: () => set({ volume: 0 }) }), { topic: 'settings' }),
 * );
 * await useSettings.statesync.ready;
 * ```
 *
 * What the initializer returns is shown until the first value arrives; do not restore it with `persist`, which would
 * write what it restores. State that is this window's own business has to
 * be named in `omitKeys` (or what is shared, in `pickKeys`). `useSettings.statesync.stop()` ends it.
 */
export const statesync = connected as unknown as Middleware;

function connected<S extends object>(
  initializer: StateCreator<S>,
  { topic, ...options }: { topic: string } & ConnectOptions<S, S, { store: ZustandStore<S> }>,
): StateCreator<S> {
  return (set, get, api) => {
    const initial = initializer(set, get, api);
    const connection = connectTopic<S, S>(
      topic,
      {
        applier: createZustandSnapshotApplier<S, S>(api, options),
        // The store has no state before this function returns.
        read: () => api.getState() ?? initial,
        listen: (changed) => api.subscribe(changed),
      },
      options,
    );
    Object.assign(api, { statesync: connection });
    return initial;
  };
}
