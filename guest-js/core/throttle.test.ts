import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createThrottledHandler, type InvalidationThrottlingOptions } from './throttle.ts';

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** A handler whose calls are recorded as milliseconds since it was made. */
function record(options?: InvalidationThrottlingOptions) {
  const begin = performance.now();
  const calls: number[] = [];
  const errors: unknown[] = [];
  const handler = createThrottledHandler(
    () => calls.push(performance.now() - begin),
    options,
    undefined,
    (error) => errors.push(error),
  );
  const triggerAt = (...times: number[]) => {
    for (const time of times) {
      vi.advanceTimersByTime(time - (performance.now() - begin));
      handler.trigger();
    }
  };
  return { handler, calls, errors, triggerAt };
}

describe('without options', () => {
  it('every trigger is a call at once', () => {
    const { handler, calls, triggerAt } = record();
    triggerAt(0, 1, 2);
    expect(calls).toEqual([0, 1, 2]);
    expect(handler.hasPending()).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('debounce', () => {
  it('waits for quiet, and makes one call of many triggers', () => {
    const { handler, calls, triggerAt } = record({ debounceMs: 50 });
    triggerAt(0, 30, 60);
    expect(handler.hasPending()).toBe(true);
    expect(calls).toEqual([]);
    vi.advanceTimersByTime(1000);
    expect(calls).toEqual([110]);
    expect(handler.hasPending()).toBe(false);
  });

  it('never starves under a steady stream: it waits at most ten times debounceMs, at least one second', () => {
    const short = record({ debounceMs: 50 });
    short.triggerAt(...Array.from({ length: 250 }, (_, n) => n * 10));
    expect(short.calls).toEqual([1000, 2000]);
    const long = record({ debounceMs: 300 });
    long.triggerAt(...Array.from({ length: 65 }, (_, n) => n * 100));
    expect(long.calls).toEqual([3000, 6000]);
  });

  it('waits no longer than maxWaitMs', () => {
    const { calls, triggerAt } = record({ debounceMs: 50, maxWaitMs: 120 });
    triggerAt(...Array.from({ length: 30 }, (_, n) => n * 10));
    expect(calls).toEqual([120, 240]);
  });
});

describe('throttle', () => {
  it('calls at the leading and the trailing edge of its window', () => {
    const { calls, triggerAt } = record({ throttleMs: 100 });
    triggerAt(0, 10, 90);
    vi.advanceTimersByTime(1000);
    expect(calls).toEqual([0, 100]);
  });

  it('makes no trailing call when nothing came after the leading one', () => {
    const { handler, calls, triggerAt } = record({ throttleMs: 100 });
    triggerAt(0);
    expect(handler.hasPending()).toBe(false);
    vi.advanceTimersByTime(1000);
    expect(calls).toEqual([0]);
  });

  it('opens a new window with the trailing call', () => {
    const { calls, triggerAt } = record({ throttleMs: 100 });
    triggerAt(0, 50, 150);
    vi.advanceTimersByTime(1000);
    expect(calls).toEqual([0, 100, 200]);
  });

  it('calls only at the end of the window with leading: false', () => {
    const { handler, calls, triggerAt } = record({ throttleMs: 100, leading: false });
    triggerAt(0, 20);
    expect(handler.hasPending()).toBe(true);
    vi.advanceTimersByTime(1000);
    expect(calls).toEqual([100]);
  });

  it('keeps its distance after a trailing call with leading: false too', () => {
    const { calls, triggerAt } = record({ throttleMs: 100, leading: false });
    triggerAt(0, 150);
    vi.advanceTimersByTime(1000);
    expect(calls).toEqual([100, 200]);
  });

  it('drops what comes inside the window with trailing: false', () => {
    const { handler, calls, triggerAt } = record({ throttleMs: 100, trailing: false });
    triggerAt(0, 20, 99);
    expect(handler.hasPending()).toBe(false);
    triggerAt(150);
    vi.advanceTimersByTime(1000);
    expect(calls).toEqual([0, 150]);
  });

  it('comes after debounce', () => {
    const { calls, triggerAt } = record({ debounceMs: 20, throttleMs: 100 });
    triggerAt(0, 10, 50);
    vi.advanceTimersByTime(1000);
    expect(calls).toEqual([30, 130]);
  });
});

describe('options that make no sense', () => {
  it('are said to onError once: leading and trailing both false act as trailing', () => {
    const { calls, errors, triggerAt } = record({ throttleMs: 100, leading: false, trailing: false });
    triggerAt(0, 20);
    vi.advanceTimersByTime(1000);
    expect(calls).toEqual([100]);
    expect(errors).toHaveLength(1);
  });

  it.each([Number.NaN, -1, Infinity, 1e9])('are said to onError and ignored: %s', (value) => {
    const { calls, errors, triggerAt } = record({ debounceMs: value, throttleMs: value });
    triggerAt(0, 1);
    expect(calls).toEqual([0, 1]);
    expect(errors.map(String)).toEqual([
      `Error: debounceMs ${value} is ignored`,
      `Error: throttleMs ${value} is ignored`,
    ]);
  });

  it('go to the console when nobody listens', () => {
    const error = vi.spyOn(console, 'error').mockImplementation(() => {});
    createThrottledHandler(() => {}, { debounceMs: -5 });
    expect(error).toHaveBeenCalledOnce();
  });
});

describe('a call that throws', () => {
  it('neither reaches the trigger nor stops later calls', () => {
    const errors: unknown[] = [];
    let calls = 0;
    const handler = createThrottledHandler(
      () => {
        calls++;
        throw new Error(`call ${calls}`);
      },
      { throttleMs: 100 },
      undefined,
      (error) => errors.push(String(error)),
    );
    handler.trigger();
    handler.trigger();
    vi.advanceTimersByTime(100);
    handler.trigger();
    vi.advanceTimersByTime(100);
    expect(errors).toEqual(['Error: call 1', 'Error: call 2', 'Error: call 3']);
  });
});

describe('dispose', () => {
  it('drops what is pending, leaves no timer, and makes later triggers do nothing', () => {
    for (const options of [
      { debounceMs: 10 },
      { throttleMs: 10 },
      { debounceMs: 5, throttleMs: 10 },
      { throttleMs: 10, leading: false },
    ]) {
      const { handler, calls } = record(options);
      handler.trigger();
      handler.trigger();
      const before = calls.length;
      handler.dispose();
      expect(vi.getTimerCount()).toBe(0);
      expect(handler.hasPending()).toBe(false);
      handler.trigger();
      vi.advanceTimersByTime(5000);
      expect(calls).toHaveLength(before);
      expect(vi.getTimerCount()).toBe(0);
    }
  });
});

describe('any options and any stream of triggers', () => {
  const duration = fc.option(fc.integer({ min: 0, max: 200 }), { nil: undefined });

  it('make a call within the promised time of every trigger, no two closer than throttleMs, and end at rest', () => {
    fc.assert(
      fc.property(
        fc.record({ debounceMs: duration, throttleMs: duration, maxWaitMs: duration, leading: fc.boolean() }),
        fc.array(fc.integer({ min: 0, max: 150 }), { minLength: 1, maxLength: 40 }),
        (options, gaps) => {
          const { handler, calls, triggerAt } = record(options);
          const times: number[] = [];
          let time = 0;
          for (const gap of gaps) {
            time += gap;
            times.push(time);
          }
          triggerAt(...times);
          vi.advanceTimersByTime(10_000);
          const { debounceMs = 0, throttleMs = 0 } = options;
          const maxWaitMs = options.maxWaitMs ?? Math.max(10 * debounceMs, 1000);
          const promise = (debounceMs && Math.max(debounceMs, maxWaitMs)) + throttleMs;
          for (const trigger of times)
            expect(calls.some((call) => call >= trigger && call <= trigger + promise)).toBe(true);
          for (let n = 1; n < calls.length; n++)
            expect((calls[n] as number) - (calls[n - 1] as number)).toBeGreaterThanOrEqual(throttleMs);
          expect(calls.length).toBeLessThanOrEqual(times.length);
          expect(handler.hasPending()).toBe(false);
          expect(vi.getTimerCount()).toBe(0);
        },
      ),
    );
  });
});
