// Keeps what one component shows of a topic; loses it with the component. A component renders when its own part of the
// value changed, and never for another part.

import { useEffect, useMemo, useRef, useSyncExternalStore } from 'react';
import type { DeclaredTopic, TopicValue, UndeclaredTopic } from '../../index.ts';
import { createSelection, type IsEqual, type Selector } from '../selection.ts';
import { isLasting, storeOf, type TopicHealth, type TopicStore } from '../topic-store.ts';

/**
 * The topic's value, or what `selector` takes out of it; `undefined` until the first value arrived, and on a server.
 *
 * ```tsx
 * const theme = useTopic('settings', (settings) => settings.theme);
 * const { id, name } = useTopic('user', ({ id, name }) => ({ id, name })) ?? nobody;
 * ```
 *
 * Renders exactly when the result changes by `isEqual`, which is `Object.is` unless given. Results are shared with the
 * one before part by part, so the second line renders only for another id or name. The selector may be another function
 * in each render, and the topic another one. The value belongs to the whole page: read it, never change it.
 */
export function useTopic<K extends DeclaredTopic>(topic: K): TopicValue<K> | undefined;
export function useTopic<K extends DeclaredTopic, R>(
  topic: K,
  selector: Selector<TopicValue<K>, R>,
  isEqual?: IsEqual<R>,
): R | undefined;
export function useTopic<T>(topic: UndeclaredTopic): T | undefined;
export function useTopic<T, R>(
  topic: UndeclaredTopic,
  selector: Selector<T, R>,
  isEqual?: IsEqual<R>,
): R | undefined;
export function useTopic<T, R>(
  topic: string,
  selector?: Selector<T, R>,
  isEqual?: IsEqual<R>,
): R | undefined {
  return useSelection(storeOf<T>(topic), selector, isEqual);
}

/**
 * As {@link useTopic}, but suspends until the first value arrived, so it always returns one. An error that trying again
 * does not mend (no permission, no such topic) is thrown for the next error boundary. A server renders the fallback.
 *
 * ```tsx
 * <Suspense fallback={<Spinner />}><Settings /></Suspense>   // Settings calls useSuspenseTopic('settings')
 * ```
 */
export function useSuspenseTopic<K extends DeclaredTopic>(topic: K): TopicValue<K>;
export function useSuspenseTopic<K extends DeclaredTopic, R>(
  topic: K,
  selector: Selector<TopicValue<K>, R>,
  isEqual?: IsEqual<R>,
): R;
export function useSuspenseTopic<T>(topic: UndeclaredTopic): T;
export function useSuspenseTopic<T, R>(
  topic: UndeclaredTopic,
  selector: Selector<T, R>,
  isEqual?: IsEqual<R>,
): R;
export function useSuspenseTopic<T, R>(topic: string, selector?: Selector<T, R>, isEqual?: IsEqual<R>): R {
  const store = storeOf<T>(topic);
  const { value, health } = store.get();
  if (value === undefined) {
    if (isLasting(health.error)) throw health.error;
    // A server sends the fallback then, and the window renders the rest.
    if (typeof window === 'undefined') throw new Error('statesync: a server has no topics to wait for.');
    throw store.load();
  }
  return useSelection(store, selector, isEqual) as R;
}

/**
 * How the topic is doing: `sync`, how many writes of this page are `pending`, and the last `error`. Renders only when
 * one of the three changed.
 */
export function useTopicStatus(topic: DeclaredTopic | UndeclaredTopic): TopicHealth {
  const store = storeOf(topic);
  const get = () => store.get().health;
  return useSyncExternalStore(store.listen, get, get);
}

function nothing(): undefined {}

function useSelection<T, R>(
  store: TopicStore<T>,
  selector: Selector<T, R> | undefined,
  isEqual: IsEqual<R> | undefined,
): R | undefined {
  // What is on the screen: a new selector's first result keeps its identity where it is equal.
  const shown = useRef<{ store: TopicStore<T>; result: R | undefined }>(undefined);
  const get = useMemo(() => {
    const select = createSelection(selector, isEqual);
    return () => {
      const { value } = store.get();
      const before = shown.current?.store === store ? shown.current.result : undefined;
      return value === undefined ? undefined : select(value, before);
    };
  }, [store, selector, isEqual]);
  const result = useSyncExternalStore(store.listen, get, nothing as () => R | undefined);
  useEffect(() => {
    shown.current = { store, result };
  });
  return result;
}
