/**
 * Decides when a stream of triggers becomes a call: debounce first, then throttle.
 *
 * Keeps the promise that a steady stream never starves the call: debounce is bounded by `maxWaitMs`. Loses
 * triggers on purpose: many become one, and with `trailing: false` those inside a throttle window become none.
 *
 * `leading` and `trailing` are the two edges of the throttle window; debounce always waits for its quiet.
 */
import { type Clock, systemClock } from './clock.ts';

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

/** Calls `onRefresh` for triggers as `options` allow. What `onRefresh` throws goes to `onError`. */
export function createThrottledHandler(
  onRefresh: () => void,
  options: InvalidationThrottlingOptions = {},
  clock: Clock = systemClock,
  onError: (error: unknown) => void = (error) => console.error(error),
): ThrottledHandler {
  const { leading = true } = options;
  const trailing = options.trailing !== false || !leading;
  const debounceMs = duration(options.debounceMs) ?? 0;
  const throttleMs = duration(options.throttleMs) ?? 0;
  const maxWaitMs = duration(options.maxWaitMs) ?? Math.max(10 * debounceMs, 1000);
  let disposed = false;
  /** A trigger waits for the end of the throttle window. */
  let owed = false;
  const timers: { quiet?: unknown; limit?: unknown; window?: unknown } = {};

  const clear = (name: keyof typeof timers): void => {
    if (timers[name] !== undefined) clock.clearTimeout(timers[name]);
    timers[name] = undefined;
  };
  const arm = (name: keyof typeof timers, delayMs: number, then: () => void): void => {
    clear(name);
    timers[name] = clock.setTimeout(() => {
      timers[name] = undefined;
      then();
    }, delayMs);
  };
  const fire = (): void => {
    owed = false;
    if (throttleMs) arm('window', throttleMs, () => owed && fire());
    try {
      onRefresh();
    } catch (error) {
      onError(error);
    }
  };
  const pass = (): void => {
    clear('quiet');
    clear('limit');
    if (timers.window === undefined && (leading || !throttleMs)) fire();
    else if (trailing) {
      owed = true;
      if (timers.window === undefined) arm('window', throttleMs, fire);
    }
  };

  return {
    trigger() {
      if (disposed) return;
      if (!debounceMs) return pass();
      arm('quiet', debounceMs, pass);
      if (timers.limit === undefined) arm('limit', maxWaitMs, pass);
    },
    dispose() {
      disposed = true;
      owed = false;
      clear('quiet');
      clear('limit');
      clear('window');
    },
    hasPending: () => owed || timers.quiet !== undefined,
  };
}

/** A usable duration, or undefined for one that is missing or nonsense. */
const duration = (value: number | undefined): number | undefined =>
  value !== undefined && value >= 0 && value < Infinity ? value : undefined;

/** What is wrong with `options`, in words; undefined when nothing is. */
export function throttlingProblem(options: InvalidationThrottlingOptions): string | undefined {
  for (const name of ['debounceMs', 'throttleMs', 'maxWaitMs'] as const) {
    const value = options[name];
    if (value !== undefined && duration(value) === undefined) return `${name} ${value} is ignored`;
  }
  return options.leading === false && options.trailing === false
    ? 'leading and trailing are both false: treated as trailing'
    : undefined;
}
