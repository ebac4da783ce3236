// Keeps nothing of its own: puts a connection between a Pinia store and a topic, for every store that asks for one.

import type { PiniaPlugin, StateTree } from 'pinia';
import { markRaw } from 'vue';
import type { DeclaredTopic, TopicValue, UndeclaredTopic } from '../../index.ts';
import { type Connection, type ConnectOptions, connectTopic, type ReadOnlyNeeds } from '../connect.ts';
import { copy } from '../copy.ts';
import { createPiniaSnapshotApplier, type PiniaStore } from './applier.ts';

type Declared<S extends object> = {
  [K in DeclaredTopic]: { topic: K } & ConnectOptions<S, TopicValue<K>, { store: PiniaStore<S> }> &
    ReadOnlyNeeds<K>;
}[DeclaredTopic];

/** The option `statesync` of a store: which topic it shows, and how. */
export type PiniaStateSync<S extends object> =
  | Declared<S>
  // biome-ignore lint/suspicious/noExplicitAny: nobody says here what an undeclared topic holds
  | ({ topic: UndeclaredTopic } & ConnectOptions<S, any, { store: PiniaStore<S> }>);

declare module 'pinia' {
  interface DefineStoreOptionsBase<S extends StateTree, Store> {
    /** Keeps the store equal to a topic. Needs the plugin that `createStateSyncPlugin` makes. */
    statesync?: PiniaStateSync<S> & { readonly storeOf?: Store };
  }
  interface PiniaCustomProperties {
    /** The connection to the topic; `undefined` in stores without the option `statesync`. */
    readonly $statesync: Connection | undefined;
  }
}

/**
 * The Pinia plugin that keeps stores equal to topics, in both directions. A store asks for it with an option:
 *
 * ```ts
 * app.use(createPinia().use(createStateSyncPlugin()));
 * const useSettings = defineStore('settings', {
 *   state: () => ({ theme: 'light', volume: 5 }),
 *   statesync: { topic: 'settings' },
 * });
 * ```
 *
 * Setup stores take it as third argument: `defineStore('settings', () => .., { statesync: { topic: 'settings' } })`.
 * `v-model="settings.theme"`, `$patch` and actions write what they changed. Local state goes into `omitKeys`. Ends
 * with `store.$dispose()`.
 */
export function createStateSyncPlugin(): PiniaPlugin {
  return ({ store, options }) => {
    if (options.statesync === undefined) return { $statesync: undefined };
    const { topic, ...rest } = options.statesync as { topic: string } & ConnectOptions<StateTree>;
    const connection = connectTopic<StateTree, StateTree>(
      topic,
      {
        applier: createPiniaSnapshotApplier(store, rest),
        read: () => copy(store.$state),
        listen: (changed) => store.$subscribe(changed, { detached: true, flush: 'sync' }),
      },
      rest,
    );
    const { $dispose } = store;
    return {
      $statesync: markRaw(connection),
      $dispose() {
        connection.stop();
        $dispose();
      },
    };
  };
}
