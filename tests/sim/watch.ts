// Keeps what one handler was given, and holds every value against the truth: no window is newer than Rust, none goes
// back, none hears of what it may not read, and none hears anything after it stopped.

import type { Document } from './host.ts';
import { type Commit, isOlder, type Truth } from './truth.ts';
import type { World } from './world.ts';

/** Whether the handler throws; the other handlers of the topic must not notice (`isolation`). */
export type Throws = 'never' | 'sometimes' | 'always';

export class Watch {
  readonly topic: string;
  readonly name: string;
  readonly throws: Throws;
  /** What it was given last. */
  last: Commit | undefined;
  data: unknown;
  state: 'on' | 'stopped' = 'on';
  /** Ends it, whatever it waits for. */
  stop: () => void = () => {};
  readonly #world: World;
  readonly #truth: Truth;
  readonly #readable: boolean;

  constructor(
    world: World,
    truth: Truth,
    topic: string,
    rest: { name: string; readable: boolean; throws: Throws },
  ) {
    this.#world = world;
    this.#truth = truth;
    this.topic = topic;
    this.name = `${rest.name} ${topic}`;
    this.throws = rest.throws;
    this.#readable = rest.readable;
  }

  end(): void {
    if (this.state === 'stopped') return;
    this.state = 'stopped';
    this.stop();
  }

  /** The handler. */
  receive(data: unknown, revision: string): void {
    const { name, topic } = this;
    const { stamp } = data as Document;
    const commit = this.#truth.ofStamp(stamp).find((one) => one.topic === topic && one.revision === revision);
    this.#world.census.values += 1;
    this.#world.log(() => `${name} gets ${revision} stamp ${stamp}`);
    if (this.state === 'stopped') return this.#broken('quiet-after-stop', 'got a value after it stopped');
    if (!this.#readable) return this.#broken('scope-at-every-read', 'got what it may not read');
    if (commit === undefined) {
      return this.#broken('strictly-newer', `got ${revision}, which Rust never had with stamp ${stamp}`);
    }
    const { last } = this;
    if (last !== undefined && !isLater(commit, last)) {
      this.#broken('strictly-newer', `went from ${last.life}/${last.revision} to ${commit.life}/${revision}`);
    }
    this.last = commit;
    this.data = data;
    const sometimes = this.throws === 'sometimes' && this.#world.faults.strikes('handlerThrows');
    if (sometimes || this.throws === 'always') throw new Error('a handler threw');
  }

  #broken(rule: string, message: string): void {
    this.#world.broken(rule, `${this.name} ${message}`);
  }
}

/** Whether a commit is newer than another one of the same topic. */
export function isLater(a: Commit, b: Commit): boolean {
  return a.life > b.life || (a.life === b.life && isOlder(b.revision, a.revision));
}
