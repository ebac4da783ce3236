/**
 * Retrying inside one pull: a provider that tries a few times before it fails.
 *
 * Differs from the engine's own self-heal, which begins a new pull after a failed one: these attempts are one
 * pull to the engine, so they share its time limit. Gives up early when the engine stops and on errors with
 * `permanent: true`.
 */
import type { Logger } from './logger.ts';
import { isPermanent, quietly, type SyncErrorContext } from './report.ts';
import type { Topic } from './revision.ts';
import type { SnapshotProvider } from './snapshot.ts';

/** How often and how patiently. */
export interface RetryPolicy {
  /** The first try included; default 3. */
  maxAttempts?: number;
  /** Default 500. */
  initialDelayMs?: number;
  /** Default 2. */
  backoffMultiplier?: number;
  /** Default 10000. */
  maxDelayMs?: number;
  /** Share of the delay that is random, from 0 (default) to 1. */
  jitter?: number;
}

/** Wraps `provider` so that a failed `getSnapshot` is tried again before it counts as failed. */
export function withRetry<T>(
  provider: SnapshotProvider<T>,
  {
    maxAttempts = 3,
    initialDelayMs = 500,
    backoffMultiplier = 2,
    maxDelayMs = 10_000,
    jitter = 0,
  }: RetryPolicy = {},
  onRetry?: (info: { attempt: number; error: unknown; nextDelayMs: number }) => void,
): SnapshotProvider<T> {
  return {
    async getSnapshot(context) {
      const signal = context?.signal;
      for (let attempt = 1; ; attempt++) {
        try {
          return await provider.getSnapshot(context);
        } catch (error) {
          if (!(attempt < maxAttempts) || isPermanent(error) || signal?.aborted) throw error;
          const full = Math.min(maxDelayMs, initialDelayMs * backoffMultiplier ** (attempt - 1));
          const nextDelayMs = full * (1 - jitter * Math.random());
          quietly(() => onRetry?.({ attempt, error, nextDelayMs }));
          let wake!: () => void;
          const slept = new Promise<void>((resolve) => {
            wake = resolve;
          });
          const timer = setTimeout(wake, nextDelayMs);
          signal?.addEventListener('abort', wake);
          await slept;
          signal?.removeEventListener('abort', wake);
          clearTimeout(timer);
          if (signal?.aborted) throw error;
        }
      }
    },
  };
}

/** {@link withRetry} that reports every failed attempt that will be tried again, in phase `getSnapshot`. */
export function withRetryReporting<T>(
  provider: SnapshotProvider<T>,
  {
    topic,
    policy,
    logger,
    onError,
  }: { topic: Topic; policy?: RetryPolicy; logger?: Logger; onError?: (context: SyncErrorContext) => void },
): SnapshotProvider<T> {
  return withRetry(provider, policy, (info) => {
    const context: SyncErrorContext = { phase: 'getSnapshot', topic, willRetry: true, ...info };
    quietly(() => logger?.warn('getSnapshot failed', context));
    quietly(() => onError?.(context));
  });
}
