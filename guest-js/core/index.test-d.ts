// Compiled, never run: the shapes other programs are written against.
import type {
  InvalidationEvent,
  InvalidationSubscriber,
  InvalidationThrottlingOptions,
  Logger,
  RetryPolicy,
  Revision,
  RevisionSyncHandle,
  RevisionSyncOptions,
  SnapshotApplier,
  SnapshotEnvelope,
  SnapshotProvider,
  SyncErrorContext,
  SyncPhase,
  ThrottledHandler,
  Topic,
  Unsubscribe,
} from './index.ts';
import {
  compareRevisions,
  createConsoleLogger,
  createRevisionSync,
  createThrottledHandler,
  isCanonicalRevision,
  noopLogger,
  tagLogger,
  withRetry,
  withRetryReporting,
  ZERO_REVISION,
} from './index.ts';

type Equal<A, B> = (<X>() => X extends A ? 1 : 2) extends <X>() => X extends B ? 1 : 2 ? true : false;
const claim = <T extends true>(): T | undefined => undefined;

interface Settings {
  theme: 'light' | 'dark';
}

// Revisions are branded: plain text is not one until it was checked.
claim<Equal<Topic, string>>();
claim<Equal<typeof ZERO_REVISION, Revision>>();
claim<Equal<ReturnType<typeof compareRevisions>, -1 | 0 | 1>>();
// @ts-expect-error: text has to pass isCanonicalRevision first
compareRevisions('1', ZERO_REVISION);
const unknownValue: unknown = '1';
if (isCanonicalRevision(unknownValue)) claim<Equal<typeof unknownValue, Revision>>();
const asText: string = ZERO_REVISION;

// The engine's parts are structural, and generic in the data.
const subscriber: InvalidationSubscriber = { subscribe: async (handler) => () => handler };
const provider: SnapshotProvider<Settings> = {
  async getSnapshot(context) {
    claim<
      Equal<
        typeof context,
        { signal: AbortSignal; known?: { epoch?: string; revision: Revision } } | undefined
      >
    >;
    return { revision: ZERO_REVISION, data: { theme: 'dark' } };
  },
};
const applier: SnapshotApplier<Settings> = {
  apply(snapshot) {
    claim<Equal<typeof snapshot, SnapshotEnvelope<Settings>>>();
    return snapshot.data.theme === 'dark' ? undefined : false;
  },
};
const later: SnapshotApplier<Settings> = { apply: async () => false as const };
// @ts-expect-error: only `false` has a meaning
const wrong: SnapshotApplier<Settings> = { apply: () => true };
// @ts-expect-error: a snapshot has data
const bare: SnapshotEnvelope<Settings> = { revision: ZERO_REVISION };
const event: InvalidationEvent = {
  topic: 'a',
  revision: ZERO_REVISION,
  epoch: 'e',
  sourceId: 's',
  timestampMs: 1,
};

const options: RevisionSyncOptions<Settings> = {
  topic: 'settings',
  subscriber,
  provider,
  applier,
  shouldRefresh: (signal) => signal.sourceId !== 'me',
  throttling: { debounceMs: 1, throttleMs: 1, leading: true, trailing: true, maxWaitMs: 1 },
  logger: noopLogger,
  onError: (context) => claim<Equal<typeof context, SyncErrorContext>>(),
  timeoutMs: 1,
  clock: { setTimeout: () => 0, clearTimeout: () => {} },
};
const engine: RevisionSyncHandle = createRevisionSync<Settings>(options);
createRevisionSync({ topic: 'settings', subscriber, provider, applier: later });
// @ts-expect-error: the provider is required
createRevisionSync({ topic: 'settings', subscriber, applier });
// @ts-expect-error: provider and applier agree on the data
createRevisionSync<number>({ topic: 'settings', subscriber, provider, applier });
claim<Equal<ReturnType<typeof engine.start>, Promise<void>>>();
claim<Equal<ReturnType<typeof engine.refresh>, Promise<void>>>();
claim<Equal<ReturnType<typeof engine.stop>, void>>();
claim<Equal<ReturnType<typeof engine.getLocalRevision>, Revision>>();
claim<Equal<ReturnType<typeof engine.getStatus>, 'idle' | 'loading' | 'ready' | 'stale' | 'error'>>();
const leave: Unsubscribe = engine.onStatusChange((status) => status);

claim<
  Equal<
    SyncPhase,
    'start' | 'subscribe' | 'invalidation' | 'refresh' | 'getSnapshot' | 'apply' | 'protocol' | 'throttle'
  >
>();

// The pieces around it.
const throttled: ThrottledHandler = createThrottledHandler(() => {});
const throttling: InvalidationThrottlingOptions = {};
createThrottledHandler(() => {}, throttling);
const policy: RetryPolicy = {
  maxAttempts: 1,
  initialDelayMs: 1,
  backoffMultiplier: 1,
  maxDelayMs: 1,
  jitter: 0,
};
claim<Equal<ReturnType<typeof withRetry<Settings>>, SnapshotProvider<Settings>>>();
withRetry(provider, policy, ({ attempt, error, nextDelayMs }) => [attempt, error, nextDelayMs]);
withRetryReporting(provider, { topic: 'settings', policy, logger: noopLogger, onError: () => {} });
// @ts-expect-error: the topic is required
withRetryReporting(provider, {});
const logger: Logger = tagLogger(createConsoleLogger({ prefix: 'x', debug: true }), { a: 1 });

export const used = [asText, wrong, bare, event, leave, throttled, logger];
