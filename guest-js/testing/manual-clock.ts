// Keeps timers that fire only when a test says so. Nothing here reads real time.

import type { PageClock } from '../client/environment.ts';

export interface ManualClock extends PageClock {
  /** Moves time on, firing what is due in order, and lets every promise in between settle. */
  advance(ms: number): Promise<void>;
  /** Lets promises settle without moving time. */
  settle(): Promise<void>;
  /** Time passes and nothing fires until the next `advance`: a page whose scripts are blocked. */
  block(ms: number): void;
  /** Timers that are armed. */
  pending(): number;
}

/** Enough rounds for any chain of promises between two timers of this package. */
const SETTLING_ROUNDS = 200;

async function settle(): Promise<void> {
  for (let round = 0; round < SETTLING_ROUNDS; round += 1) await undefined;
}

/** A clock at 0 that stands still. */
export function createManualClock(): ManualClock {
  let now = 0;
  let last = 0;
  const timers = new Map<number, { at: number; callback: () => void }>();

  const nextDue = (until: number): number | undefined => {
    let first: number | undefined;
    for (const [id, timer] of timers) {
      const earlier = first === undefined || timer.at < (timers.get(first)?.at ?? 0);
      if (timer.at <= until && earlier) first = id;
    }
    return first;
  };

  return {
    now: () => now,
    setTimeout(callback, ms) {
      last += 1;
      timers.set(last, { at: now + Math.max(0, ms), callback });
      return last;
    },
    clearTimeout(timer) {
      timers.delete(timer as number);
    },
    async advance(ms) {
      const until = now + ms;
      await settle();
      for (let id = nextDue(until); id !== undefined; id = nextDue(until)) {
        const timer = timers.get(id);
        timers.delete(id);
        now = Math.max(now, timer?.at ?? now);
        timer?.callback();
        await settle();
      }
      now = until;
    },
    settle,
    block(ms) {
      now += ms;
    },
    pending: () => timers.size,
  };
}
