/**
 * The engine: one local copy of one topic, kept right by invalidation and pull.
 *
 * Keeps: the revision it applied last, the highest revision it was told of (`target`), and which requested
 * refreshes no pull has covered yet (`owed`). Loses on purpose: every signal but the newest, and every answer
 * that comes late.
 *
 * One state machine. Signals, answers, time and calls change the state; then `decide` alone says what happens
 * next, and it only ever begins a pull or a wait. Invariants it keeps:
 *
 * 1. At most one pull is in flight (`single-flight`).
 * 2. While running and behind, a pull is in flight, or one waits for a timer.
 * 3. The local revision advances only after the applier took the snapshot (`strictly-newer`).
 * 4. After `stop()` no timer is armed and nothing of the past is heard (`quiet-after-stop`).
 */
import { type Clock, systemClock } from './clock.ts';
import { type Logger, noopLogger } from './logger.ts';
import { isPermanent, type SyncErrorContext, type SyncPhase } from './report.ts';
import {
  compareRevisions,
  isCanonicalRevision,
  type Revision,
  type Topic,
  ZERO_REVISION,
} from './revision.ts';
import type {
  InvalidationEvent,
  InvalidationSubscriber,
  KnownSnapshot,
  SnapshotApplier,
  SnapshotEnvelope,
  SnapshotProvider,
  UnchangedAnswer,
  Unsubscribe,
} from './snapshot.ts';
import {
  createThrottledHandler,
  type InvalidationThrottlingOptions,
  type ThrottledHandler,
  throttlingProblem,
} from './throttle.ts';

/**
 * `idle`: not started, or stopped. `loading`: started, no data yet. `ready`: the copy is as new as anything it
 * was told of. `stale`: it has data but something newer is known or requested. `error`: the last cycle failed
 * or the topic is parked.
 */
export type SyncStatus = 'idle' | 'loading' | 'ready' | 'stale' | 'error';

export interface RevisionSyncOptions<T> {
  topic: Topic;
  subscriber: InvalidationSubscriber;
  provider: SnapshotProvider<T>;
  applier: SnapshotApplier<T>;
  /** Says no to signals that need no pull; they do not raise the target. */
  shouldRefresh?: (event: InvalidationEvent) => boolean;
  throttling?: InvalidationThrottlingOptions;
  logger?: Logger;
  onError?: (context: SyncErrorContext) => void;
  /** Limit of every subscribe, getSnapshot and apply; default 10000. */
  timeoutMs?: number;
  clock?: Clock;
}

export interface RevisionSyncHandle {
  /** Subscribes, pulls and applies. Rejects, undone, when that fails; may then be called again. */
  start(): Promise<void>;
  /** Final and idempotent. Pending `start` and `refresh` promises reject. */
  stop(): void;
  /** Resolves when a pull that began after the call was applied; rejects when that pull fails. */
  refresh(): Promise<void>;
  getLocalRevision(): Revision;
  getStatus(): SyncStatus;
  onStatusChange(listener: (status: SyncStatus) => void): Unsubscribe;
}

/** `idle` may start; `starting` rolls back when its first pull fails; `running` heals itself; `stopped` is final. */
type Life = 'idle' | 'starting' | 'running' | 'stopped';

/** How the last cycle ended: `failed` is tried again, `parked` waits for a newer signal or a refresh. */
type Outcome = 'none' | 'applied' | 'failed' | 'parked';

/** The highest revision told of, by which signal, and how many pulls had begun by then. */
interface Target {
  event: InvalidationEvent;
  begun: number;
  /** Pulls that began later, succeeded and still answered something older. */
  misses: number;
}

interface Waiter {
  request: number;
  resolve: () => void;
  reject: (error: unknown) => void;
}

/** A mistaken signal costs at most this many pulls. */
const MAX_MISSES = 5;
const FIRST_DELAY_MS = 100;
const MAX_DELAY_MS = 10_000;

/** Runs code that is not ours; whatever it throws or rejects with ends here. */
const quietly = async (call: () => unknown): Promise<void> => {
  try {
    await call();
  } catch {}
};

