// Keeps a copy of a topic that components may change, for as long as the store has a subscriber. What was changed is on
// its way before the last one has gone.

import { type Writable, writable } from 'svelte/store';
import type { TopicValue, UndeclaredTopic, WritableTopic } from '../../index.ts';
import { type ConnectErrorContext, connectTopic } from '../connect.ts';
import { copy } from '../copy.ts';
import { handleOf, heldValue } from '../untyped.ts';
import { createSvelteSnapshotApplier } from './applier.ts';

export interface WritableTopicOptions {
  /** Hears of failed pulls and refused writes. Without it they go to the console. */
  onError?: (context: ConnectErrorContext) => void;
}

/**
 * The topic as a writable store: `bind:value={$settings.name}` works, and so do `set` and `update`. `undefined` until
 * the first value arrived, and on a server.
 *
 * ```svelte
 * <script>
 *   const settings = writableTopicStore('settings');
 * </script>
 * {#if $settings}<input bind:value={$settings.name} />{/if}
 * ```
 *
 * What is changed is shown at once and written at the end of the tick; what the host refuses is undone. Follows the
 * topic from its first subscriber to its last; `set` and `update` without one write to the topic all the same.
 */
export function writableTopicStore<K extends WritableTopic>(
  topic: K,
  options?: WritableTopicOptions,
): Writable<TopicValue<K> | undefined>;
export function writableTopicStore<T>(
  topic: UndeclaredTopic,
  options?: WritableTopicOptions,
): Writable<T | undefined>;
export function writableTopicStore<T>(
  topic: string,
  options: WritableTopicOptions = {},
): Writable<T | undefined> {
  let value: T | undefined;
  let changed: (() => void) | undefined;
  const show = (next: T | undefined) => {
    value = next;
    shown.set(next);
  };
  const shown = writable<T | undefined>(undefined, () => {
    show(copy(heldValue<T>(topic)));
    const store = {
      set: show,
      update: (change: (before: T | undefined) => T | undefined) => show(change(value)),
    };
    const connection = connectTopic<T | undefined, T>(
      topic,
      {
        applier: createSvelteSnapshotApplier<T | undefined, T>(store, { mode: 'replace' }),
        read: () => copy(value),
        listen(listener) {
          changed = listener;
          return () => {
            changed = undefined;
          };
        },
      },
      options,
    );
    return () => {
      connection.stop();
      show(undefined);
    };
  });
  const unconnected = (change: (before: T) => T | undefined) => {
    const writing = handleOf<T>(topic).update((draft) => change(draft) as T, { optimistic: true });
    writing.catch((error) => {
      if (options.onError) options.onError({ phase: 'write', topic, error });
      else console.error(`statesync: "${topic}" failed (write)`, error);
    });
  };
  const update = (change: (before: T | undefined) => T | undefined) => {
    if (changed === undefined) return unconnected(change);
    show(change(value));
    changed();
  };
  return { subscribe: shown.subscribe, set: (next) => update(() => next), update };
}
