// Keeps what is shown of a topic for as long as something in Svelte reads it: a store with a subscriber, or a rune in
// an effect or a template.

import { createSubscriber } from 'svelte/reactivity';
import { type Readable, readable } from 'svelte/store';
import type { DeclaredTopic, SyncStatus, TopicValue, UndeclaredTopic } from '../../index.ts';
import { createSelection, type IsEqual, type Selector } from '../selection.ts';
import { storeOf, type TopicHealth } from '../topic-store.ts';

/**
 * The topic's value, or what `selector` takes out of it, as a readable store; `undefined` until the first value
 * arrived, and on a server. Follows the topic from its first subscriber to its last.
 *
 * ```svelte
 * <script>
 *   const theme = topicStore('settings', (settings) => settings.theme);
 * </script>
 * <p>{$theme}</p>
 * ```
 *
 * The value belongs to the whole page: read it, never change it. For `bind:` use `writableTopicStore`.
 */
export function topicStore<K extends DeclaredTopic>(topic: K): Readable<TopicValue<K> | undefined>;
export function topicStore<K extends DeclaredTopic, R>(
  topic: K,
  selector: Selector<TopicValue<K>, R>,
  isEqual?: IsEqual<R>,
): Readable<R | undefined>;
export function topicStore<T>(topic: UndeclaredTopic): Readable<T | undefined>;
export function topicStore<T, R>(
  topic: UndeclaredTopic,
  selector: Selector<T, R>,
  isEqual?: IsEqual<R>,
): Readable<R | undefined>;
export function topicStore<T, R>(
  topic: string,
  selector?: Selector<T, R>,
  isEqual?: IsEqual<R>,
): Readable<R | undefined> {
  const select = createSelection(selector, isEqual);
  return readable<R | undefined>(undefined, (set) => {
    const store = storeOf<T>(topic);
    let shown: R | undefined;
    const show = () => {
      const { value } = store.get();
      const result = value === undefined ? undefined : select(value);
      // Svelte's stores take every object for a new one.
      if (!Object.is(result, shown)) set(result);
      shown = result;
    };
    const stop = store.listen(show);
    show();
    return () => {
      stop();
      set(undefined);
    };
  });
}

/** A topic as runes: every member is reactive where it is read. */
export interface TopicState<R> {
  /** `undefined` until the first value arrived, and on a server. */
  readonly current: R | undefined;
  readonly status: SyncStatus;
  /** Writes of this page to the topic that are not settled. */
  readonly pending: number;
  /** What went wrong last; `undefined` again once the topic is `ready`. */
  readonly error: unknown;
}

/**
 * The topic's value, or what `selector` takes out of it, for Svelte 5: `state.current` in a template, an effect or a
 * `$derived` follows the topic for as long as that one lives.
 *
 * ```svelte
 * <script>
 *   const theme = topicState('settings', (settings) => settings.theme);
 * </script>
 * <p class:waiting={theme.pending > 0}>{theme.current}</p>
 * ```
 *
 * What reads `current` runs again exactly when the result changes by `isEqual` (`Object.is` unless given).
 */
export function topicState<K extends DeclaredTopic>(topic: K): TopicState<TopicValue<K>>;
export function topicState<K extends DeclaredTopic, R>(
  topic: K,
  selector: Selector<TopicValue<K>, R>,
  isEqual?: IsEqual<R>,
): TopicState<R>;
export function topicState<T>(topic: UndeclaredTopic): TopicState<T>;
export function topicState<T, R>(
  topic: UndeclaredTopic,
  selector: Selector<T, R>,
  isEqual?: IsEqual<R>,
): TopicState<R>;
export function topicState<T, R>(
  topic: string,
  selector?: Selector<T, R>,
  isEqual?: IsEqual<R>,
): TopicState<R> {
  const select = createSelection(selector, isEqual);
  const read = <Part>(part: () => Part) => reactive(topic, part);
  const seen = () => storeOf<T>(topic).get();
  const current = read(() => {
    const { value } = seen();
    return value === undefined ? undefined : select(value);
  });
  const health = <Key extends keyof TopicHealth>(key: Key) => read(() => seen().health[key]);
  const [status, pending, error] = [health('sync'), health('pending'), health('error')];
  return {
    get current() {
      return current();
    },
    get status() {
      return status();
    },
    get pending() {
      return pending();
    },
    get error() {
      return error();
    },
  };
}

/** A part of what is seen of a topic: where it is read, it is followed, and only its own changes are told. */
function reactive<Part>(topic: string, part: () => Part): () => Part {
  const follow = createSubscriber((update) => {
    let shown = part();
    return storeOf(topic).listen(() => {
      const now = part();
      if (Object.is(now, shown)) return;
      shown = now;
      update();
    });
  });
  return () => {
    follow();
    return part();
  };
}
