// Keeps nothing: the two clocks persistence needs. Timers and durations are monotonic, so a jump of the wall clock
// changes neither throttling nor retries; only `savedAt` and `ttlMs` are wall clock, because they outlive the page.

import { type Clock, systemClock } from '../core/clock.ts';

/** Injected time. A plain engine clock fits; what is missing is taken from the platform. */
export interface PersistenceClock extends Clock {
  /** Monotonic, ms. */
  now?(): number;
  /** Wall clock, ms since 1970. */
  wallTime?(): number;
}

/** Real time; reads the globals at each call, so that fake ones installed later are used. */
export const persistenceClock: PersistenceClock = systemClock;

export const monotonicNow = (clock: PersistenceClock): number => clock.now?.() ?? performance.now();

export const wallNow = (clock: PersistenceClock): number => clock.wallTime?.() ?? Date.now();

/** Resolves when the time has passed; at once for nothing. */
export async function pause(clock: PersistenceClock, ms: number): Promise<void> {
  if (ms > 0) await new Promise<void>((resolve) => clock.setTimeout(resolve, ms));
}

/** Resolves when the promise settles, whatever comes of it, or when the time is over. */
export function settledWithin(clock: PersistenceClock, ms: number, promise: Promise<unknown>): Promise<void> {
  return new Promise((resolve) => {
    const timer = clock.setTimeout(resolve, ms);
    const end = () => {
      clock.clearTimeout(timer);
      resolve();
    };
    promise.then(end, end);
  });
}
