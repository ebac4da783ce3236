// Storages and time for the tests of persistence.

import type { Revision, SnapshotEnvelope } from '../core/index.ts';
import { createManualClock } from '../testing/manual-clock.ts';
import type { PersistenceErrorContext } from './options.ts';

export const at = <T>(revision: number, data: T, epoch?: string): SnapshotEnvelope<T> => ({
  revision: String(revision) as Revision,
  data,
  ...(epoch === undefined ? {} : { epoch }),
});

/** Time that stands still, with a wall clock that can be set. */
export function createRigClock() {
  const clock = { ...createManualClock(), wall: 1_700_000_000_000, wallTime: () => clock.wall };
  return clock;
}

/** Web storage over a map, with the quota and the denials of browsers. */
export class FakeStorage implements Storage {
  readonly map = new Map<string, string>();
  quota = Number.POSITIVE_INFINITY;
  /** Throws this at every write, as private mode did. */
  denial: unknown;
  /** Writes until a crash: those after it never happen. */
  writesLeft = Number.POSITIVE_INFINITY;

  get length() {
    return this.map.size;
  }
  key(index: number) {
    return [...this.map.keys()][index] ?? null;
  }
  getItem(key: string) {
    return this.map.get(key) ?? null;
  }
  setItem(key: string, value: string) {
    if (this.denial) throw this.denial;
    if (this.writesLeft <= 0) throw new Crash();
    const others = [...this.map].filter(([name]) => name !== key);
    const size = others.reduce((sum, [name, text]) => sum + name.length + text.length, 0);
    if (size + key.length + value.length > this.quota)
      throw new DOMException('The quota has been exceeded.', 'QuotaExceededError');
    this.writesLeft -= 1;
    this.map.set(key, value);
  }
  removeItem(key: string) {
    if (this.writesLeft <= 0) throw new Crash();
    this.writesLeft -= 1;
    this.map.delete(key);
  }
  clear() {
    this.map.clear();
  }
}

/** The page died here. */
export class Crash extends Error {}

/** An applier that remembers, and failures that are remembered. */
export function createRecorder<T>() {
  const applied: SnapshotEnvelope<T>[] = [];
  const errors: PersistenceErrorContext[] = [];
  return {
    applied,
    errors,
    applier: {
      apply(snapshot: SnapshotEnvelope<T>) {
        applied.push(snapshot);
      },
    },
    onError: (context: PersistenceErrorContext) => {
      errors.push(context);
    },
    kinds: () => errors.map(({ error }) => (error as { kind?: string }).kind ?? String(error)),
    revisions: () => applied.map(({ revision }) => revision),
  };
}

export class Deferred<T = void> {
  resolve!: (value: T) => void;
  reject!: (error: unknown) => void;
  readonly promise = new Promise<T>((resolve, reject) => {
    this.resolve = resolve;
    this.reject = reject;
  });
}

/** BroadcastChannel whose messages arrive when the test says so. */
export function createFakeChannels() {
  const open = new Set<FakeChannel>();
  const queue: (() => void)[] = [];
  const sent: unknown[] = [];
  class FakeChannel extends EventTarget {
    readonly name: string;
    constructor(name: string) {
      super();
      this.name = name;
      open.add(this);
    }
    postMessage(message: unknown) {
      const data: unknown = structuredClone(message);
      sent.push(data);
      for (const other of [...open].filter((each) => each !== this && each.name === this.name))
        queue.push(() => {
          if (open.has(other)) other.dispatchEvent(Object.assign(new Event('message'), { data }));
        });
    }
    close() {
      open.delete(this);
    }
  }
  return {
    Channel: FakeChannel as unknown as typeof BroadcastChannel,
    open,
    sent,
    deliver() {
      for (const arrive of queue.splice(0)) arrive();
    },
  };
}

/** Lets promises settle. */
export async function settle(): Promise<void> {
  for (let round = 0; round < 200; round += 1) await undefined;
}
