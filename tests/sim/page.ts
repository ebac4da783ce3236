// Keeps one page load of one window with the real client in it, and watches what leaves: single-flight, always-seen,
// whole-set and a hidden page's pace are rules about calls, so they are checked where calls begin.

import type { VisibilityCause } from '../../guest-js/client/environment.ts';
import { createClient, type StateSyncClient } from '../../guest-js/client/index.ts';
import type { PluginTransport } from '../../guest-js/client/transport.ts';
import type { Backend } from './backend.ts';
import { Chance } from './chance.ts';
import { PageTime } from './clock.ts';
import { type Result, readable } from './host.ts';
import { Journal } from './journal.ts';
import type { ChannelKind, Network, Receiver } from './network.ts';
import type { PullRequest, Signal, SubscribeRequest } from './sessions.ts';
import { type Commit, hashOf, hasJson } from './truth.ts';
import { type Throws, Watch } from './watch.ts';
import type { Shown, Window } from './window.ts';
import type { World } from './world.ts';
import type { Message, WriteAnswer } from './writes.ts';

/** How long things take in a page; drawn once a run. */
export interface Pace {
  callMs: number;
  heartbeatMs: number;
  hiddenIntervalMs: number;
  channel: ChannelKind;
}

interface Flight {
  kind: 'subscribe' | 'pull';
  generation: number;
  began: number;
  done: boolean;
  /** The page took its answer. */
  answered: boolean;
}

export interface App {
  world: World;
  backend: Backend;
  network: Network;
  pace: Pace;
}

/** A signal has to be answered within 250 ms; a little more for the clock's own grain. */
const ANSWER_MS = 251;
const GRAIN_MS = 0.01;

export class Page implements Receiver, Shown {
  readonly name: string;
  readonly window: Window<Shown>;
  alive = true;
  blockedUntil = 0;
  visible = true;
  /** The client's id of this page load, once it has called. */
  id = '';
  generation = 0;
  /** Rust gave its session up, and it has not subscribed since. */
  lost = false;
  readonly watches = new Set<Watch>();
  readonly journal: Journal;
  readonly time: PageTime;
  readonly client: StateSyncClient;
  /** Calls that carry topics, and all calls. */
  pulls = 0;
  calls = 0;
  signals = 0;
  /** Something was given to a handler since the last look. */
  touched = false;
  readonly #app: App;
  readonly #throttled = new Map<string, object | undefined>();
  readonly #listeners = new Set<(cause: VisibilityCause) => void>();
  /** Topics an answer had an error for: the client may leave them out (`park`). */
  readonly #refused = new Set<string>();
  #flight: Flight | undefined;
  #seen = 0;
  #lastPullAt = Number.NEGATIVE_INFINITY;
  #hiddenSince = 0;

  constructor(app: App, window: Window<Shown>) {
    const { world, pace } = app;
    this.#app = app;
    this.window = window;
    this.name = `${window.label}#${world.number()}`;
    this.journal = new Journal(app, this.name);
    const chance = new Chance(world.chance.int(0, 2 ** 31), 1);
    this.time = new PageTime(world, this, () => chance.next());
    const { callMs, heartbeatMs, hiddenIntervalMs } = pace;
    this.client = createClient({
      transport: this.#transport(),
      clock: this.time,
      random: () => chance.next(),
      visibility: {
        isVisible: () => this.visible,
        listen: (listener) => {
          this.#listeners.add(listener);
          return () => void this.#listeners.delete(listener);
        },
      },
      timeouts: { callMs, heartbeatMs, hiddenIntervalMs },
    });
  }

  // ---- what the driver does to it

