// This window's copies of the topics, and what it cost to keep them right.
//
// Keeps: the newest value of each topic this window shows, its revision, and how old it was on arrival.
// Loses: every value in between.
import { getCurrentWebviewWindow } from '@tauri-apps/api/webviewWindow';
import { type DeclaredTopic, stats, subscribe, type TopicValue } from 'tauri-plugin-statesync-api';
import { canonical, fnv1a } from './canonical.ts';

export interface Copy<N extends DeclaredTopic = DeclaredTopic> {
  topic: N;
  value: TopicValue<N>;
  revision: string;
  applies: number;
  /** Milliseconds from Rust's measurement to the page showing it. */
  lagMs: number | undefined;
}

export type Health = { state: 'waiting' } | { state: 'right' } | { state: 'troubled'; reason: string };

export const label = getCurrentWebviewWindow().label;

const copies = new Map<DeclaredTopic, Copy>();
const health = new Map<DeclaredTopic, Health>();
const watchers = new Set<() => void>();

const tell = () => {
  for (const watcher of watchers) watcher();
};

/** What this page did since it loaded. Pulls are all calls that fetch; `subscribe` is one of them. */
export function counters(): { signals: number; pulls: number; applies: number } {
  const { signals, pulls, subscribes } = stats();
  const applies = [...copies.values()].reduce((sum, copy) => sum + copy.applies, 0);
  return { signals, pulls: pulls + subscribes, applies };
}

/** When Rust made the value, for the topics that say so. */
function madeAt(value: TopicValue<DeclaredTopic>): number | undefined {
  if ('sampledAt' in value) return value.sampledAt || undefined;
  if ('updatedAt' in value) return value.updatedAt || undefined;
  return undefined;
}

/** Calls `show` with the current value, and again whenever there is a newer one. */
export function observe<N extends DeclaredTopic>(name: N, show: (value: TopicValue<N>) => void): void {
  if (!health.has(name)) health.set(name, { state: 'waiting' });
  const keep = (value: TopicValue<N>, revision: string) => {
    const made = madeAt(value);
    const before = copies.get(name)?.applies ?? 0;
    const lagMs = made === undefined ? undefined : Math.max(0, Date.now() - made);
    copies.set(name, { topic: name, value, revision, applies: before + 1, lagMs });
    health.set(name, { state: 'right' });
    show(value);
    tell();
  };
  const fail = (error: unknown) => {
    health.set(name, { state: 'troubled', reason: error instanceof Error ? error.message : String(error) });
    tell();
  };
  subscribe(name, (value, { revision }) => keep(value, revision), {
    onError: ({ error }) => fail(error),
  }).catch(fail);
}

export function copyOf<N extends DeclaredTopic>(name: N): Copy<N> | undefined {
  return copies.get(name) as Copy<N> | undefined;
}

export function healthOf(name: DeclaredTopic): Health {
  return health.get(name) ?? { state: 'waiting' };
}

export function observed(): DeclaredTopic[] {
  return [...health.keys()];
}

/** Runs `watcher` after every change of a copy; returns how to end that. */
export function whenChanged(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

/** Resolves as soon as this window's copy of the topic satisfies `enough`. */
export function copyWhere<N extends DeclaredTopic>(
  name: N,
  enough: (copy: Copy<N>) => boolean,
): Promise<Copy<N>> {
  return new Promise((resolve) => {
    const look = () => {
      const copy = copyOf(name);
      if (!copy || !enough(copy)) return;
      end();
      resolve(copy);
    };
    const end = whenChanged(look);
    look();
  });
}

function historyMs(): number {
  const points = copyOf('system')?.value.history ?? [];
  return (points.at(-1)?.at ?? 0) - (points[0]?.at ?? 0);
}

// For `check.mjs`, which compares every window with Rust. The hash is made when it is asked for.
Object.defineProperty(window, '__demo', {
  get: () => ({
    label,
    loadedAt: performance.timeOrigin,
    historyMs: historyMs(),
    topics: Object.fromEntries(
      [...copies.values()].map(({ topic, value, revision, applies }) => {
        const { signals, pulls } = stats().topics[topic] ?? { signals: 0, pulls: 0 };
        return [topic, { revision, signals, pulls, applies, hash: fnv1a(canonical(value)) }];
      }),
    ),
  }),
});
