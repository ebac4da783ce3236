// Keeps one owner's copy of a topic, split into signals; loses it with the owner. What reads one part runs again when
// that part changed, and for nothing else.

import { type Accessor, createComputed, createSignal, onCleanup, untrack } from 'solid-js';
import { createStore, reconcile } from 'solid-js/store';
import type { DeclaredTopic, TopicValue, UndeclaredTopic } from '../../index.ts';
import { copy } from '../copy.ts';
import type { Selector } from '../selection.ts';
import { type Seen, storeOf, type TopicHealth } from '../topic-store.ts';

/**
 * The topic's value, or what `selector` takes out of it; `undefined` until the first value arrived, and on a server.
 *
 * ```tsx
 * const settings = createTopic('settings');
 * return <p>{settings()?.theme}</p>;   // runs again for another theme, not for another volume
 * ```
 *
 * The result is a Solid store of this owner: members are signals, and items of arrays are told apart by `id`. The topic
 * may be an accessor. Follows the topic until its owner is disposed.
 */
export function createTopic<K extends DeclaredTopic>(
  topic: K | Accessor<K>,
): Accessor<TopicValue<K> | undefined>;
export function createTopic<K extends DeclaredTopic, R>(
  topic: K | Accessor<K>,
  selector: Selector<TopicValue<K>, R>,
): Accessor<R | undefined>;
export function createTopic<T>(topic: UndeclaredTopic | Accessor<UndeclaredTopic>): Accessor<T | undefined>;
export function createTopic<T, R>(
  topic: UndeclaredTopic | Accessor<UndeclaredTopic>,
  selector: Selector<T, R>,
): Accessor<R | undefined>;
export function createTopic<T, R>(
  topic: string | Accessor<string>,
  selector?: Selector<T, R>,
): Accessor<R | undefined> {
  const [shown, setShown] = createStore<{ value: R | undefined }>({ value: undefined });
  let last: T | undefined;
  followTopic<T>(topic, ({ value }) => {
    if (value === last) return;
    last = value;
    const result = value === undefined || selector === undefined ? (value as R | undefined) : selector(value);
    // `reconcile` works in place: it must never get the objects of the page.
    setShown('value', reconcile(copy(result)));
  });
  return () => shown.value;
}

/** How the topic is doing: `sync`, how many writes of this page are `pending`, and the last `error`. */
export function createTopicStatus(
  topic: DeclaredTopic | UndeclaredTopic | Accessor<DeclaredTopic> | Accessor<UndeclaredTopic>,
): Accessor<TopicHealth> {
  const [health, setHealth] = createSignal<TopicHealth>({ sync: 'idle', pending: 0, error: undefined });
  followTopic(topic, (seen) => setHealth(seen.health));
  return health;
}

function followTopic<T>(topic: string | Accessor<string>, show: (seen: Seen<T>) => void): void {
  createComputed(() => {
    const store = storeOf<T>(typeof topic === 'function' ? topic() : topic);
    const seen = () => untrack(() => show(store.get()));
    onCleanup(store.listen(seen));
    seen();
  });
}
