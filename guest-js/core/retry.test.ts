import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { SyncErrorContext } from './report.ts';
import { withRetry, withRetryReporting } from './retry.ts';
import type { Revision } from './revision.ts';
import type { PullContext, SnapshotEnvelope } from './snapshot.ts';

const snapshot: SnapshotEnvelope<string> = { revision: '1' as Revision, data: 'one' };

/** Fails with each error in turn, then answers. */
const failing = (...errors: unknown[]) => ({
  contexts: [] as (PullContext | undefined)[],
  async getSnapshot(context?: PullContext) {
    this.contexts.push(context);
    if (errors.length > 0) throw errors.shift();
    return snapshot;
  },
});

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe('a retrying provider', () => {
  it('passes a first success, and its context, straight through', async () => {
    const provider = failing();
    const context = { signal: new AbortController().signal };
    await expect(withRetry(provider).getSnapshot(context)).resolves.toBe(snapshot);
    expect(provider.contexts).toEqual([context]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('tries three times by default, after 500 and 1000 ms, and fails with the last error', async () => {
    const provider = failing('first', 'second', 'third', 'never');
    const told: unknown[] = [];
    const result = withRetry(provider, {}, (info) => told.push(info)).getSnapshot();
    const failure = expect(result).rejects.toBe('third');
    await vi.advanceTimersByTimeAsync(499);
    expect(provider.contexts).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(provider.contexts).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(999);
    expect(provider.contexts).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(1);
    await failure;
    expect(provider.contexts).toHaveLength(3);
    expect(told).toEqual([
      { attempt: 1, error: 'first', nextDelayMs: 500 },
      { attempt: 2, error: 'second', nextDelayMs: 1000 },
    ]);
  });

  it('never waits longer than maxDelayMs', async () => {
    const delays: number[] = [];
    const policy = { maxAttempts: 6, initialDelayMs: 1000, backoffMultiplier: 10, maxDelayMs: 5000 };
    const result = withRetry(failing(1, 2, 3, 4, 5), policy, ({ nextDelayMs }) =>
      delays.push(nextDelayMs),
    ).getSnapshot();
    await vi.advanceTimersByTimeAsync(60_000);
    await expect(result).resolves.toBe(snapshot);
    expect(delays).toEqual([1000, 5000, 5000, 5000, 5000]);
  });

  it('takes up to the jittered share off each delay', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0.5);
    const delays: number[] = [];
    const result = withRetry(failing('once'), { jitter: 0.4 }, ({ nextDelayMs }) =>
      delays.push(nextDelayMs),
    ).getSnapshot();
    await vi.advanceTimersByTimeAsync(400);
    await result;
    expect(delays).toEqual([400]);
  });

  it('does not repeat a permanent error', async () => {
    const error = Object.assign(new Error('forbidden'), { permanent: true });
    const provider = failing(error);
    await expect(withRetry(provider).getSnapshot()).rejects.toBe(error);
    expect(provider.contexts).toHaveLength(1);
  });

  it('gives up at once, without a timer left, when the engine stops while it waits', async () => {
    const abort = new AbortController();
    const provider = failing('first', 'second');
    const result = withRetry(provider).getSnapshot({ signal: abort.signal });
    const failure = expect(result).rejects.toBe('first');
    await vi.advanceTimersByTimeAsync(10);
    abort.abort();
    await failure;
    expect(vi.getTimerCount()).toBe(0);
    expect(provider.contexts).toHaveLength(1);
  });

  it('leaves no listener on the signal once it is done', async () => {
    const { signal } = new AbortController();
    const add = vi.spyOn(signal, 'addEventListener');
    const remove = vi.spyOn(signal, 'removeEventListener');
    const result = withRetry(failing('a', 'b')).getSnapshot({ signal });
    await vi.advanceTimersByTimeAsync(1500);
    await result;
    expect(add).toHaveBeenCalledTimes(2);
    expect(remove.mock.calls.map(([, listener]) => listener)).toEqual(
      add.mock.calls.map(([, listener]) => listener),
    );
  });

  it('does not mind an onRetry that throws', async () => {
    const result = withRetry(failing('once'), {}, () => {
      throw new Error('listener');
    }).getSnapshot();
    await vi.advanceTimersByTimeAsync(500);
    await expect(result).resolves.toBe(snapshot);
  });
});

describe('a retrying provider that reports', () => {
  it('reports each attempt that is followed by another, and leaves the last failure to its caller', async () => {
    const reports: SyncErrorContext[] = [];
    const warn = vi.fn();
    const logger = { debug() {}, warn, error() {} };
    const result = withRetryReporting(failing('first', 'second', 'third'), {
      topic: 'settings',
      logger,
      onError: (context) => reports.push(context),
    }).getSnapshot();
    const failure = expect(result).rejects.toBe('third');
    await vi.advanceTimersByTimeAsync(1500);
    await failure;
    const shared = { phase: 'getSnapshot', topic: 'settings', willRetry: true };
    expect(reports).toEqual([
      { ...shared, attempt: 1, error: 'first', nextDelayMs: 500 },
      { ...shared, attempt: 2, error: 'second', nextDelayMs: 1000 },
    ]);
    expect(warn).toHaveBeenCalledTimes(2);
  });

  it('still reports when the logger throws, and retries when both throw', async () => {
    const onError = vi.fn(() => {
      throw new Error('onError');
    });
    const throwing = () => {
      throw new Error('logger');
    };
    const result = withRetryReporting(failing('once'), {
      topic: 'settings',
      policy: { initialDelayMs: 1 },
      logger: { debug: throwing, warn: throwing, error: throwing },
      onError,
    }).getSnapshot();
    await vi.advanceTimersByTimeAsync(1);
    await expect(result).resolves.toBe(snapshot);
    expect(onError).toHaveBeenCalledOnce();
  });
});
