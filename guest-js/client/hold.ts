// Keeps back, for a moment, what the answer of a write is about to make needless: the newest signal of the topic, whose
// pull would bring what the answer brings. Loses nothing: what is kept comes out when the write is settled or the moment
// is over, whichever is first.

import { compareRevisions, type InvalidationEvent } from '../core/index.ts';
import type { PageClock } from './environment.ts';

/** Longer than an answer is usually overtaken by, shorter than anybody waits for. */
export const HOLD_MS = 100;

export interface Hold {
  /** Begins to wait, or goes on waiting. False when the signal may not wait: it names another epoch. */
  keep(event?: InvalidationEvent): boolean;
  /** Ends the wait; the newest signal kept, if any. */
  end(): InvalidationEvent | undefined;
}

/** `onOver` runs when the moment is over; it is not told of an `end` by hand. */
export function createHold(clock: PageClock, onOver: () => void): Hold {
  let timer: unknown;
  let kept: InvalidationEvent | undefined;
  return {
    keep(event) {
      if (event !== undefined) {
        if (kept !== undefined && kept.epoch !== event.epoch) return false;
        if (kept === undefined || compareRevisions(event.revision, kept.revision) > 0) kept = event;
      }
      timer ??= clock.setTimeout(() => {
        timer = undefined;
        onOver();
      }, HOLD_MS);
      return true;
    },
    end() {
      clock.clearTimeout(timer);
      timer = undefined;
      const event = kept;
      kept = undefined;
      return event;
    },
  };
}
