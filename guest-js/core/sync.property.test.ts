import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import type { RevisionSyncHandle, RevisionSyncOptions } from './handle.ts';
import type { InvalidationEvent } from './snapshot.ts';
import { Deferred, FakeClock, Pull, rev, settled } from './sync.rig.ts';
import { createRevisionSync } from './sync.ts';

/** `STATESYNC_RUNS=20000 npx vitest run guest-js/core/sync.property.test.ts` tries more. */
const RUNS = Number(process.env.STATESYNC_RUNS ?? 400);
vi.setConfig({ testTimeout: 60_000 + 50 * RUNS });

/** One thing that happens to the host, the wire, the window or the time between them. */
type Step =
  | { kind: 'update'; signal: 'sent' | 'lost' | 'doubled' | 'kept back' }
  | { kind: 'restart' }
  | { kind: 'signal arrives'; which: number }
  | { kind: 'mistaken signal'; ahead: number }
  | { kind: 'answer'; which: number; how: 'now' | 'as of the call' | 'fail' | 'malformed' }
  | { kind: 'answers'; times: number }
  | { kind: 'apply'; how: 'well' | 'throws' | 'hangs' | 'declines' }
  | { kind: 'refresh' }
  | { kind: 'stop and start anew' }
  | { kind: 'time'; ms: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('update'), signal: signalFate() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart') }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('signal arrives'), which: fc.nat(5) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('mistaken signal'), ahead: fc.integer({ min: 1, max: 9 }) }),
  },
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('answer'), which: fc.nat(3), how: answerFate() }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('answers'), times: fc.integer({ min: 3, max: 5 }) }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('apply'), how: applyFate() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('refresh') }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('stop and start anew') }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('time'), ms: fc.integer({ min: 1, max: 3000 }) }) },
) as fc.Arbitrary<Step>;

/** Those after which every signal has arrived, or will, and none was declined: here mistaken ones are what goes wrong. */
const heard = fc.oneof(
  {
    weight: 3,
    arbitrary: step.filter(
      (one) =>
        one.kind !== 'restart' &&
        !('signal' in one && one.signal === 'lost') &&
        !('how' in one && one.how === 'declines'),
    ),
  },
  { weight: 2, arbitrary: step.filter(({ kind }) => kind === 'answers' || kind === 'mistaken signal') },
);

function signalFate() {
  return fc.constantFrom('sent', 'lost', 'doubled', 'kept back');
}
function answerFate() {
  return fc.constantFrom('now', 'now', 'as of the call', 'fail', 'malformed');
}
function applyFate() {
  return fc.constantFrom('well', 'well', 'throws', 'hangs', 'declines');
}

const throttling = fc.option(
  fc.record({
    debounceMs: fc.constantFrom(0, 20, 200),
    throttleMs: fc.constantFrom(0, 50, 500),
    leading: fc.boolean(),
    trailing: fc.boolean(),
  }),
  { nil: undefined },
);

/** A host with one topic, a lossy wire, and one window whose engine is under test. */
class World {
  readonly clock = new FakeClock();
  readonly truth = { epoch: 'e0', revision: 1 };
  readonly kept: InvalidationEvent[] = [];
  readonly flying: { pull: Pull; asked: { epoch: string; revision: number } }[] = [];
  readonly #epochs: boolean;
  readonly #throttling: RevisionSyncOptions<string>['throttling'];
  #handler: (event: InvalidationEvent) => void = () => {};
  applying: 'well' | 'throws' | 'hangs' | 'declines' = 'well';
  calm = false;
  copy = '';
  calls = 0;
  /** Promises of `refresh()` that have not ended. */
  unsettled = 0;
  readonly retired: RevisionSyncHandle[] = [];
  generation = 0;
  readonly appliesOf: number[] = [];
  engine = this.#create();

  constructor(epochs: boolean, throttling: RevisionSyncOptions<string>['throttling']) {
    this.#epochs = epochs;
    this.#throttling = throttling;
    this.engine = this.#create();
  }

  #create(): RevisionSyncHandle {
    const generation = ++this.generation;
    this.appliesOf[generation] = 0;
    return createRevisionSync<string>({
      topic: 'settings',
      clock: this.clock,
      throttling: this.#throttling,
      timeoutMs: 2000,
      subscriber: {
        subscribe: async (handler) => {
          this.#handler = handler;
          return () => {};
        },
      },
      provider: {
        getSnapshot: (context) => {
          this.calls++;
          const pull = new Pull(context);
          if (this.calm) pull.answerWith(this.#snapshot(this.truth));
          else this.flying.push({ pull, asked: { ...this.truth } });
          return pull.promise;
        },
      },
      applier: {
        apply: (snapshot) => {
          this.appliesOf[generation] = (this.appliesOf[generation] ?? 0) + 1;
          if (this.applying === 'throws') throw new Error('store');
          if (this.applying === 'hangs') return new Deferred<void>().promise;
          if (this.applying === 'declines') return false;
          this.copy = snapshot.data;
        },
      },
    });
  }

