/**
 * What an app imports: values that are the same in every window, kept current.
 *
 * ```ts
 * const stop = await subscribe('settings', (settings, { revision }) => render(settings, revision));
 * await topic('settings').update((draft) => { draft.theme = 'dark'; });
 * ```
 *
 * Names and types of the topics come from the app's generated file (`Topics`); without one, any name is allowed and its
 * type is stated: `subscribe<Settings>('settings', ..)`.
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
  StateSyncError,
  type SubscribeOptions,
  type TopicHandle,
  type TopicHandler,
  type TopicStatus,
} from './client/index.ts';
import type { Topic, Unsubscribe } from './core/index.ts';
import { createTauriTransport } from './tauri/channel.ts';
import { assertTauri } from './tauri/environment.ts';
import type { DeclaredHandle, DeclaredHandles, Topics, TopicValue, UndeclaredTopic } from './topics.ts';

function client(): StateSyncClient {
  return defaultClient(() => {
    assertTauri();
    return createClient({ transport: createTauriTransport() });
  });
}

// The forms for declared topics come last, and spell their names out: it is the last form that the compiler talks about
// when a name is wrong, and then it lists the right ones.

/** As below, for a topic that is not declared to the compiler: `subscribe<Settings>('settings', ..)`. */
export function subscribe<T>(
  topic: UndeclaredTopic,
  handler: TopicHandler<T>,
  options?: SubscribeOptions,
): Promise<Unsubscribe>;
/** As below, for a topic that is not declared to the compiler: `subscribe<Settings>('settings')`. */
export function subscribe<T>(topic: UndeclaredTopic, options?: SubscribeOptions): Promise<LiveTopic<T>>;
/** Keeps a topic current without a handler: the handle has its value, revision and status. */
export function subscribe<K extends keyof Topics & string>(
  topic: K,
  options?: SubscribeOptions,
): Promise<LiveTopic<TopicValue<K>>>;
/**
 * Calls `handler` with the current value and with every newer one; without a handler, resolves with a live handle.
 *
 * Resolves once the first value was delivered or the first permanent error about the topic was reported (to `onError`,
 * or to the console). A topic that is registered later arrives by itself. Rejects with a `StateSyncError`: `forbidden`,
 * `bad-scope`, `not-in-tauri`, `invalid-topic`, `too-many-topics`. All callers of a page share one engine per topic, and
 * the value itself: treat it as read-only.
 *
 * ```ts
 * const stop = await subscribe('settings', (settings) => render(settings.theme));
 * ```
 */
export function subscribe<K extends keyof Topics & string>(
  topic: K,
  handler: TopicHandler<TopicValue<K>>,
  options?: SubscribeOptions,
): Promise<Unsubscribe>;
export async function subscribe<T>(
  topic: Topic,
  handlerOrOptions?: TopicHandler<T> | SubscribeOptions,
  options?: SubscribeOptions,
): Promise<Unsubscribe | LiveTopic<T>> {
  return typeof handlerOrOptions === 'function'
    ? await client().subscribe(topic, handlerOrOptions, options)
    : await client().subscribe<T>(topic, handlerOrOptions);
}

/** As below, for a topic that is not declared to the compiler: `topic<Settings>('settings')`. */
export function topic<T>(name: UndeclaredTopic): TopicHandle<T>;
/**
 * One topic by name: `get()` asks Rust for the value of this moment, `set()`, `update()`, `patch()` and `action()`
 * change it, `subscribe()` follows it. Makes no call by itself.
 *
 * ```ts
 * await topic('settings').update((draft) => { draft.theme = 'dark'; });
 * await topic('cart:42').action('add_item', { sku: 'A-7' });
 * ```
 */
export function topic<K extends keyof Topics & string>(name: K): DeclaredHandle<K>;
export function topic<T>(name: Topic): TopicHandle<T> {
  const handle = () => client().topic<T>(name);
  return {
    name,
    get value() {
      return inTauri(() => handle().value, undefined);
    },
    get status() {
      return inTauri<TopicStatus>(() => handle().status, { sync: 'idle', pending: 0 });
    },
    get: async () => await handle().get(),
    set: async (value, options) => await handle().set(value, options),
    update: async (change, options) => await handle().update(change, options),
    patch: async (operations, options) => await handle().patch(operations, options),
    action: async (action, args, options) => await handle().action(action, args, options),
    subscribe: async (handler, options) => await client().subscribe<T>(name, handler, options),
  };
}

/** A page that cannot be synced, for example one that a server renders, has nothing to tell yet. */
function inTauri<R>(read: () => R, elsewhere: R): R {
  try {
    return read();
  } catch (error) {
    if (error instanceof StateSyncError && error.kind === 'not-in-tauri') return elsewhere;
    throw error;
  }
}

/**
 * `topic(name)` for every declared topic that is no family, as a property: `topics.settings.update(..)`. Here an editor
 * shows a topic's documentation, which it cannot find behind a text such as the one in `topic('settings')`.
 */
export const topics: DeclaredHandles = /* @__PURE__ */ new Proxy({} as DeclaredHandles, {
  get: (_none, name) => (typeof name === 'string' ? topic(name as UndeclaredTopic) : undefined),
});

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
export * from './topics.ts';
