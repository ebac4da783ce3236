// Keeps the app's Rust side in a run: the process with the real core, when it is flushed, and what may come out of it.
// Every answer is checked against the truth at the moment it is made, before the network can harm it.

import { Answers } from './answers.ts';
import {
  type Command,
  type Document,
  type Host,
  type How,
  type Limits,
  type Place,
  type Reply,
  type Result,
  readable,
} from './host.ts';
import type { Channel, Network } from './network.ts';
import { type PullRequest, Sessions, type Signal, type SubscribeRequest } from './sessions.ts';
import type { Entry } from './timeline.ts';
import type { Truth } from './truth.ts';
import type { World } from './world.ts';
import { type Message, Writes } from './writes.ts';

/** Who hears the plain event. */
export type EventListener = (event: { topic: string; revision: string }) => void;

interface FlushReply {
  signals: [number, Signal][];
  events: { topic: string; revision: string }[];
  next: number | null;
  dropped: number;
}

export class Backend {
  readonly truth: Truth;
  readonly sessions: Sessions;
  readonly #answers: Answers;
  readonly #writes: Writes;
  readonly listeners = new Set<EventListener>();
  /** Called with each page's session that Rust has given up. */
  onGivenUp: (window: string, page: string) => void = () => {};
  /** Whether a window shows this page now. */
  /** Nothing goes wrong any more, so nothing is sent a second time. */
  calm = false;
  isLive: (window: string, page: string) => boolean = () => true;
  /** Whether this page is there and wants something. */
  answers: (window: string, page: string) => boolean = () => true;
  readonly #world: World;
  readonly #host: Host;
  readonly #network: Network;
  readonly #limits: Limits;
  readonly #public: readonly string[];
  /** Sinks that must be let go of in the next reply. */
  readonly #ending = new Set<number>();
  #alarm: Entry | undefined;
  /** The core asked for a flush that has not begun. */
  #woken = false;

  constructor(
    world: World,
    host: Host,
    network: Network,
    truth: Truth,
    limits: Limits,
    publicTopics: readonly string[],
  ) {
    this.#world = world;
    this.#host = host;
    this.#network = network;
    this.#limits = limits;
    this.#public = publicTopics;
    this.truth = truth;
    this.sessions = new Sessions(world, truth, limits.maxSignalBytes);
    this.#answers = new Answers(world, truth, this.sessions);
    this.#writes = new Writes(world, truth, this.sessions, this.#answers);
  }

  /** A new life of the process. Its topics begin above `floor`; those in `values` are there at once. */
  begin(floor: string, values: Map<string, Document>): void {
    this.truth.begin(`life-${this.truth.life + 1}`, floor);
    this.#network.life += 1;
    this.sessions.bySink.clear();
    this.#ending.clear();
    this.#alarm = undefined;
    this.#woken = false;
    const { epoch } = this.truth;
    this.#run([{ do: 'reset', epoch, floor, limits: this.#limits, public: this.#public }]);
    for (const [topic, value] of values) this.register(topic, value);
  }

  register(topic: string, value: Document): void {
    const result = this.#one({ do: 'register', topic, value });
    if ('error' in result) return this.#world.broken('register', JSON.stringify(result.error));
    this.truth.commit(topic, result.ok as string, value);
  }

  remove(topic: string): void {
    this.#value({ do: 'remove', topic });
    this.truth.remove(topic);
    this.#mustBeWoken();
  }

  /** All of it in one step, or nothing of it. */
  transaction(parts: [string, Document][], fails: boolean): void {
    const result = this.#one({ do: 'transaction', parts, fails });
    const kind = 'error' in result ? result.error.kind : 'ok';
    if (kind !== (fails ? 'panicked' : 'ok')) this.#world.broken('one-cut', JSON.stringify(result));
    if ('error' in result) return;
    parts.forEach(([topic, value], n) => {
      this.truth.commit(topic, (result.ok as string[])[n] as string, value);
    });
    this.#mustBeWoken();
  }

