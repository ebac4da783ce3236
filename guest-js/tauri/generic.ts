// Keeps nothing: thin pieces for apps with commands and events of their own. Plain events can be missed and forged by
// any webview; the plugin's own transport (channel.ts) is what `subscribe()` uses.

import {
  createRevisionSync,
  type InvalidationEvent,
  type InvalidationSubscriber,
  type RevisionSyncHandle,
  type RevisionSyncOptions,
  type SnapshotApplier,
  type SnapshotEnvelope,
  type SnapshotProvider,
  type Unsubscribe,
} from '../core/index.ts';

/** The shape of `listen` of `@tauri-apps/api/event`. */
export type TauriListen = <P = unknown>(
  eventName: string,
  handler: (event: { payload: P }) => void,
) => Promise<Unsubscribe>;

/** The shape of `invoke` of `@tauri-apps/api/core`. */
export type TauriInvoke = <R>(command: string, args?: Record<string, unknown>) => Promise<R>;

/** Signals from a Tauri event whose payload is `{ topic, revision }`. */
export function createTauriInvalidationSubscriber(options: {
  listen: TauriListen;
  eventName: string;
}): InvalidationSubscriber {
  const { listen, eventName } = options;
  return {
    subscribe: (handler) => listen<InvalidationEvent>(eventName, (event) => handler(event.payload)),
  };
}

/** Snapshots from a Tauri command that answers `{ revision, data }`. */
export function createTauriSnapshotProvider<T>(options: {
  invoke: TauriInvoke;
  commandName: string;
  args?: Record<string, unknown>;
}): SnapshotProvider<T> {
  const { invoke, commandName, args } = options;
  return { getSnapshot: () => invoke<SnapshotEnvelope<T>>(commandName, args) };
}

/** What `createTauriRevisionSync` takes beside the engine's own options. */
export type TauriRevisionSyncOptions<T> = {
  topic: string;
  listen: TauriListen;
  invoke: TauriInvoke;
  eventName: string;
  commandName: string;
  args?: Record<string, unknown>;
  applier: SnapshotApplier<T>;
} & Pick<
  RevisionSyncOptions<T>,
  'shouldRefresh' | 'logger' | 'onError' | 'throttling' | 'timeoutMs' | 'clock'
>;

/**
 * An engine over an event and a command of the app's own, or over the plugin's opt-in plain event:
 *
 * ```ts
 * const sync = createTauriRevisionSync({
 *   topic: 'system', listen, invoke, eventName: 'statesync:invalidation',
 *   commandName: 'plugin:statesync|snapshot', args: { topic: 'system' },
 *   applier: { apply: ({ data }) => render(data) },
 * });
 * await sync.start();
 * ```
 */
export function createTauriRevisionSync<T>(options: TauriRevisionSyncOptions<T>): RevisionSyncHandle {
  const { listen, invoke, eventName, commandName, args, ...engine } = options;
  return createRevisionSync<T>({
    ...engine,
    subscriber: createTauriInvalidationSubscriber({ listen, eventName }),
    provider: createTauriSnapshotProvider<T>({ invoke, commandName, args }),
  });
}
