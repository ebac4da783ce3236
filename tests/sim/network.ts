// Keeps what is under way between pages and Rust, and loses, doubles, delays and reorders it as the run's faults say.
//
// Calls have no order. A Tauri Channel has: its messages are numbered, and behind a lost one every later one waits for
// ever. The `raw` kind delivers them as they come, which is kinder to losses and worse in order.

import type { Result } from './host.ts';
import type { World } from './world.ts';

/** Where answers, signals and events arrive. */
export interface Receiver {
  readonly name: string;
  /** The page is still there. */
  alive: boolean;
  /** Its scripts do not run before this moment. */
  blockedUntil: number;
}

export type ChannelKind = 'ordered' | 'raw';

/** One Channel of one page. */
export interface Channel {
  readonly kind: ChannelKind;
  readonly to: Receiver;
  readonly receive: (message: unknown) => void;
  sent: number;
  /** Highest number that arrived, in whatever order. */
  arrived: number;
  /** The ordered kind: the next message to be handed over, and those that wait for it. */
  next: number;
  readonly waiting: Map<number, unknown>;
}

export class Network {
  readonly #world: World;
  /** Counts the lives of Rust; a call of an earlier one reaches nobody. */
  life = 0;
  /** Answers to writes take so much longer. */
  writesTakeMs = 0;

  constructor(world: World) {
    this.#world = world;
  }

  /** Runs `what` in a page: not at all when it is gone, later while its scripts are blocked. */
  deliver(to: Receiver, what: () => void): void {
    if (!to.alive) return;
    const wait = to.blockedUntil - this.#world.now;
    if (wait > 0) this.#world.timeline.after(wait, () => this.deliver(to, what));
    else what();
  }

  /** A command. The promise stays pending when the call or its answer is lost. */
  call(from: Receiver, name: string, execute: () => Result): Promise<unknown> {
    const { timeline, faults } = this.#world;
    const { life } = this;
    this.#world.census.calls += 1;
    return new Promise((resolve, reject) => {
      const refuse = () => this.deliver(from, () => reject(new Error('the call failed on its way')));
      const lost = faults.strikes('callLost');
      const rejected = !lost && faults.strikes('callRejected');
      this.#world.log(() => `${from.name} calls ${name}${lost ? ' LOST' : rejected ? ' REJECTED' : ''}`);
      if (lost) return;
      if (rejected) return void timeline.after(this.#latency(), refuse);
      const arrive = (answered: boolean) => () => {
        if (life !== this.life) {
          this.#world.faults.count('staleLife');
          return;
        }
        const result = execute();
        if (answered) this.#answer(from, name, result, resolve, reject, refuse);
      };
      const first = this.#callDelay();
      const doubled = faults.strikes('callDoubled');
      const answers = doubled ? this.#world.chance.pick(['first', 'second', 'both']) : 'first';
      timeline.after(first, arrive(answers !== 'second'));
      if (doubled) timeline.after(first + this.#callDelay(), arrive(answers !== 'first'));
      if (doubled) this.#world.log(() => 'that call is doubled');
    });
  }

  #answer(
    to: Receiver,
    name: string,
    result: Result,
    resolve: (value: unknown) => void,
    reject: (error: unknown) => void,
    refuse: () => void,
  ): void {
    const { timeline, faults, chance } = this.#world;
    if (faults.strikes('answerLost')) return;
    if (faults.strikes('answerRejected')) return void timeline.after(this.#latency(), refuse);
    const late = faults.strikes('answerLate') ? chance.between(8000, 25_000) : 0;
    const delayed = faults.strikes('answerDelayed') ? chance.between(20, 2500) : 0;
    const slow = /^(set|patch|action) /.test(name) ? this.writesTakeMs : 0;
    timeline.after(this.#latency() + late + delayed + slow, () =>
      this.deliver(to, () => ('ok' in result ? resolve(result.ok) : reject(result.error))),
    );
  }

  open(kind: ChannelKind, to: Receiver, receive: (message: unknown) => void): Channel {
    return { kind, to, receive, sent: 0, arrived: 0, next: 1, waiting: new Map() };
  }

  /** A message on a Channel. */
  send(channel: Channel, message: unknown): void {
    const { timeline, faults } = this.#world;
    channel.sent += 1;
    const number = channel.sent;
    this.#world.census.signals += 1;
    if (faults.strikes('signalLost')) return;
    const arrive = () => this.deliver(channel.to, () => this.#arrive(channel, number, message));
    timeline.after(this.#signalDelay(), arrive);
    if (faults.strikes('signalDoubled')) timeline.after(this.#signalDelay() * 2, arrive);
  }

  #arrive(channel: Channel, number: number, message: unknown): void {
    if (number < channel.arrived) this.#world.faults.count('signalOvertaken');
    channel.arrived = Math.max(channel.arrived, number);
    if (channel.kind === 'raw') return channel.receive(message);
    channel.waiting.set(number, message);
    if (number > channel.next) this.#world.faults.count('signalBehindGap');
    while (channel.waiting.has(channel.next)) {
      const next = channel.waiting.get(channel.next);
      channel.waiting.delete(channel.next);
      channel.next += 1;
      channel.receive(next);
    }
  }

  /** A plain event; `lost` runs when this page will never hear of it. */
  event(to: Receiver, receive: () => void, lost: () => void): void {
    const { timeline, faults, chance } = this.#world;
    if (faults.strikes('eventLost')) return lost();
    const arrive = () => this.deliver(to, receive);
    const delay = () => this.#latency() + (faults.strikes('eventDelayed') ? chance.between(10, 3000) : 0);
    timeline.after(delay(), arrive);
    if (faults.strikes('eventDoubled')) timeline.after(delay() * 2, arrive);
  }

  #latency(): number {
    return this.#world.chance.between(0.1, 4);
  }

  #callDelay(): number {
    const { faults, chance } = this.#world;
    return this.#latency() + (faults.strikes('callDelayed') ? chance.between(20, 6000) : 0);
  }

  #signalDelay(): number {
    const { faults, chance } = this.#world;
    return this.#latency() + (faults.strikes('signalDelayed') ? chance.between(20, 4000) : 0);
  }
}