  /** Writes from Rust; `value` has the stamp of the first. */
  writeFromRust(topic: string, how: How, value: Document, times = 1): void {
    const result = this.#one({ do: 'write', topic, how, value, times });
    const kind = 'error' in result ? result.error.kind : 'ok';
    const wanted = ({ conflict: 'conflict', refuse: 'refused', panic: 'panicked' } as Record<string, string>)[
      how
    ];
    if (kind !== (wanted ?? 'ok')) {
      return this.#world.broken('no-lock-across-calls', `${how} of ${topic}: ${JSON.stringify(result)}`);
    }
    if (!('ok' in result)) return;
    (result.ok as string[]).forEach((revision, n) => {
      this.truth.commit(topic, revision, { ...value, stamp: value.stamp + n });
    });
    this.#mustBeWoken();
  }

  subscribe(at: Place, request: SubscribeRequest, channel: Channel): Result {
    // A doubled call comes with a Channel of its own each time.
    const sink = this.#world.number();
    const before = this.sessions.find(at.window, request.page);
    const [result] = this.#run([{ do: 'subscribe', at, request, sink }], (answered) => {
      if ('error' in (answered[0] as Result)) return;
      if (before !== undefined) this.#end(before.sink);
      if (request.topics.length > 0) {
        this.sessions.begin(sink, at.window, request, channel, (topic) => readable(at, topic));
      }
    }) as [Result];
    if ('error' in result) {
      const superseded = result.error.kind === 'superseded';
      if (!superseded) this.#world.broken('whole-set', `subscribe: ${JSON.stringify(result.error)}`);
    } else {
      if (before !== undefined && request.generation <= before.generation) {
        this.#world.broken('one-session-a-page', `generation ${request.generation} came after a newer one`);
      }
      this.#answers.pulled(at, request, result.ok);
    }
    return result;
  }

  pull(at: Place, request: PullRequest): Result {
    const session = this.sessions.find(at.window, request.page);
    const known = session !== undefined && session.generation === request.generation;
    const result = this.#one({ do: 'pull', at, request });
    if ('error' in result) {
      const refused = result.error.kind === 'unknown-session' || result.error.kind === 'superseded';
      if (known || !refused) this.#world.broken('one-session-a-page', `pull: ${result.error.message}`);
    } else if (!known) {
      this.#world.broken('one-session-a-page', `${at.window} pulls without a session`);
    } else {
      this.sessions.state(session, request);
      this.#mustBeWoken();
      this.#answers.pulled(at, request, result.ok);
    }
    return result;
  }

  snapshot(at: Place, topic: string): Result {
    const result = this.#one({ do: 'snapshot', at, topic });
    if ('ok' in result)
      this.#answers.topic(at.window, readable(at, topic), { topic, ...(result.ok as object) });
    return result;
  }

  /** A write of a page. */
  write(at: Place, message: Message): Result {
    const result = this.#writes.execute(at, message, (command) => this.#one(command));
    this.#mustBeWoken();
    return result;
  }

  /** A new page begins to load in the window. */
  pageLoads(window: string): void {
    this.#endAll({ do: 'pageLoads', window }, window);
  }

  /** The window is destroyed. */
  windowGone(window: string): void {
    this.#endAll({ do: 'windowGone', window }, window);
  }

  #endAll(command: Command, window: string): void {
    this.#run([command], () => {
      for (const session of [...this.sessions.bySink.values()]) {
        if (session.window === window) this.#end(session.sink);
      }
    });
  }

  inspect(): unknown {
    return this.#value({ do: 'inspect' });
  }

  /** Revision and hash of every topic, from the core itself. */
  hashes(): Record<string, [string, number | null]> {
    return this.#value({ do: 'truth' }) as Record<string, [string, number | null]>;
  }

  #value(command: Command): unknown {
    const result = this.#one(command);
    if ('error' in result) throw new Error(`${command.do}: ${result.error.message}`);
    return result.ok;
  }

  #one(command: Command): Result {
    return this.#run([command])[0] as Result;
  }

  #run(commands: Command[], settle: (results: Result[]) => void = () => {}): Result[] {
    const reply = this.#host.call(commands);
    settle(reply.results);
    this.#news(reply);
    return reply.results;
  }

  #end(sink: number): void {
    this.sessions.bySink.delete(sink);
    this.#ending.add(sink);
  }

  #news(reply: Reply): void {
    for (const sink of reply.gone) {
      const session = this.sessions.bySink.get(sink);
      if (!this.#ending.delete(sink) && session !== undefined) {
        this.sessions.bySink.delete(sink);
        if (this.isLive(session.window, session.page)) {
          this.#world.broken('one-session-a-page', `the session of ${session.window} ended without a reason`);
        }
      }
    }
    if (this.#ending.size > 0) {
      this.#world.broken('one-session-a-page', `${this.#ending.size} sessions did not end`);
    }
    if (reply.wake) {
      this.#woken = true;
      const { faults, chance } = this.#world;
      const late = faults.strikes('flushDelayed') ? chance.between(5, 500) : 0;
      this.#flushIn(chance.between(0, 0.5) + late);
    }
  }

  /** A dirty session with a free slot never waits for anybody else's flush. */
  #mustBeWoken(): void {
    if (this.#woken) return;
    for (const session of this.sessions.bySink.values()) {
      const free = session.unacknowledged === undefined;
      if (free && this.sessions.expected(session, 0).kind === 'signal') {
        this.#world.broken('one-unacked-signal', `nothing will tell the dirty session of ${session.window}`);
      }
    }
  }

  #flushIn(delayMs: number): void {
    const { life } = this.truth;
    this.#world.timeline.after(delayMs, () => {
      if (life === this.truth.life) this.#flush();
    });
  }

  #flush(): void {
    const nowMs = Math.floor(this.#world.now);
    this.#woken = false;
    const plan = [...this.sessions.bySink.values()].map((session) => ({
      session,
      expected: this.sessions.expected(session, nowMs),
    }));
    const ends = plan.filter(({ expected }) => expected.kind === 'end');
    const [result] = this.#run([{ do: 'flush', nowMs }], () => {
      for (const { session } of ends) this.#end(session.sink);
    });
    const reply = (result as { ok: FlushReply }).ok;
    if (reply.dropped !== ends.length) {
      this.#world.broken('give-up', `${reply.dropped} sessions were given up, not ${ends.length}`);
    }
    for (const { session, expected } of plan) {
      const signals = reply.signals.filter(([sink]) => sink === session.sink).map(([, signal]) => signal);
      this.sessions.sent(session, expected, signals, nowMs);
      const again = expected.kind === 'signal' && expected.attempt > 1;
      if (again && this.calm && this.answers(session.window, session.page)) {
        this.#world.broken('always-seen', `${session.window} got a signal twice although nothing was lost`);
      }
      for (const signal of signals) {
        this.#world.log(() => `signal to ${session.window}/${session.generation} ${JSON.stringify(signal)}`);
        this.#network.send(session.channel, signal);
      }
    }
    for (const { session } of ends) {
      this.#world.faults.count('sessionGivenUp');
      this.#world.log(() => `given up: ${session.window}/${session.generation}`);
      this.onGivenUp(session.window, session.page);
    }
    for (const event of reply.events) for (const listener of [...this.listeners]) listener(event);
    if (reply.next !== null) this.#arm(reply.next);
  }

  #arm(due: number): void {
    if (this.#alarm?.run !== undefined) {
      if (this.#alarm.at <= due) return;
      this.#alarm.run = undefined;
    }
    const { life } = this.truth;
    this.#alarm = this.#world.timeline.after(due - this.#world.now, () => {
      if (life === this.truth.life) this.#flush();
    });
  }
}
