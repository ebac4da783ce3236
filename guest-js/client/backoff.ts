// Keeps the number of failures in a row and one timer; loses both when something works again. Spreads the tries of
// many windows with jitter, so that they do not all come back in the same millisecond.

import type { PageClock } from './environment.ts';

/** First pause after a failure, and the longest one. */
export const FIRST_PAUSE_MS = 100;
export const LONGEST_PAUSE_MS = 10_000;

export interface Backoff {
  /** A pause is running: nothing may be tried now. */
  waiting(): boolean;
  /** Counts a failure and pauses; `onOver` runs once when the pause is over. */
  fail(onOver: () => void): void;
  /** Pauses for as long as it gets. For failures that the same try would meet again. */
  failForLong(onOver: () => void): void;
  /** Ends the pause now, without forgetting the failures. */
  cut(): void;
  /** It works: forgets failures and pause. */
  reset(): void;
}

export function createBackoff(clock: PageClock, random: () => number): Backoff {
  let failures = 0;
  let timer: unknown;
  const cut = () => {
    if (timer !== undefined) clock.clearTimeout(timer);
    timer = undefined;
  };
  const pause = (onOver: () => void) => {
    cut();
    const shortest = Math.min(LONGEST_PAUSE_MS * 0.8, FIRST_PAUSE_MS * 2 ** Math.min(failures - 1, 16));
    timer = clock.setTimeout(
      () => {
        timer = undefined;
        onOver();
      },
      shortest * (1 + random() * 0.25),
    );
  };
  return {
    waiting: () => timer !== undefined,
    fail(onOver) {
      failures += 1;
      pause(onOver);
    },
    failForLong(onOver) {
      failures = 17;
      pause(onOver);
    },
    cut,
    reset() {
      failures = 0;
      cut();
    },
  };
}
