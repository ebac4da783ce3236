/**
 * The engine's only source of time and chance.
 *
 * The default reads the global timers at every call, so fake timers installed later are the ones used. All
 * delays are timer delays: a jump of the wall clock changes nothing.
 */

/** Injected time. Timer handles are opaque to the engine. */
export interface Clock {
  /** Milliseconds on a monotonic clock. */
  now(): number;
  setTimeout(callback: () => void, delayMs: number): unknown;
  clearTimeout(handle: unknown): void;
  /** From 0 up to 1; when present, waits before a retry are stretched by up to half. */
  random?(): number;
}

/** Real time, without jitter. */
export const systemClock: Clock = {
  now: () => performance.now(),
  setTimeout: (callback, delayMs) => setTimeout(callback, delayMs),
  clearTimeout: (handle) => clearTimeout(handle as ReturnType<typeof setTimeout>),
};
