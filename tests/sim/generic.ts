// Keeps one page with the bare engine and nothing of the plugin's client: the plain event, the plain snapshot command,
// one topic. What the client would smooth over (failing appliers, refreshes, throttling) meets the engine alone here.

import {
  createRevisionSync,
  type InvalidationEvent,
  type RevisionSyncHandle,
} from '../../guest-js/core/index.ts';
import { Chance } from './chance.ts';
import { PageTime } from './clock.ts';
import type { Receiver } from './network.ts';
import type { App } from './page.ts';
import { hashOf, hasJson, isOlder } from './truth.ts';
import { isLater, Watch } from './watch.ts';
import type { Shown, Window } from './window.ts';

export class GenericPage implements Receiver, Shown {
  readonly name: string;
  readonly topic: string;
  readonly watch: Watch;
  readonly time: PageTime;
  alive = true;
  blockedUntil = 0;
  calls = 0;
  /** An event got lost on its way here; only a refresh can make up for that. */
  missed = false;
  stopped = false;
  readonly #app: App;
  readonly #window: Window<Shown>;
  readonly #engine: RevisionSyncHandle;
  readonly #chance: Chance;
  #flight: { began: number; done: boolean } | undefined;
  #unlisten: () => void = () => {};
  #hear: ((event: InvalidationEvent) => void) | undefined;
  #listening = 0;
  #refusals = 0;
  #pendingRefreshes = 0;
  #misled = false;

