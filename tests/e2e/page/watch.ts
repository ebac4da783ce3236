// Keeps the newest value of each topic this page watches, and every error it was told of. Checks on the way that
// revisions only grow (`strictly-newer`).

import { digest } from './digest.ts';
import { describe, failures } from './witness.ts';

/** What this needs of the guest, so that it can come from the package or from `window.__TAURI__`. */
export interface Guest {
  subscribe(
    topic: string,
    handler: (value: unknown, info: { revision: string }) => void,
    options: { onError: (context: { phase: string; error: unknown }) => void },
  ): Promise<() => void>;
}

interface Trouble {
  phase: string;
  kind: string | null;
  message: string;
}

interface Watched {
  value: unknown;
  revision: string;
  values: number;
  /** When the handler got the last one, by the wall clock, which all processes have. */
  shownAt: number;
  /** Kept short: an error that comes again and again is the same news. */
  errors: Trouble[];
  refused: Trouble | null;
  listeners: Set<() => void>;
}

const MOST_ERRORS = 20;
const watched = new Map<string, Watched>();

export function watch(guest: Guest, topic: string): Promise<void> {
  const entry: Watched = {
    value: undefined,
    revision: '0',
    values: 0,
    shownAt: 0,
    errors: [],
    refused: null,
    listeners: new Set(),
  };
  watched.set(topic, entry);
  const onValue = (value: unknown, { revision }: { revision: string }) => {
    // An optimistic write shows another value at the same revision.
    const older = BigInt(revision) < BigInt(entry.revision);
    if (older || (revision === entry.revision && Object.is(value, entry.value))) {
      failures.push(`${topic} went from revision ${entry.revision} to ${revision}`);
    }
    entry.value = value;
    entry.revision = revision;
    entry.values += 1;
    entry.shownAt = Date.now();
    for (const listener of [...entry.listeners]) listener();
  };
  const onError = ({ phase, error }: { phase: string; error: unknown }) => {
    entry.errors = [...entry.errors, { phase, ...describe(error) }].slice(-MOST_ERRORS);
  };
  return guest.subscribe(topic, onValue, { onError }).then(
    () => {},
    (error) => {
      entry.refused = { phase: 'subscribe', ...describe(error) };
    },
  );
}

/** The topic as this page shows it. */
export function shown(topic: string): { value: unknown; revision: string } {
  const entry = watched.get(topic);
  if (entry === undefined) throw new Error(`this page does not watch ${topic}`);
  return { value: entry.value, revision: entry.revision };
}

/** Resolves when the page shows at least this revision. */
export function reaches(topic: string, revision: string): Promise<void> {
  return new Promise((resolve) => {
    const entry = watched.get(topic);
    const listen = () => {
      if (entry === undefined || BigInt(entry.revision) < BigInt(revision)) return;
      entry.listeners.delete(listen);
      resolve();
    };
    entry?.listeners.add(listen);
    listen();
  });
}

export function watchedTopics(): Record<string, unknown> {
  const topics: Record<string, unknown> = {};
  for (const [topic, { value, revision, values, shownAt, errors, refused }] of watched) {
    const shown = { revision, digest: values === 0 ? '' : digest(value), values, shownAt };
    topics[topic] = { ...shown, errors, refused };
  }
  return topics;
}
