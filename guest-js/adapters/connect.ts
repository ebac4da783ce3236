// Keeps a store of a library and a topic equal, in both directions: what the topic was when the store was last equal to
// it, and what was changed in the store since. Loses nothing that was changed in the store: it is written on top of
// whatever the topic has become. Only what the host refuses is undone, and reported.

import type { SnapshotApplier } from '../core/index.ts';
import {
  type ReadOnlyTopics,
  type Revision,
  StateSyncError,
  type Topic,
  type Unsubscribe,
} from '../index.ts';
import type { ApplierOptions } from './applier.ts';
import { isData } from './copy.ts';
import { diff, type Edit } from './diff.ts';
import { operationsOf, replay } from './replay.ts';
import { type ConnectErrorContext, type Connection, complain, showTopic } from './show.ts';
import { handleOf } from './untyped.ts';

export type { ConnectErrorContext, Connection } from './show.ts';

/** Options of every store that is connected to a topic: those of its applier, and how changes get back. */
export interface ConnectOptions<S, D = S, Ctx = unknown> extends ApplierOptions<S, D, Ctx> {
  /**
   * Makes the topic's value of the store's state; the inverse of `toState`, and required with it. The default takes the
   * state without functions, getters and filtered keys.
   */
  fromState?: (state: S) => D;
  /**
   * Whether changes of the store are written to the topic, `true` by default. With `false` they stay in this window
   * until the topic has another value.
   */
  writeBack?: boolean;
  /** Hears of failed pulls and refused writes. Without it they go to the console. */
  onError?: (context: ConnectErrorContext) => void;
}

/** A topic that windows cannot write asks for `writeBack: false`. */
export type ReadOnlyNeeds<Name> = Name extends keyof ReadOnlyTopics ? { writeBack: false } : unknown;

/** The last arguments of a function that connects a store to the topic `Name`. */
export type OptionsOf<Name, Options> = Name extends keyof ReadOnlyTopics
  ? [options: Options & { writeBack: false }]
  : [options?: Options];

/** A store as the connection sees it. */
export interface StorePort<S, D> {
  applier: SnapshotApplier<D>;
  /**
   * The state as it is now, without getters. A store that changes its state in place gives a copy; parts of an
   * immutable state may be the very objects.
   */
  read(): S;
  /** Tells of every change, if the library can: before anything else happens. Its own changes come as well. */
  listen(changed: () => void): Unsubscribe;
}

/**
 * Shows the topic in the store, and writes changes of the store to the topic.
 *
 * All changes of one tick make one write, which is optimistic: the client replays it over every value that comes in the
 * meantime, so a keystroke during a pull or another write is never lost. Members that nobody changed here are not
 * written, so two windows can type into different fields. Items of lists are found by their `id`.
 *
 * What is changed before the first value arrived is written on top of it. So nothing else may restore these members at
 * that time, from a local storage for example: that would count as typed.
 */
export function connectTopic<S, D>(
  topic: Topic,
  port: StorePort<S, D>,
  options: Omit<ConnectOptions<S, D>, 'toState'> & { toState?: unknown } = {},
): Connection {
  const { writeBack = true, fromState, toState, onError } = options;
  if (writeBack && toState !== undefined && fromState === undefined) {
    throw new Error('toState needs fromState to write changes back; or set writeBack: false');
  }
  const handle = handleOf<D>(topic);
  const writes = new Set<Promise<unknown>>();
  const read = () => (writeBack ? dataOf(port.read(), options) : undefined);
  /** What the store was when it was last equal to the topic, or written to it. */
  let base = read();
  /** What the topic is, as far as the store knows it by its own members. */
  let held: unknown;
  let deliveries = 0;
  let news: 'none' | 'scheduled' = 'none';
  let writable = writeBack;
  let stopped = false;

  const settled = (writing: Promise<Revision>) => {
    const done = writing
      .catch((error: StateSyncError) => {
        if (error.kind === 'read-only') writable = false;
        if (error.kind !== 'stopped' || !stopped) complain({ phase: 'write', topic, error }, onError);
      })
      .finally(() => writes.delete(done));
    writes.add(done);
  };
  /** What the store has is the app's: it may be nothing that can be written. Then it stays in this window. */
  const editsOfTick = (): Edit[] => {
    try {
      const now = read();
      const edits = changes(base, now, held);
      base = now;
      return edits;
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : 'it is no JSON';
      const error = new StateSyncError('invalid-value', `the state cannot be written: ${why}.`, {
        topic,
        cause,
      });
      complain({ phase: 'write', topic, error }, onError);
      return [];
    }
  };
  const write = () => {
    // Before the first value nobody knows what the change would be made to.
    if (news === 'none' || deliveries === 0) return;
    news = 'none';
    const edits = editsOfTick();
    if (edits.length === 0 || !writable) return;
    const operations = operationsOf(edits);
    settled(
      operations
        ? handle.patch(operations, { optimistic: true })
        : handle.update((draft) => replay(draft, edits), { optimistic: true }),
    );
  };
  const changed = () => {
    if (news === 'scheduled') return;
    news = 'scheduled';
    queueMicrotask(write);
  };
  const show = (data: D, { revision }: { revision: Revision }) => {
    deliveries += 1;
    const turn = deliveries;
    held = toState || fromState ? undefined : data;
    // What was changed in this tick goes on top of the value, and the client shows the result before `write` returns.
    write();
    if (turn !== deliveries) return;
    let applied: unknown = false;
    try {
      applied = port.applier.apply({ data, revision });
    } finally {
      if (writeBack) {
        const now = read();
        base = applied === false ? now : own(now, held);
        news = 'none';
        // A subscriber of the store changed it at once, because of the new value.
        if (diff(base, now).length > 0) changed();
      }
    }
  };

  const unlisten = writeBack ? port.listen(changed) : () => {};
  const shown = showTopic<D>(topic, show, onError);
  return {
    ready: shown.ready,
    async flush() {
      write();
      while (writes.size > 0) await Promise.all(writes);
    },
    stop() {
      write(); // the state may be gone by the end of the tick
      unlisten();
      stopped = true;
      shown.stop();
    },
  };
}

/** What of the state belongs to the topic. */
function dataOf<S, D>(
  state: S,
  { fromState, pickKeys, omitKeys }: Pick<ConnectOptions<S, D>, 'fromState' | 'pickKeys' | 'omitKeys'>,
): unknown {
  if (fromState) return fromState(state);
  if (!isRecord(state)) return state;
  const belongs = (key: string) =>
    pickKeys ? pickKeys.includes(key as keyof S) : !omitKeys?.includes(key as keyof S);
  return Object.fromEntries(Object.entries(state).filter(([key, part]) => belongs(key) && isData(part)));
}

/** What the store has after it was told `data`, as it would be if nobody else had touched it. */
function own(now: unknown, data: unknown): unknown {
  if (data === undefined || !isRecord(now)) return data ?? now;
  if (!isRecord(data)) return now;
  const members = Object.entries(now).map(([key, part]) => [
    key,
    Object.hasOwn(data, key) ? data[key] : part,
  ]);
  return Object.fromEntries(members);
}

/** What was changed. A member that the topic does not have (yet) is written as a whole. */
function changes(base: unknown, now: unknown, held: unknown): Edit[] {
  const edits = diff(base, now);
  if (!isRecord(base) || !isRecord(held)) return edits;
  const strange = edits.map(({ path }) => String(path[0])).filter((key) => !Object.hasOwn(held, key));
  if (strange.length === 0) return edits;
  return diff(Object.fromEntries(Object.entries(base).filter(([key]) => !strange.includes(key))), now);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
