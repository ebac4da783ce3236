// Keeps what one effect scope shows of a topic; loses it when the scope is disposed.

import {
  computed,
  type MaybeRefOrGetter,
  onScopeDispose,
  type ShallowRef,
  shallowReadonly,
  shallowRef,
  toValue,
  watch,
} from 'vue';
import type { DeclaredTopic, TopicValue, UndeclaredTopic } from '../../index.ts';
import { createSelection, type IsEqual, type Selector } from '../selection.ts';
import { type Seen, storeOf, type TopicHealth } from '../topic-store.ts';

/** A ref that only the topic changes. What is in it belongs to the whole page: read it, never change it. */
export type TopicRef<T> = Readonly<ShallowRef<T | undefined>>;

/**
 * The topic's value, or what `selector` takes out of it, as a readonly shallow ref; `undefined` until the first value
 * arrived, and on a server.
 *
 * ```ts
 * const theme = useTopic('settings', (settings) => settings.theme);
 * const cart = useTopic(() => `cart:${props.id}`);
 * ```
 *
 * Triggers exactly when the result changes by `isEqual` (`Object.is` unless given); results are shared with the one
 * before part by part. Follows the topic until the effect scope (the component) is disposed. For `v-model` use
 * `useTopicModel`.
 */
export function useTopic<K extends DeclaredTopic>(topic: MaybeRefOrGetter<K>): TopicRef<TopicValue<K>>;
export function useTopic<K extends DeclaredTopic, R>(
  topic: MaybeRefOrGetter<K>,
  selector: Selector<TopicValue<K>, R>,
  isEqual?: IsEqual<R>,
): TopicRef<R>;
export function useTopic<T>(topic: MaybeRefOrGetter<UndeclaredTopic>): TopicRef<T>;
export function useTopic<T, R>(
  topic: MaybeRefOrGetter<UndeclaredTopic>,
  selector: Selector<T, R>,
  isEqual?: IsEqual<R>,
): TopicRef<R>;
export function useTopic<T, R>(
  topic: MaybeRefOrGetter<string>,
  selector?: Selector<T, R>,
  isEqual?: IsEqual<R>,
): TopicRef<R> {
  const select = createSelection(selector, isEqual);
  const shown = shallowRef<R>();
  followTopic<T>(topic, ({ value }) => {
    shown.value = value === undefined ? undefined : select(value);
  });
  return shallowReadonly(shown) as TopicRef<R>;
}

/** How the topic is doing: `sync`, how many writes of this page are `pending`, and the last `error`. */
export function useTopicStatus(
  topic: MaybeRefOrGetter<DeclaredTopic> | MaybeRefOrGetter<UndeclaredTopic>,
): Readonly<ShallowRef<TopicHealth>> {
  const shown = shallowRef<TopicHealth>({ sync: 'idle', pending: 0, error: undefined });
  followTopic(topic as MaybeRefOrGetter<string>, ({ health }) => {
    shown.value = health;
  });
  return shallowReadonly(shown);
}

function followTopic<T>(topic: MaybeRefOrGetter<string>, show: (seen: Seen<T>) => void): void {
  let stop = () => {};
  const begin = (name: string) => {
    stop();
    const store = storeOf<T>(name);
    const seen = () => show(store.get());
    stop = store.listen(seen);
    seen();
  };
  const name = computed(() => toValue(topic));
  watch(name, begin, { immediate: true, flush: 'sync' });
  onScopeDispose(() => stop());
}