  #snapshot(truth: { epoch: string; revision: number }) {
    const { epoch, revision } = truth;
    return { revision: rev(revision), data: `${epoch}@${revision}`, ...(this.#epochs ? { epoch } : {}) };
  }

  event(): InvalidationEvent {
    return {
      topic: 'settings',
      revision: rev(this.truth.revision),
      ...(this.#epochs ? { epoch: this.truth.epoch } : {}),
    };
  }

  hear(event: InvalidationEvent): void {
    this.#handler(event);
  }

  restart(): void {
    if (!this.#epochs) return;
    this.truth.epoch = `e${Number(this.truth.epoch.slice(1)) + 1}`;
    this.truth.revision = 1 + (this.truth.revision % 3);
  }

  renew(): void {
    this.engine.stop();
    this.retired.push(this.engine);
    this.engine = this.#create();
    this.engine.start().catch(() => {});
  }

  async take(step: Step): Promise<void> {
    switch (step.kind) {
      case 'update': {
        this.truth.revision++;
        const event = this.event();
        if (step.signal === 'kept back') this.kept.push(event);
        else if (step.signal !== 'lost') this.hear(event);
        if (step.signal === 'doubled') this.hear(event);
        break;
      }
      case 'restart':
        this.restart();
        break;
      case 'signal arrives': {
        const [event] = this.kept.splice(step.which, 1);
        if (event) this.hear(event);
        break;
      }
      case 'mistaken signal':
        this.hear({ ...this.event(), revision: rev(this.truth.revision + step.ahead) });
        break;
      case 'answer': {
        const [flight] = this.flying.splice(step.which, 1);
        if (step.how === 'fail') await flight?.pull.fail();
        else if (step.how === 'malformed') await flight?.pull.answerWith({ revision: '01', data: '' });
        else await flight?.pull.answerWith(this.#snapshot(step.how === 'now' ? this.truth : flight.asked));
        break;
      }
      case 'answers':
        for (let n = 0; n < step.times; n++) {
          await this.take({ kind: 'answer', which: 0, how: 'as of the call' });
          await this.clock.advance(1900);
        }
        break;
      case 'apply':
        this.applying = step.how;
        break;
      case 'refresh':
        this.unsettled++;
        this.engine
          .refresh()
          .catch(() => {})
          .finally(() => this.unsettled--);
        break;
      case 'stop and start anew':
        this.renew();
        break;
      case 'time':
        await this.clock.advance(step.ms);
    }
    await settled();
  }

  /** Faults end: what hangs is let go, the newest signal arrives, unless it already has, and time passes. */
  async calmDown(reminded = true): Promise<void> {
    this.calm = true;
    this.applying = 'well';
    for (const { pull } of this.flying.splice(0)) await pull.fail();
    await this.clock.advance(5_000);
    this.engine.start().catch(() => {});
    await this.clock.advance(30_000);
    for (const event of this.kept.splice(0)) this.hear(event);
    if (reminded) this.hear(this.event());
    await this.clock.advance(120_000);
  }
}

describe('after any mix of lost, late, doubled and mistaken signals, failing, hanging and malformed answers, broken appliers, restarts and renewed engines', () => {
  it('the copy equals the truth, with bounded calls, and nothing is armed any more', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.boolean(),
        throttling,
        fc.array(step, { minLength: 1, maxLength: 60, size: 'max' }),
        async (epochs, throttled, steps) => {
          const world = new World(epochs, throttled);
          world.engine.start().catch(() => {});
          await settled();
          for (const step of steps) await world.take(step);
          const before = world.calls;
          await world.calmDown();
          expect(world.copy).toBe(`${world.truth.epoch}@${world.truth.revision}`);
          expect(world.engine.getLocalRevision()).toBe(String(world.truth.revision));
          expect(world.engine.getStatus()).toBe('ready');
          expect(world.clock.armed).toBe(0);
          expect(world.unsettled).toBe(0);
          expect(before).toBeLessThanOrEqual(10 + 12 * steps.length);
          expect(world.calls - before).toBeLessThanOrEqual(20 + 2 * steps.length);
          for (const engine of world.retired) expect(engine.getStatus()).toBe('idle');
          world.engine.stop();
          expect(world.clock.armed).toBe(0);
        },
      ),
      { numRuns: RUNS },
    );
  });

  it('a copy of which every signal arrived, in time or late, equals the truth without another one', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.boolean(),
        throttling,
        fc.array(heard, { minLength: 1, maxLength: 60, size: 'max' }),
        async (epochs, throttled, steps) => {
          const world = new World(epochs, throttled);
          world.engine.start().catch(() => {});
          await settled();
          for (const step of steps) await world.take(step);
          await world.calmDown(false);
          expect(world.copy).toBe(`${world.truth.epoch}@${world.truth.revision}`);
          expect(world.engine.getStatus()).toBe('ready');
          expect(world.clock.armed).toBe(0);
        },
      ),
      { numRuns: RUNS },
    );
  });

  it('an engine that was stopped applies nothing any more', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.boolean(),
        fc.array(step, { maxLength: 30, size: 'max' }),
        fc.array(step, { maxLength: 30, size: 'max' }),
        async (epochs, first, later) => {
          const world = new World(epochs, undefined);
          world.engine.start().catch(() => {});
          for (const step of first) await world.take(step);
          const generation = world.generation;
          world.engine.stop();
          const applies = world.appliesOf[generation];
          expect(world.clock.armed).toBe(0);
          for (const step of later) if (step.kind !== 'stop and start anew') await world.take(step);
          expect(world.appliesOf[generation]).toBe(applies);
          expect(world.clock.armed).toBe(0);
        },
      ),
      { numRuns: 150 },
    );
  });
});
