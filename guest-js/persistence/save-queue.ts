// When a snapshot is saved: throttled, one at a time, and again after a failure.
//
// Keeps the newest snapshot that is not stored, until it is. Loses on purpose the ones it replaced: only the newest state is
// worth storing. Like in the engine, events change the state and `decide` alone begins a save or a wait.
//
// 1. At most one save is under way, and a later one never began before it ended.
// 2. While something is pending and not disposed, a save is under way, or throttling, a retry or `MAX_RETRIES` holds it.
// 3. After `dispose()` no timer is armed and nobody waits.

import { type Clock, createAlarm } from '../core/clock.ts';
import type { SnapshotEnvelope } from '../core/index.ts';
import { createThrottledHandler } from '../core/throttle.ts';
import { FIRST_RETRY_MS, LONGEST_RETRY_MS, MAX_RETRIES } from './limits.ts';
import { type SaveThrottlingOptions, withoutMissing } from './options.ts';

interface Item<T> {
  readonly snapshot: SnapshotEnvelope<T>;
  readonly number: number;
}

interface Failure {
  readonly error: unknown;
}

/** Somebody who waits for everything up to a number to be saved. */
interface Waiter {
  readonly number: number;
  settle(failure?: Failure): void;
}

export interface SaveQueue<T> {
  readonly isThrottled: boolean;
  /** Resolves when it is stored, replaced by one that is stored, or its save failed. Never rejects. */
  push(snapshot: SnapshotEnvelope<T>): Promise<void>;
  flush(): Promise<void>;
  hasPending(): boolean;
  throttledCount(): number;
  /** Gives up what is pending and `isMeant` says yes to. */
  drop(isMeant?: (snapshot: SnapshotEnvelope<T>) => boolean): void;
  /** Resolves when no save is under way. */
  idle(): Promise<void>;
  dispose(): void;
}

export function createSaveQueue<T>(
  store: (snapshot: SnapshotEnvelope<T>) => Promise<void>,
  { debounceMs, throttleMs, leading = false, maxWaitMs }: SaveThrottlingOptions,
  clock: Clock,
): SaveQueue<T> {
  let last = 0;
  let pending: Item<T> | undefined;
  let underWay: { item: Item<T>; end: Promise<void> } | undefined;
  /** A save may begin as soon as none is under way. */
  let due = false;
  let failures = 0;
  let throttled = 0;
  let isDisposed = false;
  let waiters: Waiter[] = [];
  const retry = createAlarm(clock);
  const isThrottled = Boolean(debounceMs || throttleMs);

  const settle = (number: number, failure?: Failure): void => {
    const [over, still] = [waiters, waiters].map((all, side) =>
      all.filter((waiter) => waiter.number <= number === (side === 0)),
    ) as [Waiter[], Waiter[]];
    waiters = still;
    for (const waiter of over) waiter.settle(failure);
  };

  const decide = (): void => {
    if (isDisposed || underWay) return;
    if (!pending) {
      due = false;
      retry.clear();
    } else if (due) begin(pending);
  };

  const begin = (item: Item<T>): void => {
    due = false;
    retry.clear();
    const run = async () => {
      let failure: Failure | undefined;
      try {
        await store(item.snapshot);
      } catch (error) {
        failure = { error };
      }
      underWay = undefined;
      if (isDisposed) return;
      failures = failure ? failures + 1 : 0;
      const isHopeless = (failure?.error as { permanent?: unknown } | undefined)?.permanent === true;
      if (pending === item && (!failure || isHopeless)) pending = undefined;
      if (failure && pending && failures <= MAX_RETRIES) retry.set(retryPause(failures), saveNow);
      settle(pending ? item.number : last, failure);
      decide();
    };
    // Set before `run` begins to wait, and never after it ended: `store` is asynchronous.
    underWay = { item, end: Promise.resolve().then(run) };
  };

  const saveNow = (): void => {
    due = true;
    decide();
  };

  const throttler = createThrottledHandler(
    saveNow,
    withoutMissing({ debounceMs, throttleMs, maxWaitMs, leading }),
    clock,
  );

  const wait = (number: number): Promise<void> =>
    new Promise((resolve, reject) => {
      waiters.push({ number, settle: (failure) => (failure ? reject(failure.error) : resolve()) });
    });

  return {
    isThrottled,
    push(snapshot) {
      if (isDisposed) return Promise.resolve();
      if (pending && pending !== underWay?.item) throttled += 1;
      last += 1;
      pending = { snapshot, number: last };
      const end = wait(last).catch(() => {});
      if (isThrottled) throttler.trigger();
      else saveNow();
      return end;
    },
    flush() {
      if (isDisposed || (!pending && !underWay)) return Promise.resolve();
      const end = wait(last);
      if (pending && pending !== underWay?.item) saveNow();
      return end;
    },
    hasPending: () => pending !== undefined,
    throttledCount: () => throttled,
    drop(isMeant = () => true) {
      if (!pending || !isMeant(pending.snapshot)) return;
      const { number } = pending;
      const isUnderWay = pending === underWay?.item;
      pending = undefined;
      due = false;
      retry.clear();
      if (!isUnderWay) settle(number);
    },
    idle: () => underWay?.end ?? Promise.resolve(),
    dispose() {
      isDisposed = true;
      pending = undefined;
      throttler.dispose();
      retry.clear();
      settle(Infinity);
    },
  };
}

const retryPause = (failures: number): number =>
  Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** (failures - 1));
