/**
 * Decides when a stream of triggers becomes a call: debounce first, then throttle.
 *
 * Keeps the promise that a steady stream never starves the call: debounce is bounded by `maxWaitMs`. Loses
 * triggers on purpose: many become one, and with `trailing: false` those inside a throttle window become none.
 *
 * `leading` and `trailing` are the two edges of the throttle window; debounce always waits for its quiet.
 */
import { type Clock, createAlarm, systemClock } from './clock.ts';
import { LONGEST_MS } from './limits.ts';

/** When a signal may cause a pull. Without any option: at once. */
export interface InvalidationThrottlingOptions {
  /** Wait until no signal came for this long. */
  debounceMs?: number;
  /** At most one pull in this time. */
  throttleMs?: number;
  /** Pull at the start of a throttle window; default true. */
  leading?: boolean;
  /** Pull at the end of a throttle window in which more signals came; default true. */
  trailing?: boolean;
  /** Debounce never waits longer than this; default ten times `debounceMs`, at least one second. */
  maxWaitMs?: number;
}

/** A debounced and throttled call. */
export interface ThrottledHandler {
  trigger(): void;
  /** Drops what is pending; later triggers do nothing. */
  dispose(): void;
  /** Whether a call is scheduled. */
  hasPending(): boolean;
}

/**
 * Calls `onRefresh` for triggers as `options` allow. Options that make no sense are ignored and said to
 * `onError`, which also gets what `onRefresh` throws.
 */
export function createThrottledHandler(
  onRefresh: () => void,
  options: InvalidationThrottlingOptions = {},
  clock: Clock = systemClock,
  onError: (error: unknown) => void = console.error,
): ThrottledHandler {
  const duration = (name: 'debounceMs' | 'throttleMs' | 'maxWaitMs', otherwise: number): number => {
    const value = options[name];
    if (value === undefined) return otherwise;
    if (value >= 0 && value < LONGEST_MS) return value;
    onError(Error(`${name} ${value} is ignored`));
    return otherwise;
  };
  const debounceMs = duration('debounceMs', 0);
  const throttleMs = duration('throttleMs', 0);
  const maxWaitMs = duration('maxWaitMs', Math.max(10 * debounceMs, 1000));
  const { leading = true, trailing = true } = options;
  if (!leading && !trailing) onError(Error('trailing false is ignored'));
  const quiet = createAlarm(clock);
  const limit = createAlarm(clock);
  const window = createAlarm(clock);
  /** A trigger waits for the end of the throttle window. */
  let owed = false;
  let disposed = false;

  const openWindow = () => window.set(throttleMs, () => owed && fire());
  const fire = (): void => {
    owed = false;
    if (throttleMs) openWindow();
    try {
      onRefresh();
    } catch (error) {
      onError(error);
    }
  };
  const pass = (): void => {
    quiet.clear();
    limit.clear();
    if (!throttleMs || (leading && !window.isSet())) fire();
    else {
      owed = trailing || !leading;
      if (!window.isSet()) openWindow();
    }
  };

  return {
    trigger() {
      if (disposed) return;
      if (!debounceMs) return pass();
      quiet.set(debounceMs, pass);
      if (!limit.isSet()) limit.set(maxWaitMs, pass);
    },
    dispose() {
      disposed = true;
      owed = false;
      quiet.clear();
      limit.clear();
      window.clear();
    },
    // Without the trailing edge, what debounce lets through into an open window is dropped.
    hasPending: () => owed || (quiet.isSet() && (trailing || !window.isSet())),
  };
}
