// Keeps what the page shows of a topic now, for as long as something listens; loses it a moment after the last
// listener has gone. Hooks read it synchronously, and all hooks of a page read the same one, so that no two components
// of one render see different values.

import type { Topic, TopicStatus, Unsubscribe } from '../index.ts';
import { follow, heldValue, isServerRendering, observe } from './untyped.ts';

/** How a topic is doing in this page. */
export interface TopicHealth extends TopicStatus {
  /** What went wrong last; `undefined` again once the topic is `ready`. */
  readonly error: unknown;
}

/** Replaced as a whole by every change; `health` is the same object for as long as nothing in it changed. */
export interface Seen<T> {
  /** `undefined` until the first value arrived. Shared by the whole page: read it, never change it. */
  readonly value: T | undefined;
  readonly health: TopicHealth;
}

/** How long a topic that a suspended component waits for is followed, at most, before anything listens. */
export const HOLD_MS = 30_000;

const UNSEEN: Seen<never> = { value: undefined, health: { sync: 'idle', pending: 0, error: undefined } };

const stores = new Map<Topic, TopicStore<unknown>>();

/** The page's store of a topic. Makes no call by itself; on a server every call makes another one. */
export function storeOf<T>(topic: Topic): TopicStore<T> {
  let store = stores.get(topic) as TopicStore<T> | undefined;
  if (store === undefined) {
    store = new TopicStore<T>(topic);
    if (typeof window !== 'undefined') stores.set(topic, store as TopicStore<unknown>);
  }
  return store;
}

export class TopicStore<T> {
  readonly topic: Topic;
  readonly #listeners = new Set<() => void>();
  #seen: Seen<T> = UNSEEN;
  #run: AbortController | undefined;
  #loading: Promise<void> | undefined;
  /** Ends what {@link load} began. */
  #release: (() => void) | undefined;

  constructor(topic: Topic) {
    this.topic = topic;
  }

  /** Before anything listens it is what the page has anyway: a first frame needs no call. */
  readonly get = (): Seen<T> => {
    if (this.#run === undefined && this.#listeners.size === 0) {
      const value = heldValue<T>(this.topic);
      if (value !== this.#seen.value) this.#seen = { value, health: this.#seen.health };
    }
    return this.#seen;
  };

  /** Follows the topic from the first listener on, until the last one has gone. */
  readonly listen = (listener: () => void): Unsubscribe => {
    this.get(); // what is followed now may be older than what the page has by now
    const heard = () => listener();
    this.#listeners.add(heard);
    if (this.#run === undefined) this.#start();
    this.#release?.();
    return () => {
      this.#listeners.delete(heard);
      // Somebody may come back within the same moment: StrictMode does, and so does a component that moves.
      queueMicrotask(() => {
        if (this.#listeners.size === 0) this.#stop();
      });
    };
  };

  /** Follows it until something listens; settles with the first value or the first lasting error. */
  load(): Promise<void> {
    this.#loading ??= new Promise((resolve) => {
      const stop = this.listen(() => {
        if (this.#seen.value !== undefined || isLasting(this.#seen.health.error)) resolve();
      });
      const release = () => {
        this.#loading = this.#release = undefined;
        clearTimeout(timer);
        resolve();
        stop();
      };
      const timer = setTimeout(release, HOLD_MS);
      this.#release = release;
    });
    return this.#loading;
  }

  #start(): void {
    const run = new AbortController();
    this.#run = run;
    if (typeof window !== 'undefined' && !stores.has(this.topic)) stores.set(this.topic, this as never);
    const { signal } = run;
    const onError = ({ error }: { error: unknown }) => {
      this.#show(run, { error });
      if (isLasting(error)) complain(this.topic, error);
    };
    this.#show(run, { sync: this.#seen.value === undefined ? 'loading' : 'stale' });
    follow<T>(this.topic, (value, { pending }) => this.#show(run, { pending }, value), { signal, onError })
      .then(() => observe<T>(this.topic, { signal }))
      .then((live) => {
        const changed = () => {
          const { status: sync, pending } = live;
          this.#show(run, sync === 'ready' ? { sync, pending, error: undefined } : { sync, pending });
          if (sync === 'idle') this.#drop(run);
        };
        live.onChange(changed);
        changed();
      })
      .catch((error) => {
        // A refusal is reported first and rejects then.
        if (error !== this.#seen.health.error) complain(this.topic, error);
        this.#show(run, { sync: 'error', error });
        if (this.#run === run) this.#run = undefined; // the next listener tries again
      });
  }

  #stop(): void {
    const run = this.#run;
    if (run === undefined) return;
    this.#drop(run);
    run.abort();
    this.#seen = UNSEEN;
  }

  /** Also when the client was closed: the next hook begins with whatever client there is then. */
  #drop(run: AbortController): void {
    if (this.#run !== run) return;
    this.#run = undefined;
    if (stores.get(this.topic) === (this as never)) stores.delete(this.topic);
  }

  #show(run: AbortController, news: Partial<TopicHealth>, value = this.#seen.value): void {
    if (run.signal.aborted || this.#run !== run) return;
    const { health } = this.#seen;
    const { sync, pending, error } = { ...health, ...news };
    const same = sync === health.sync && pending === health.pending && error === health.error;
    if (same && value === this.#seen.value) return;
    this.#seen = { value, health: same ? health : { sync, pending, error } };
    for (const listener of [...this.#listeners]) listener();
  }
}

/** The topic does not come by trying again; a lost call is not lasting, the client repeats it. */
export function isLasting(error: unknown): boolean {
  return (error as { permanent?: unknown } | undefined)?.permanent === true;
}

/** Hooks have nowhere to throw to, and not every component shows the status. */
function complain(topic: Topic, error: unknown): void {
  if (!isServerRendering(error)) console.error(`statesync: "${topic}" cannot be shown`, error);
}