  watch(topic: string, throttling: object | undefined, throws: Throws): Watch {
    const { world, backend } = this.#app;
    // A topic's engine is shared, so its throttling is the page's.
    if (!this.#throttled.has(topic)) this.#throttled.set(topic, throttling);
    const may = readable(this.window.read, topic);
    const isFirst = ({ life }: Commit) =>
      ![...this.watches].some((other) => other.topic === topic && other.last && other.last.life >= life);
    const explains = (commit: Commit, data: unknown) => this.journal.explains(commit, data, isFirst(commit));
    const watch = new Watch(world, backend.truth, topic, {
      name: this.name,
      readable: may,
      throws,
      explains,
    });
    const abort = new AbortController();
    watch.stop = () => abort.abort();
    this.watches.add(watch);
    world.log(() => `${this.name} subscribes to ${topic}`);
    const handler = (data: unknown, { revision, pending }: { revision: string; pending: number }) => {
      this.touched = true;
      this.journal.checkPending(topic, pending);
      watch.receive(data, revision);
    };
    const shared = this.#throttled.get(topic);
    const options = { throttling: shared, signal: abort.signal, onError: () => {} };
    this.client.subscribe(topic, handler, options).then(
      (stop) => {
        watch.stop = world.chance.hit(0.5) ? stop : watch.stop;
      },
      (error) => world.broken('subscribe', `${watch.name} was refused: ${error}`),
    );
    return watch;
  }

  unwatch(watch: Watch): void {
    this.#app.world.log(() => `${watch.name} stops`);
    if (this.#isFlying()) this.#app.world.faults.count('stoppedInFlight');
    watch.end();
    this.watches.delete(watch);
  }

  /** `subscribe` and `pull` name these. */
  wanted(): Set<string> {
    return new Set(Array.from(this.watches, ({ topic }) => topic));
  }

  isThrottled(topic: string): boolean {
    return this.#throttled.get(topic) !== undefined;
  }

  turn(cause: VisibilityCause): void {
    const { world } = this.#app;
    this.visible = cause !== 'hidden';
    if (cause === 'hidden') this.#hiddenSince = world.now;
    world.log(() => `${this.name} ${cause}`);
    for (const listener of [...this.#listeners]) listener(cause);
  }

  block(ms: number): void {
    this.blockedUntil = Math.max(this.blockedUntil, this.#app.world.now + ms);
  }

  unload(): void {
    this.alive = false;
    for (const watch of this.watches) watch.state = 'stopped';
  }

  // ---- what must be true of it

  /** Whoever wants nothing any more keeps nothing either. */
  checkQuiet(): void {
    if (this.watches.size > 0) return;
    if (this.#listeners.size > 0) this.#broken('quiet-after-stop', 'still listens to visibility');
    if (this.journal.open().length > 0) return;
    if (this.time.armed > 0) this.#broken('quiet-after-stop', `has ${this.time.armed} timers armed`);
  }

  wrong(hashes: Record<string, [string, number | null]>): string | undefined {
    for (const watch of this.watches) {
      const { topic, last } = watch;
      const commit = this.#app.backend.truth.now(topic);
      if (commit === undefined || !hasJson(commit.value) || !readable(this.window.read, topic)) continue;
      const [revision, hash] = hashes[topic] as [string, number | null];
      if (last === undefined || last.revision !== revision || hashOf(watch.data) !== hash) {
        return `${watch.name} shows ${last?.life}/${last?.revision}, Rust has ${commit.life}/${revision}`;
      }
    }
    return undefined;
  }

  // ---- its way to Rust

  #transport(): PluginTransport {
    const { backend, network, pace } = this.#app;
    const { read } = this.window;
    const call = async (name: string, execute: Parameters<Network['call']>[2]): Promise<never> => {
      this.calls += 1;
      return (await network.call(this, name, execute)) as never;
    };
    const { ends } = this.window;
    // Rust forgets the writes of a window that is destroyed, and nothing of it arrives a second time after that.
    const late: Result = { error: { kind: 'transport', message: 'the window was destroyed' } };
    // Scripts of a page that is gone do not run; what they were about to do does not happen.
    const never = new Promise<never>(() => {});
    const write = (message: Message): Promise<never> => {
      if (!this.alive) return never;
      const { operation, topic, base } = message.request;
      const name = `${message.do} ${operation} ${topic} on ${base} ${JSON.stringify(message.request.topics)}`;
      const send = (): Promise<WriteAnswer> =>
        call(name, () => (this.window.ends === ends ? backend.write(this.window.write, message) : late));
      return this.journal.send(message, send) as Promise<never>;
    };
    return {
      subscribe: (request, onSignal) => {
        if (!this.alive) return never;
        this.#onSubscribe(request);
        const { generation } = request;
        const channel = network.open(pace.channel, this, (signal) => {
          this.#onSignal(generation, signal as Signal);
          onSignal(signal as never);
        });
        const name = `subscribe ${generation} ${JSON.stringify(request.topics)}`;
        return this.#flown('subscribe', request, () =>
          call(name, () => backend.subscribe(read, request, channel)),
        );
      },
      pull: (request) => {
        const send = () => call(`pull ${JSON.stringify(request)}`, () => backend.pull(read, request));
        if (!this.alive) return never;
        this.#onPull(request);
        return request.topics.length > 0 ? this.#flown('pull', request, send) : send();
      },
      set: (request, value) => write({ do: 'set', request, value }),
      patch: (request, operations) => write({ do: 'patch', request, patch: operations as never }),
      action: (request, args) => write({ do: 'action', request, args }),
      snapshot: (topic) => {
        this.journal.asks(topic);
        return call(`snapshot ${topic}`, () => backend.snapshot(read, topic));
      },
      inspect: () => call('inspect', () => ({ ok: backend.inspect() })),
    };
  }

  /** Keeps book of the one call with topics that may be under way. */
  async #flown(
    kind: Flight['kind'],
    { generation, topics }: SubscribeRequest,
    send: () => Promise<never>,
  ): Promise<never> {
    const { world } = this.#app;
    if (topics.length > 0) {
      if (kind === 'pull' && this.#isFlying()) {
        this.#broken('single-flight', `pulls while a ${this.#flight?.kind} is under way`);
      }
      this.pulls += 1;
      this.#lastPullAt = world.now;
    }
    const flight: Flight = { kind, generation, began: world.now, done: topics.length === 0, answered: false };
    const overtaken = this.#flight;
    this.#flight = flight;
    try {
      const answer: { results: { topic: string; error?: unknown }[] } = await send();
      flight.answered = world.now - flight.began < this.#app.pace.callMs - GRAIN_MS;
      for (const { topic, error } of answer.results) if (error !== undefined) this.#refused.add(topic);
      return answer as never;
    } finally {
      flight.done = true;
      if (overtaken?.done === false) world.faults.count('answerOvertaken');
      if (world.now - flight.began >= this.#app.pace.callMs) world.faults.count('answerAfterTimeout');
    }
  }

  #isFlying(): boolean {
    const flight = this.#flight;
    return (
      flight !== undefined &&
      !flight.done &&
      this.#app.world.now - flight.began < this.#app.pace.callMs - GRAIN_MS
    );
  }

  #onSubscribe({ page, generation, topics }: SubscribeRequest): void {
    const names = topics.map(({ topic }) => topic);
    const wanted = this.wanted();
    if (names.length !== wanted.size || !names.every((name) => wanted.has(name))) {
      this.#broken('whole-set', `wants ${[...wanted]}, subscribes to ${names}`);
    }
    if (generation <= this.generation) this.#broken('one-session-a-page', `repeats generation ${generation}`);
    this.id = page;
    this.generation = generation;
    this.lost = false;
    this.#seen = 0;
  }

  #onPull({ generation, seen, topics }: PullRequest): void {
    const { world, pace } = this.#app;
    if (generation === this.generation) this.#seen = Math.max(this.#seen, seen);
    if (topics.length === 0) return;
    const names = new Set(topics.map(({ topic }) => topic));
    for (const topic of this.wanted()) {
      const apart = this.isThrottled(topic) || this.#refused.has(topic);
      if (!apart && !names.has(topic)) this.#broken('one-cut', `pulls ${[...names]} without ${topic}`);
    }
    const hidden = !this.visible && this.#hiddenSince < this.#lastPullAt;
    if (hidden && world.now - this.#lastPullAt < pace.hiddenIntervalMs - 1) {
      this.#broken('self-heal', `is hidden and pulled ${world.now - this.#lastPullAt} ms ago`);
    }
  }

  #onSignal(generation: number, { number }: Signal): void {
    const { world } = this.#app;
    this.signals += 1;
    if (generation !== this.generation || this.watches.size === 0) return;
    const check = () => {
      if (!this.alive || this.generation !== generation || this.watches.size === 0) return;
      // A subscribe that failed, as far as the page knows, is over: the next one is about to leave.
      const { kind, answered } = this.#flight as Flight;
      if (kind === 'subscribe' && !answered && !this.#isFlying()) return;
      const wait = this.blockedUntil - world.now;
      if (wait > -ANSWER_MS && this.#blockedSince(world.now - ANSWER_MS)) {
        world.timeline.after(Math.max(wait, 0) + ANSWER_MS, check);
      } else if (this.#seen < number) {
        this.#broken('always-seen', `has not answered signal ${number} of generation ${generation}`);
      }
    };
    world.timeline.after(ANSWER_MS, check);
  }

  /** Whether scripts were blocked at any time since `moment`. */
  #blockedSince(moment: number): boolean {
    return this.blockedUntil > moment;
  }

  #broken(rule: string, message: string): void {
    this.#app.world.broken(rule, `${this.name} ${message}`);
  }
}
