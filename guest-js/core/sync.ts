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
 * 5. Signals that brought nothing make later ones wait as failures do, until one is right: what is forged costs time, not
 *    pulls.
 */
import { createAlarm, systemClock } from './clock.ts';
import type { RevisionSyncHandle, RevisionSyncOptions, SyncStatus } from './handle.ts';
import { CALL_LIMIT_MS, FIRST_PAUSE_MS, LONGEST_MS, LONGEST_PAUSE_MS, MAX_MISSES } from './limits.ts';
import { isPermanent, quietly, type SyncErrorContext, type SyncPhase } from './report.ts';
import { compareRevisions, isCanonicalRevision, type Revision, ZERO_REVISION } from './revision.ts';
import type { InvalidationEvent, KnownSnapshot, SnapshotEnvelope, Unsubscribe } from './snapshot.ts';
import { createThrottledHandler, type ThrottledHandler } from './throttle.ts';

/** `idle` may start; `starting` rolls back when its first pull fails; `running` heals itself; `stopped` is final. */
type Life = 'idle' | 'starting' | 'running' | 'stopped';

/** How the last cycle ended, if any: `failed` is tried again, `parked` waits for a newer signal or a refresh. */
type Outcome = 'fine' | 'failed' | 'parked';

interface Failure {
  error: unknown;
}

/** A caller's promise: ends itself once its request is covered, and tells whether it still waits. */
type Waiter = (covers: number, failure?: Failure) => unknown;

const isText = (value: unknown): value is string => typeof value === 'string' && value.trim() !== '';

