// Keeps what one Jotai store shows of a topic for as long as the atom is mounted; loses it afterwards.

import { atom, type WritableAtom } from 'jotai/vanilla';
import type {
  Change,
  DeclaredTopic,
  ReadOnlyTopics,
  Revision,
  TopicValue,
  UndeclaredTopic,
} from '../../index.ts';
import { storeOf, type TopicHealth } from '../topic-store.ts';
import { handleOf } from '../untyped.ts';

/**
 * Writes optimistically: a value replaces the topic's, a function changes a draft of the newest one, and is run again
 * when somebody else was faster. Resolves with the revision; rejects with a `StateSyncError`, and what was shown is
 * undone by then.
 */
export type TopicAtom<T> = WritableAtom<T | undefined, [change: T | Change<T>], Promise<Revision>>;

/** Of a topic that windows cannot write. */
export type ReadOnlyTopicAtom<T> = WritableAtom<T | undefined, [never], Promise<Revision>>;

/**
 * The topic as an atom; `undefined` until the first value arrived, and on a server.
 *
 * ```ts
 * const settingsAtom = topicAtom('settings');
 * const themeAtom = atom((get) => get(settingsAtom)?.theme);
 * const [settings, setSettings] = useAtom(settingsAtom);
 * await setSettings((draft) => { draft.theme = 'dark'; });
 * ```
 *
 * Make it once, outside of components. Follows the topic while the atom is mounted. Unchanged parts of a new value are
 * the same objects as before, so derived atoms of one part do not change with another. The value belongs to the whole
 * page: read it, never change it.
 */
export function topicAtom<K extends DeclaredTopic>(
  topic: K,
): K extends keyof ReadOnlyTopics ? ReadOnlyTopicAtom<TopicValue<K>> : TopicAtom<TopicValue<K>>;
export function topicAtom<T>(topic: UndeclaredTopic): TopicAtom<T>;
export function topicAtom<T>(topic: string): TopicAtom<T> {
  const shown = atom<{ value: T | undefined }>();
  shown.onMount = (set) => {
    const store = storeOf<T>(topic);
    const show = () => {
      const { value } = store.get();
      set((before) => (before?.value === value ? before : { value }));
    };
    const stop = store.listen(show);
    show();
    return () => {
      stop();
      set({ value: undefined }); // nobody keeps it current any more
    };
  };
  return atom(
    (get) => {
      const seen = get(shown);
      // Before it is mounted it is what the page has anyway.
      return seen === undefined ? storeOf<T>(topic).get().value : seen.value;
    },
    (_get, _set, change) => {
      const handle = handleOf<T>(topic);
      return typeof change === 'function'
        ? handle.update(change as Change<T>, { optimistic: true })
        : handle.set(change, { optimistic: true });
    },
  );
}

/** How the topic is doing: `sync`, how many writes of this page are `pending`, and the last `error`. */
export function topicStatusAtom(topic: DeclaredTopic | UndeclaredTopic) {
  const shown = atom<TopicHealth>({ sync: 'idle', pending: 0, error: undefined });
  shown.onMount = (set) => {
    const store = storeOf(topic);
    const show = () => set(store.get().health);
    const stop = store.listen(show);
    show();
    return stop;
  };
  return atom((get) => get(shown));
}