const isEpoch = (value: unknown): boolean => value === undefined || typeof value === 'string';

function assertSnapshot(
  answer: Partial<SnapshotEnvelope<unknown> & UnchangedAnswer> | null | undefined,
): void {
  if (!isCanonicalRevision(answer?.revision))
    throw new Error(`Non-canonical snapshot revision: ${String(answer?.revision)}`);
  if (!('data' in answer! || answer!.unchanged) || !isEpoch(answer!.epoch))
    throw new Error('Malformed snapshot envelope');
}

/** Creates the engine of one topic. Throws when a required option is missing or unusable. */
export function createRevisionSync<T>(options: RevisionSyncOptions<T>): RevisionSyncHandle {
  const { topic, subscriber, provider, applier, shouldRefresh, onError, throttling } = options;
  const { logger = noopLogger, timeoutMs = 10_000, clock = systemClock } = options;
  const demand = (met: unknown, what: string): void => {
    if (!met) throw new TypeError(`createRevisionSync: ${what}`);
  };
  demand(topic && typeof topic === 'string', 'topic must be a non-empty string');
  demand(subscriber?.subscribe, 'subscriber is missing');
  demand(provider?.getSnapshot, 'provider is missing');
  demand(applier?.apply, 'applier is missing');
  demand(timeoutMs > 0 && timeoutMs < 2 ** 31, 'timeoutMs is out of range');

  let life: Life = 'idle';
  let outcome: Outcome = 'none';
  let status: SyncStatus = 'idle';
  let local: KnownSnapshot | undefined;
  /** The session's epoch, boxed because `undefined` is an epoch like another; empty before its first answer. */
  let session: { epoch?: string } | undefined;
  let target: Target | undefined;
  /** Requests for a refresh are numbered; a pull that succeeds covers those made before it began (`owed`). */
  let requested = 0;
  let covered = 0;
  let begun = 0;
  let inFlight = false;
  /** The next pull may begin at once. */
  let due = false;
  let failures = 0;
  let timer: unknown;
  let throttler: ThrottledHandler | undefined;
  let started: Promise<void> | undefined;
  /** Names the current start; handlers of an earlier one are deaf. */
  let attempt: object | undefined;
  let unsubscribe: Unsubscribe | undefined;
  let waiters: Waiter[] = [];
  const cancels = new Set<(error: unknown) => void>();
  const listeners = new Set<(status: SyncStatus) => void>();
  const abort = new AbortController();

  const stopped = () => life === 'stopped';
  const stopError = () => new Error(`Sync of ${topic} was stopped`);

  const report = (phase: SyncPhase, error: unknown, more?: Partial<SyncErrorContext>): void => {
    const context = { phase, topic, error, localRevision: local?.revision ?? ZERO_REVISION, ...more };
    quietly(() => logger.error(`${phase} failed`, context));
    quietly(() => onError?.(context));
  };

  /** Runs `call` under the time limit; what comes of it later is ignored (`no-hang`). */
  const limited = <R>(call: () => R | Promise<R>): Promise<R> =>
    new Promise<R>((resolve, reject) => {
      const ended = () => {
        clock.clearTimeout(limit);
        cancels.delete(cancel);
      };
      const cancel = (error: unknown) => {
        ended();
        reject(error);
      };
      const limit = clock.setTimeout(() => cancel(new Error(`No answer in ${timeoutMs} ms`)), timeoutMs);
      cancels.add(cancel);
      (async () => call())().then((value) => {
        ended();
        resolve(value);
      }, cancel);
    });

  // ---- what is wanted, and what happens next

  const wanted = () => (life === 'running' ? target || covered < requested : waiters.length);

  const tries = () => failures + (target?.misses ?? 0);

  const pause = (): number => {
    const { debounceMs, throttleMs } = throttling ?? {};
    const base = tries()
      ? FIRST_DELAY_MS * 2 ** (tries() - 1) * (1 + (clock.random?.() ?? 0) / 2)
      : Math.max(FIRST_DELAY_MS, debounceMs || 0, throttleMs || 0);
    return Math.min(MAX_DELAY_MS, base);
  };

  const clearTimer = (): void => {
    clock.clearTimeout(timer);
    timer = undefined;
  };

  const currentStatus = (): SyncStatus => {
    if (stopped()) return 'idle';
    if (outcome === 'failed' || outcome === 'parked') return 'error';
    if (life === 'idle') return 'idle';
    if (!local) return 'loading';
    return life === 'starting' || wanted() ? 'stale' : 'ready';
  };

  const announce = (): void => {
    const next = currentStatus();
    if (next === status) return;
    status = next;
    for (const listener of [...listeners]) {
      try {
        listener(next);
      } catch (error) {
        report('refresh', error);
      }
    }
  };

  /** The only place that begins a pull or a wait. */
  const decide = (delayMs?: number): void => {
    announce();
    if (inFlight || stopped()) return;
    if (!wanted()) {
      due = false;
      clearTimer();
    } else if (due) pull();
    else if (timer === undefined && (tries() || !throttler?.hasPending()))
      timer = clock.setTimeout(pullNow, delayMs ?? pause());
  };

  const pullNow = (): void => {
    due = true;
    decide();
  };

  const request = (resolve: () => void, reject: (error: unknown) => void): void => {
    waiters.push({ request: ++requested, resolve, reject });
    pullNow();
  };

  const settle = (upTo: number, end: (waiter: Waiter) => void): void => {
    const all = waiters;
    waiters = all.filter((waiter) => waiter.request > upTo);
    for (const waiter of all) if (waiter.request <= upTo) end(waiter);
  };

  // ---- pull and apply

  const pull = async (): Promise<void> => {
    const number = ++begun;
    const covers = requested;
    const cause = target?.event;
    let phase: SyncPhase = 'getSnapshot';
    let snapshotRevision: Revision | undefined;
    let delayMs: number | undefined;
    /** Whether the target was raised while this pull was under way. */
    const raised = () => target && target.begun >= number;
    const park = () => {
      outcome = 'parked';
      failures = 0;
      covered = covers;
      if (!raised()) target = undefined;
    };
    inFlight = true;
    due = false;
    clearTimer();
    try {
      const answer: SnapshotEnvelope<T> & { unchanged?: true } = await limited(() =>
        provider.getSnapshot({ signal: abort.signal, known: local }),
      );
      if (stopped()) return;
      phase = 'protocol';
      assertSnapshot(answer);
      const { revision, epoch, unchanged } = answer;
      snapshotRevision = revision;
      if (session && session.epoch !== epoch) {
        // `epoch`: another life of the counters; the next answer is taken whatever it is.
        session = target = undefined;
        requested++;
        due = true;
      } else {
        const newer = !local || local.epoch !== epoch || compareRevisions(revision, local.revision) > 0;
        if (unchanged && (newer || revision !== local?.revision))
          throw new Error('Unchanged since a revision this copy does not have');
        session = { epoch };
        phase = 'apply';
        const taken = newer ? await limited(() => applier.apply(answer)) : undefined;
        if (stopped()) return;
        if (taken === false) park();
        else {
          if (newer) local = { epoch, revision };
          outcome = 'applied';
          failures = 0;
          covered = covers;
          reach(epoch, raised());
        }
        settle(covers, (waiter) => waiter.resolve());
      }
      inFlight = false;
    } catch (error) {
      if (stopped()) return;
      inFlight = false;
      outcome = 'failed';
      const nth = ++failures;
      if (isPermanent(error)) park();
      settle(covers, (waiter) => waiter.reject(error));
      const willRetry = !!wanted();
      if (willRetry) delayMs = due ? 0 : pause();
      report(phase, error, {
        ...told(cause),
        snapshotRevision,
        attempt: nth,
        willRetry,
        nextDelayMs: delayMs,
      });
    }
    decide(delayMs);
  };

  /** After a pull succeeded: whether the target is behind us, out of reach, or still ahead. */
  const reach = (epoch: string | undefined, raised: unknown): void => {
    if (!target) return;
    const { event } = target;
    if (event.epoch !== undefined && event.epoch !== epoch) {
      if (raised) requested++;
      target = undefined;
    } else if (
      compareRevisions(local!.revision, event.revision) >= 0 ||
      (!raised && ++target.misses >= MAX_MISSES)
    )
      target = undefined;
  };

  // ---- signals

  const told = (event: InvalidationEvent | undefined): Partial<SyncErrorContext> =>
    event ? { sourceEvent: event, eventRevision: event.revision, sourceId: event.sourceId } : {};

  const handle = (event: InvalidationEvent): void => {
    const { topic: name, revision, epoch } = event ?? {};
    if (!name || typeof name !== 'string')
      return report('protocol', new Error('Malformed event'), { sourceEvent: event });
    if (name !== topic) return;
    if (!isCanonicalRevision(revision) || !isEpoch(epoch))
      return report('protocol', new Error(`Non-canonical event revision: ${String(revision)}`), {
        sourceEvent: event,
      });
    try {
      if (shouldRefresh && !shouldRefresh(event)) return;
    } catch (error) {
      report('invalidation', error, told(event));
    }
    const base = session ?? target?.event;
    if (base && epoch !== undefined && epoch !== base.epoch) requested++;
    else if (session && local?.epoch === session.epoch && compareRevisions(revision, local!.revision) <= 0)
      return;
    else if (!target || compareRevisions(revision, target.event.revision) > 0)
      target = { event, begun, misses: 0 };
    else if (inFlight) return;
    due = !throttler || due;
    throttler?.trigger();
    decide();
  };

  const undo = (): void => {
    const end = unsubscribe;
    attempt = unsubscribe = target = started = undefined;
    if (end) quietly(end);
    throttler?.dispose();
    clearTimer();
    if (!stopped()) life = 'idle';
  };

  if (throttling) {
    const problem = throttlingProblem(throttling);
    if (problem) report('throttle', new Error(problem));
  }

  return {
    start() {
      if (stopped()) return Promise.reject(new Error('start() called after stop()'));
      if (started) return started;
      let resolve!: () => void;
      let reject!: (error: unknown) => void;
      const mine = new Promise<void>((...both) => {
        [resolve, reject] = both;
      });
      const token = {};
      let phase: SyncPhase = 'start';
      const fail = (error: unknown): void => {
        if (stopped()) quietly(() => mine);
        undo();
        announce();
        reject(error);
      };
      started = mine;
      attempt = token;
      life = 'starting';
      outcome = 'none';
      session = undefined;
      failures = 0;
      throttler =
        throttling &&
        createThrottledHandler(pullNow, throttling, clock, (error) => report('throttle', error));
      announce();
      limited(async () => {
        try {
          const end = await subscriber.subscribe((event) => {
            if (attempt === token) handle(event);
          });
          if (attempt === token) unsubscribe = end;
          else quietly(end);
        } catch (error) {
          phase = 'subscribe';
          throw error;
        }
      })
        .then(() => {
          if (stopped()) throw stopError();
          if (typeof unsubscribe !== 'function') throw new TypeError('The subscriber returned no function');
          request(() => {
            life = 'running';
            resolve();
          }, fail);
        })
        .catch((error) => {
          if (!stopped()) report(phase, error);
          fail(error);
        });
      return mine;
    },
    stop() {
      if (stopped()) return;
      life = 'stopped';
      undo();
      abort.abort();
      const error = stopError();
      for (const cancel of [...cancels]) cancel(error);
      settle(Infinity, (waiter) => waiter.reject(error));
      announce();
      listeners.clear();
    },
    refresh() {
      if (stopped()) return Promise.resolve();
      const done = new Promise<void>((resolve, reject) => {
        request(resolve, (error) => {
          if (stopped()) quietly(() => done);
          reject(error);
        });
      });
      return done;
    },
    getLocalRevision: () => local?.revision ?? ZERO_REVISION,
    getStatus: currentStatus,
    onStatusChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