/** Creates the engine of one topic. Throws when a required option is missing or unusable. */
export function createRevisionSync<T>({
  topic,
  subscriber,
  provider,
  applier,
  shouldRefresh,
  throttling,
  logger,
  onError,
  timeoutMs = CALL_LIMIT_MS,
  clock = systemClock,
}: RevisionSyncOptions<T>): RevisionSyncHandle {
  const demand = (met: unknown, what: string): void => {
    if (!met) throw Error(what);
  };
  demand(isText(topic), 'topic must be a non-empty string');
  demand(subscriber, 'subscriber is missing');
  demand(provider, 'provider is missing');
  demand(applier, 'applier is missing');
  demand(timeoutMs > 0 && timeoutMs < LONGEST_MS, 'timeoutMs is out of range');

  let life: Life = 'idle';
  let outcome: Outcome = 'fine';
  let status: SyncStatus = 'idle';
  let local: KnownSnapshot | undefined;
  /** The session's epoch, boxed because `undefined` is an epoch like another; empty before its first answer. */
  let session: { epoch?: string } | undefined;
  /** The signal of the highest revision told of. */
  let target: InvalidationEvent | undefined;
  /** How many pulls had begun when a signal last told of something newer: a pull that begins later has to show it. */
  let told = 0;
  /** Requests for a refresh are numbered; a pull that succeeds covers those made before it began (`owed`). */
  let requested = 0;
  let covered = 0;
  let begun = 0;
  let inFlight = false;
  /** The next pull may begin at once. */
  let due = false;
  let failures = 0;
  /** Pulls that signals caused and that brought nothing of what these said, since one was right. */
  let misses = 0;
  const timer = createAlarm(clock);
  let throttler: ThrottledHandler | undefined;
  let started: Promise<void> | undefined;
  /** Names the current start; handlers of an earlier one are deaf. */
  let attempt: object | undefined;
  let unsubscribe: Unsubscribe | undefined;
  let waiters: Waiter[] = [];
  const cancels = new Set<(error: unknown) => void>();
  const listeners = new Set<(status: SyncStatus) => void>();
  let abort = new AbortController();

  const stopped = () => life === 'stopped';

  const report = (
    phase: SyncPhase,
    error: unknown,
    event?: InvalidationEvent,
    more?: Partial<SyncErrorContext>,
  ): void => {
    const context = {
      phase,
      topic,
      error,
      localRevision: localRevision(),
      sourceEvent: event,
      eventRevision: event?.revision,
      sourceId: event?.sourceId,
      ...more,
    };
    quietly(() => logger?.error(`${phase} failed`, context));
    quietly(() => onError?.(context));
  };

  const localRevision = () => local?.revision ?? ZERO_REVISION;

  /** Runs `call` under the time limit; what comes of it later is ignored (`no-hang`). */
  const limited = <R>(call: () => R | Promise<R>): Promise<R> =>
    new Promise<R>((resolve, reject) => {
      const ending =
        <V>(settle: (value: V) => void) =>
        (value: V): void => {
          clock.clearTimeout(limit);
          cancels.delete(cancel);
          settle(value);
        };
      const cancel = ending(reject);
      const limit = clock.setTimeout(() => cancel(Error(`No answer in ${timeoutMs} ms`)), timeoutMs);
      cancels.add(cancel);
      (async () => call())().then(ending(resolve), cancel);
    });

  // ---- what is wanted, and what happens next

  const wanted = () => (life === 'running' ? target || covered < requested : waiters[0]);

  const tries = () => failures || misses;

  /** Backoff; or, for a signal that throttling swallowed, one window of quiet. */
  const pause = (): number =>
    tries()
      ? Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (tries() - 1) * (1 + (clock.random?.() ?? 0) / 2))
      : Math.max(FIRST_PAUSE_MS, throttling?.throttleMs || 0);

  const currentStatus = (): SyncStatus => {
    if (stopped()) return 'idle';
    if (outcome !== 'fine') return 'error';
    if (life === 'idle') return life;
    if (!local) return 'loading';
    return life === 'starting' || wanted() ? 'stale' : 'ready';
  };

  /** The only place that begins a pull or a wait. */
  const decide = (): void => {
    const next = currentStatus();
    if (next !== status) {
      status = next;
      for (const listener of [...listeners]) {
        try {
          if (status === next) listener(next);
        } catch (error) {
          report('refresh', error);
        }
      }
    }
    if (inFlight || stopped()) return;
    if (!wanted()) {
      due = false;
      if (!misses) timer.clear();
    } else if (due) pull();
    else if (!timer.isSet() && !throttler?.hasPending()) timer.set(pause(), pullNow);
  };

  const pullNow = (): void => {
    due = true;
    decide();
  };

  const request = (resolve: () => void, reject: (error: unknown) => void): void => {
    const number = ++requested;
    waiters.push((covers, failure) => number > covers || (failure ? reject(failure.error) : resolve()));
    pullNow();
  };

  /** Ends the waiters whose requests are covered. Runs no foreign code. */
  const settle = (covers: number, failure?: Failure): void => {
    waiters = waiters.filter((waiter) => waiter(covers, failure));
  };

  /** A promise whose rejection by `stop()` nobody has to handle. */
  const promised = (run: (resolve: () => void, reject: (error: unknown) => void) => void): Promise<void> => {
    const promise = new Promise<void>((resolve, reject) => {
      run(resolve, (error) => {
        if (stopped()) quietly(() => promise);
        reject(stopped() ? Error(`${topic} was stopped`) : error);
      });
    });
    return promise;
  };

  // ---- pull and apply

  const pull = async (): Promise<void> => {
    const number = ++begun;
    const cause = target;
    let covers = requested;
    let phase: SyncPhase = 'getSnapshot';
    let snapshotRevision: Revision | undefined;
    let failure: Failure | undefined;
    const before = local;
    inFlight = true;
    due = false;
    timer.clear();
    try {
      const answer: SnapshotEnvelope<T> & { unchanged?: true } = await limited(() =>
        provider.getSnapshot({ signal: abort.signal, known: local }),
      );
      if (stopped()) return;
      phase = 'protocol';
      const { revision, epoch, unchanged } = answer ?? {};
      if (!isCanonicalRevision(revision)) throw Error(`Non-canonical snapshot revision: ${revision}`);
      snapshotRevision = revision;
      const newer = !local || local.epoch !== epoch || compareRevisions(revision, local.revision) > 0;
      if (
        (epoch !== undefined && !isText(epoch)) ||
        !(unchanged ? !newer && revision === localRevision() : 'data' in answer)
      )
        throw Error('Malformed snapshot');
      if (session && session.epoch !== epoch) {
        // `epoch`: another life of the counters. Nothing is covered; the next answer is taken whatever it is.
        session = target = undefined;
        misses = covers = covered = 0;
        due = true;
      } else {
        session = { epoch };
        phase = 'apply';
        const parked =
          newer && (await limited(() => applier.apply(answer, { signal: abort.signal }))) === false;
        outcome = parked ? 'parked' : 'fine';
        if (newer && !parked) local = { epoch, revision };
        quietly(() => logger?.debug(`pull ${outcome}`, { topic, revision }));
      }
    } catch (error) {
      failure = { error };
      if (phase === 'apply') {
        abort.abort();
        abort = new AbortController();
      }
      failures++;
      outcome = isPermanent(error) ? 'parked' : 'failed';
    }
    if (stopped()) return;
    inFlight = false;
    const nth = failures;
    settle(covers, failure);
    if (outcome !== 'failed') {
      failures = 0;
      covered = covers;
      if (target) {
        const { epoch, revision } = target;
        const elsewhere = session && epoch !== undefined && epoch !== session.epoch;
        const reached = !elsewhere && compareRevisions(localRevision(), revision) >= 0;
        if (reached) misses = 0;
        else if (cause && local === before) misses++;
        // With a signal during the pull, also a lower one, it is dropped only when it is reached.
        if (reached || (told < number && (elsewhere || outcome === 'parked' || misses >= MAX_MISSES)))
          target = undefined;
      }
    }
    const delayMs = due ? 0 : pause();
    if (tries()) timer.set(delayMs, pullNow);
    if (failure)
      report(phase, failure.error, cause, {
        snapshotRevision,
        attempt: nth,
        willRetry: !!wanted(),
        nextDelayMs: wanted() ? delayMs : undefined,
      });
    decide();
  };

  // ---- signals

  const handle = (event: InvalidationEvent): void => {
    const { topic: name, revision, epoch } = event ?? {};
    if (name !== topic && isText(name)) return;
    if (name !== topic || !isCanonicalRevision(revision)) {
      report('protocol', Error('Malformed event'), undefined, { sourceEvent: event });
      return;
    }
    try {
      if (shouldRefresh && !shouldRefresh(event)) return;
    } catch (error) {
      report('invalidation', error, event);
    }
    const base = session ?? target;
    const strange = base && epoch !== undefined && epoch !== base.epoch;
    if (
      !strange &&
      session &&
      local?.epoch === session.epoch &&
      compareRevisions(revision, localRevision()) <= 0
    )
      return;
    told = begun;
    if (strange || !target || compareRevisions(revision, target.revision) > 0) target = event;
    else if (inFlight || failures) return;
    // What was wrong more than once waits, whatever comes meanwhile.
    if (misses < 2 || !(inFlight || timer.isSet())) {
      if (throttler) throttler.trigger();
      else due = true;
    }
    decide();
  };

  const undo = (): void => {
    if (unsubscribe) quietly(unsubscribe);
    attempt = unsubscribe = target = started = undefined;
    throttler?.dispose();
    timer.clear();
    if (!stopped()) life = 'idle';
  };

  const start = (resolve: () => void, reject: (error: unknown) => void): void => {
    const token = {};
    let phase: SyncPhase = 'start';
    const fail = (error: unknown): void => {
      undo();
      reject(error);
    };
    attempt = token;
    life = 'starting';
    outcome = 'fine';
    session = undefined;
    throttler =
      throttling && createThrottledHandler(pullNow, throttling, clock, (error) => report('throttle', error));
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
        demand(typeof unsubscribe === 'function', 'unsubscribe function is missing');
        request(() => {
          life = 'running';
          resolve();
        }, fail);
      })
      .catch((error) => {
        outcome = 'failed';
        if (!stopped()) report(phase, error);
        fail(error);
        decide();
      });
  };

  return {
    start() {
      if (stopped()) return Promise.reject(Error('start() called after stop()'));
      started ??= promised(start);
      const promise = started;
      decide();
      return promise;
    },
    stop() {
      if (stopped()) return;
      life = 'stopped';
      undo();
      abort.abort();
      for (const cancel of cancels) cancel(0);
      settle(Infinity, { error: 0 });
      decide();
      listeners.clear();
    },
    refresh: () => (stopped() ? Promise.resolve() : promised(request)),
    getLocalRevision: localRevision,
    getStatus: () => status,
    onStatusChange(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
