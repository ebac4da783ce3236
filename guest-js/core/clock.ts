/**
 * The engine's only source of time and chance.
 *
 * The default reads the global timers at every call, so fake timers installed later are the ones used. All
 * delays are timer delays: a jump of the wall clock changes nothing.
 */

/** Injected time. Timer handles are opaque; clearing one that is undefined or has fired does nothing. */
export interface Clock {
  setTimeout(callback: () => void, delayMs: number): unknown;
  clearTimeout(handle: unknown): void;
  /** From 0 up to 1; when present, waits before a retry are stretched by up to half. */
  random?(): number;
}

/** Real time, without jitter. */
export const systemClock: Clock = {
  setTimeout: (callback, delayMs) => setTimeout(callback, delayMs),
  clearTimeout: (handle) => clearTimeout(handle as number | undefined),
};

/** One timer at a time: setting it again forgets the earlier one. */
export interface Alarm {
  set(delayMs: number, ring: () => void): void;
  clear(): void;
  isSet(): boolean;
}

export function createAlarm(clock: Clock): Alarm {
  let handle: unknown;
  const clear = (): void => {
    clock.clearTimeout(handle);
    handle = undefined;
  };
  return {
    set(delayMs, ring) {
      clear();
      handle = clock.setTimeout(() => {
        handle = undefined;
        ring();
      }, delayMs);
    },
    clear,
    isSet: () => handle !== undefined,
  };
}
