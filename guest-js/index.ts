/**
 * What an app imports: values that are the same in every window, kept current.
 *
 * ```ts
 * const stop = await subscribe<Settings>('settings', (settings, { revision }) => render(settings, revision));
 * await topic<Settings>('settings').set({ theme: 'dark' });
 * ```
 *
 * Importing does nothing, so it is safe on a server; the first use outside a Tauri window rejects with a
 * `StateSyncError` of kind `not-in-tauri`.
 */
import {
  type ClientStatistics,
  createClient,
  defaultClient,
  type Inspection,
  type LiveTopic,
  type StateSyncClient,
  type SubscribeOptions,
  type TopicHandle,
  type TopicHandler,
} from './client/index.ts';
import type { Topic, Unsubscribe } from './core/index.ts';
import { createTauriTransport } from './tauri/channel.ts';
import { assertTauri } from './tauri/environment.ts';

/**
 * The app's topics and their types; empty here, filled in by the app's generated types:
 *
 * ```ts
 * declare module 'tauri-plugin-statesync-api' { interface Topics { settings: Settings } }
 * ```
 */
// biome-ignore lint/suspicious/noEmptyInterface: an app merges its own topics into it
export interface Topics {}

type Declared = keyof Topics & string;

function client(): StateSyncClient {
  return defaultClient(() => {
    assertTauri();
    return createClient({ transport: createTauriTransport() });
  });
}

/**
 * Calls `handler` with the current value and with every newer one; without a handler, resolves with a live handle.
 *
 * Resolves once the first value was delivered or the first permanent error about the topic was reported (to `onError`,
 * or to the console). A topic that is registered later arrives by itself. Rejects with a `StateSyncError`: `forbidden`,
 * `bad-scope`, `not-in-tauri`, `invalid-topic`, `too-many-topics`. All callers of a page share one engine per topic, and
 * the value itself: treat it as read-only.
 */
export function subscribe<K extends Declared>(
  topic: K,
  handler: TopicHandler<Topics[K]>,
  options?: SubscribeOptions,
): Promise<Unsubscribe>;
export function subscribe<K extends Declared>(
  topic: K,
  options?: SubscribeOptions,
): Promise<LiveTopic<Topics[K]>>;
export function subscribe<T>(
  topic: Topic,
  handler: TopicHandler<T>,
  options?: SubscribeOptions,
): Promise<Unsubscribe>;
export function subscribe<T>(topic: Topic, options?: SubscribeOptions): Promise<LiveTopic<T>>;
export async function subscribe<T>(
  topic: Topic,
  handlerOrOptions?: TopicHandler<T> | SubscribeOptions,
  options?: SubscribeOptions,
): Promise<Unsubscribe | LiveTopic<T>> {
  return typeof handlerOrOptions === 'function'
    ? await client().subscribe(topic, handlerOrOptions, options)
    : await client().subscribe<T>(topic, handlerOrOptions);
}

/**
 * One topic by name: `get()` asks Rust for the value of this moment, `set()` replaces it, `subscribe()` follows it.
 * Makes no call by itself.
 */
export function topic<K extends Declared>(name: K): TopicHandle<Topics[K]>;
export function topic<T>(name: Topic): TopicHandle<T>;
export function topic<T>(name: Topic): TopicHandle<T> {
  return {
    name,
    get: async () => await client().topic<T>(name).get(),
    get status() {
      return client().topic<T>(name).status;
    },
    set: async (value, options) => await client().topic<T>(name).set(value, options),
    update: async (change, options) => await client().topic<T>(name).update(change, options),
    patch: async (operations, options) => await client().topic<T>(name).patch(operations, options),
    action: async (action, args, options) => await client().topic<T>(name).action(action, args, options),
    subscribe: async (handler, options) => await client().subscribe<T>(name, handler, options),
  };
}

/** The host's own view of its topics and sessions. Needs the permission `statesync:inspect`. */
export async function inspect(): Promise<Inspection> {
  return await client().inspect();
}

/** What this page did since it was loaded: signals, pulls and values applied, also per topic. */
export function stats(): ClientStatistics {
  return client().stats();
}

export {
  type ActionOptions,
  type ActionTable,
  type Change,
  type ClientStatistics,
  type HostErrorKind,
  type Inspection,
  type LiveTopic,
  type PageErrorKind,
  type PatchOperation,
  type PatchOptions,
  type SetOptions,
  StateSyncError,
  type StateSyncErrorKind,
  type SubscribeOptions,
  type TopicHandle,
  type TopicHandler,
  type TopicStatistics,
  type TopicStatus,
  type UpdateOptions,
} from './client/index.ts';
export {
  compareRevisions,
  type InvalidationThrottlingOptions,
  isCanonicalRevision,
  type Revision,
  type SyncErrorContext,
  type SyncPhase,
  type SyncStatus,
  type Topic,
  type Unsubscribe,
  ZERO_REVISION,
} from './core/index.ts';