  constructor(app: App, window: Window<Shown>, topic: string, throttling: object | undefined) {
    const { world, backend, pace } = app;
    this.#app = app;
    this.#window = window;
    this.topic = topic;
    this.name = `${window.label}#${world.number()}`;
    this.#chance = new Chance(world.chance.int(0, 2 ** 31), 2);
    this.time = new PageTime(world, this, () => this.#chance.next());
    const rest = { name: this.name, readable: true, throws: 'never' as const };
    this.watch = new Watch(world, backend.truth, topic, rest);
    this.#engine = createRevisionSync<unknown>({
      topic: topic as never,
      clock: this.time,
      timeoutMs: pace.callMs,
      throttling,
      subscriber: { subscribe: (handler) => this.#listen(handler) },
      provider: { getSnapshot: () => this.#snapshot() as Promise<never> },
      applier: { apply: ({ data, revision }) => this.#apply(data, revision) },
      shouldRefresh: () => {
        if (world.faults.strikes('handlerThrows')) throw new Error('shouldRefresh threw');
        return true;
      },
      onError: () => {
        if (world.faults.strikes('handlerThrows')) throw new Error('onError threw');
      },
    });
    this.#start();
  }

  /** An app that wants its data starts again until it has some. */
  #start(): void {
    if (this.stopped || !this.alive) return;
    this.#engine.start().catch(() => this.time.setTimeout(() => this.#start(), 500));
  }

  refresh(): void {
    const { truth } = this.#app.backend;
    const { world } = this.#app;
    const before = truth.now(this.topic);
    const refusals = this.#refusals;
    this.missed = false;
    world.log(() => `${this.name} refreshes`);
    this.#pendingRefreshes += 1;
    this.#engine.refresh().then(
      () => {
        this.#pendingRefreshes -= 1;
        if (this.stopped || refusals !== this.#refusals || before === undefined) return;
        const { last } = this.watch;
        if (last === undefined || isLater(before, last)) {
          this.#broken('owed', `refreshed, has ${last?.revision}, Rust had ${before.revision} before that`);
        }
      },
      () => {
        this.#pendingRefreshes -= 1;
        // What failed stays owed: the engine tries again by itself.
      },
    );
  }

  /** Somebody tells it of a revision that will not be for a long time. */
  mislead(): void {
    if (this.stopped || this.#hear === undefined) return;
    this.#app.world.faults.count('eventMistaken');
    this.#misled = true;
    const revision = String(BigInt(this.#app.backend.truth.revision(this.topic)) + 500n);
    this.#app.world.log(() => `${this.name} is misled: ${revision}`);
    this.#hear({ topic: this.topic, revision } as never);
  }

  /**
   * What it was told of wrongly still makes true events wait, a pause of the engine at most (`target`): its topic could not
   * be read since, so that the engine could not find out.
   */
  isMisled(): boolean {
    return this.#misled && this.#engine.getStatus() === 'error';
  }

  stop(): void {
    if (this.stopped) return;
    this.stopped = true;
    this.#app.world.log(() => `${this.name} stops`);
    if (this.#flight?.done === false) this.#app.world.faults.count('stoppedInFlight');
    this.watch.end();
    this.#engine.stop();
  }

  block(ms: number): void {
    this.blockedUntil = Math.max(this.blockedUntil, this.#app.world.now + ms);
  }

  unload(): void {
    this.alive = false;
    this.stopped = true;
    this.watch.state = 'stopped';
    this.#unlisten();
  }

  /** Whoever stopped keeps nothing. */
  checkQuiet(): void {
    if (!this.stopped || !this.alive) return;
    if (this.time.armed > 0) this.#broken('quiet-after-stop', `has ${this.time.armed} timers armed`);
    if (this.#listening > 0) this.#broken('quiet-after-stop', 'still listens');
  }

  wrong(hashes: Record<string, [string, number | null]>): string | undefined {
    const commit = this.#app.backend.truth.now(this.topic);
    if (this.#pendingRefreshes > 0) return `${this.name} still refreshes`;
    if (this.stopped || commit === undefined || !hasJson(commit.value)) return undefined;
    const [revision, hash] = hashes[this.topic] as [string, number | null];
    const { last, data } = this.watch;
    if (last?.revision === revision && hashOf(data) === hash) {
      if (this.#engine.getStatus() !== 'ready') return `${this.name} is ${this.#engine.getStatus()}`;
      return undefined;
    }
    return `${this.name} shows ${last?.life}/${last?.revision}, Rust has ${commit.life}/${revision}`;
  }

  async #listen(handler: (event: InvalidationEvent) => void): Promise<() => void> {
    const { world, backend, network } = this.#app;
    if (world.faults.strikes('callRejected')) throw new Error('listen failed');
    if (world.faults.strikes('callDelayed')) {
      await new Promise<void>((resolve) => world.timeline.after(this.#chance.between(1, 15_000), resolve));
    }
    this.#listening += 1;
    const listener = (event: { topic: string; revision: string }) =>
      network.event(
        this,
        () => {
          if (event.topic === this.topic) world.log(() => `${this.name} hears ${event.revision}`);
          handler({ ...event, sourceId: 'rust' } as never);
        },
        () => {
          this.missed = true;
        },
      );
    backend.listeners.add(listener);
    this.#hear = handler;
    this.#unlisten = () => {
      if (backend.listeners.delete(listener)) this.#listening -= 1;
    };
    return this.#unlisten;
  }

  async #snapshot(): Promise<unknown> {
    const { backend, network } = this.#app;
    // Scripts of a page that is gone do not run.
    if (!this.alive) return new Promise(() => {});
    if (this.stopped) this.#broken('quiet-after-stop', 'pulls after it stopped');
    const limit = this.#app.pace.callMs;
    const { now } = this.time;
    this.calls += 1;
    if (this.#flight?.done === false && now() - this.#flight.began < limit - 0.01) {
      this.#broken('single-flight', 'pulls while a pull is under way');
    }
    const flight = { began: now(), done: false };
    this.#flight = flight;
    try {
      return await network.call(this, `snapshot ${this.topic}`, () =>
        backend.snapshot(this.#window.read, this.topic),
      );
    } finally {
      flight.done = true;
      if (now() - flight.began >= limit) this.#app.world.faults.count('answerAfterTimeout');
    }
  }

  #apply(data: unknown, revision: string): void | false | Promise<void> {
    const { world } = this.#app;
    const { last } = this.watch;
    if (
      last !== undefined &&
      last.life === this.#app.backend.truth.life &&
      !isOlder(last.revision, revision)
    ) {
      this.#broken('strictly-newer', `is given ${revision} after ${last.revision}`);
    }
    if (world.faults.strikes('applyThrows')) throw new Error('the applier threw');
    if (world.faults.strikes('applyHangs')) return new Promise(() => {});
    if (world.faults.strikes('applyRefuses')) {
      this.#refusals += 1;
      this.missed = true;
      return false;
    }
    this.watch.receive(data, revision);
  }

  #broken(rule: string, message: string): void {
    this.#app.world.broken(rule, `${this.name} ${message}`);
  }
}
