/**
 * A test bench for the engine: a clock that only moves when told to, a subscriber and a provider whose every
 * answer the test decides, and a record of all that came out.
 */
import type { Clock } from './clock.ts';
import type { RevisionSyncOptions, SyncStatus } from './handle.ts';
import type { SyncErrorContext } from './report.ts';
import type { Revision } from './revision.ts';
import type { InvalidationEvent, PullContext, SnapshotEnvelope, Unsubscribe } from './snapshot.ts';
import { createRevisionSync } from './sync.ts';

/** Lets everything that is already decided happen, without moving any clock. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

export class FakeClock implements Clock {
  time = 0;
  #next = 1;
  readonly #timers = new Map<number, { at: number; run: () => void }>();

  setTimeout(run: () => void, delayMs: number): unknown {
    this.#timers.set(this.#next, { at: this.time + delayMs, run });
    return this.#next++;
  }

  clearTimeout(handle: unknown): void {
    this.#timers.delete(handle as number);
  }

  get armed(): number {
    return this.#timers.size;
  }

  async advance(ms: number): Promise<void> {
    const end = this.time + ms;
    await settled();
    for (;;) {
      const due = [...this.#timers].filter(([, timer]) => timer.at <= end);
      due.sort(([, a], [, b]) => a.at - b.at);
      const first = due[0];
      if (!first) break;
      this.#timers.delete(first[0]);
      this.time = Math.max(this.time, first[1].at);
      first[1].run();
      await settled();
    }
    this.time = end;
  }
}

export const rev = (text: string | number): Revision => String(text) as Revision;

export class Deferred<T> {
  resolve!: (value: T) => void;
  reject!: (error: unknown) => void;
  readonly promise = new Promise<T>((resolve, reject) => {
    this.resolve = resolve;
    this.reject = reject;
  });
}

/** One call of `getSnapshot`, answered by the test. */
export class Pull {
  readonly #answer = new Deferred<SnapshotEnvelope<string>>();
  readonly promise = this.#answer.promise;
  readonly context: PullContext | undefined;

  constructor(context: PullContext | undefined) {
    this.context = context;
  }

  async answer(revision: string | number, epoch?: string): Promise<void> {
    await this.answerWith({ revision: rev(revision), data: `v${revision}`, ...(epoch ? { epoch } : {}) });
  }

  async answerWith(answer: unknown): Promise<void> {
    this.#answer.resolve(answer as SnapshotEnvelope<string>);
    await settled();
  }

  async fail(error: unknown = new Error('pull failed')): Promise<void> {
    this.#answer.reject(error);
    await settled();
  }
}

export function createRig(overrides: Partial<RevisionSyncOptions<string>> = {}) {
  const clock = new FakeClock();
  const pulls: Pull[] = [];
  const applied: SnapshotEnvelope<string>[] = [];
  const errors: SyncErrorContext[] = [];
  const statuses: SyncStatus[] = [];
  const handlers = new Set<(event: InvalidationEvent) => void>();
  const subscriptions = { begun: 0, ended: 0 };
  const engine = createRevisionSync<string>({
    topic: 'settings',
    subscriber: {
      async subscribe(handler): Promise<Unsubscribe> {
        subscriptions.begun++;
        handlers.add(handler);
        return () => {
          subscriptions.ended++;
        };
      },
    },
    provider: {
      getSnapshot(context) {
        const pull = new Pull(context);
        pulls.push(pull);
        return pull.promise;
      },
    },
    applier: {
      apply(snapshot) {
        applied.push(snapshot);
      },
    },
    onError: (context) => errors.push(context),
    clock,
    ...overrides,
  });
  engine.onStatusChange((status) => statuses.push(status));
  const rig = {
    engine,
    clock,
    pulls,
    applied,
    errors,
    statuses,
    subscriptions,
    get last(): Pull {
      return pulls[pulls.length - 1] as Pull;
    },
    /** Hands a signal to every handler ever registered, also those that unsubscribed. */
    async emit(revision: string | number, epoch?: string): Promise<void> {
      rig.emitRaw({ topic: 'settings', revision: rev(revision), ...(epoch ? { epoch } : {}) });
      await settled();
    },
    emitRaw(event: unknown): void {
      for (const handler of handlers) handler(event as InvalidationEvent);
    },
    /** Starts the engine and answers its first pull. */
    async started(revision: string | number = 1, epoch?: string): Promise<void> {
      const start = engine.start();
      await settled();
      await rig.last.answer(revision, epoch);
      await start;
    },
    local: (): string => engine.getLocalRevision(),
    revisions: (): string[] => applied.map((snapshot) => snapshot.revision),
  };
  return rig;
}
