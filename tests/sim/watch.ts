// Keeps what one handler was given, and holds every value against the truth: no window is newer than Rust, none goes
// back, none hears of what it may not read, and none hears anything after it stopped.

import { type Commit, isOlder, isSame, type Truth } from './truth.ts';
import type { World } from './world.ts';

/** Whether the handler throws; the other handlers of the topic must not notice (`isolation`). */
export type Throws = 'never' | 'sometimes' | 'always';

/** Whether a value is what may be shown while Rust's is that commit's. */
export type Explains = (commit: Commit, data: unknown) => boolean;

export class Watch {
  readonly topic: string;
  readonly name: string;
  readonly throws: Throws;
  /** What it was given last; revisions of different lives may look alike, then the oldest of them. */
  last: Commit | undefined;
  data: unknown;
  state: 'on' | 'stopped' = 'on';
  /** Ends it, whatever it waits for. */
  stop: () => void = () => {};
  readonly #world: World;
  readonly #truth: Truth;
  readonly #readable: boolean;
  readonly #explains: Explains;
  readonly born: number;

  constructor(
    world: World,
    truth: Truth,
    topic: string,
    rest: { name: string; readable: boolean; throws: Throws; explains?: Explains },
  ) {
    this.#world = world;
    this.#truth = truth;
    this.topic = topic;
    this.name = `${rest.name} ${topic}`;
    this.throws = rest.throws;
    this.#readable = rest.readable;
    this.#explains = rest.explains ?? (({ value }, data) => isSame(value, data));
    this.born = world.now;
  }

  end(): void {
    if (this.state === 'stopped') return;
    this.state = 'stopped';
    this.stop();
  }

  /** The handler. */
  receive(data: unknown, revision: string): void {
    const { name, topic, last } = this;
    this.#world.census.values += 1;
    this.#world.log(() => `${name} gets ${revision} ${JSON.stringify(data)}`);
    if (this.state === 'stopped') return this.#broken('quiet-after-stop', 'got a value after it stopped');
    if (!this.#readable) return this.#broken('scope-at-every-read', 'got what it may not read');
    const there = this.#truth.at(topic, revision);
    if (there.length === 0) return this.#broken('strictly-newer', `got ${revision}, which Rust never had`);
    const meant = there.filter((commit) => this.#explains(commit, data));
    if (meant.length === 0) {
      const values = there.map(({ value }) => JSON.stringify(value));
      return this.#broken('overlay', `shows ${JSON.stringify(data)} at ${revision}, Rust had ${values}`);
    }
    const possible = meant.filter((commit) => last === undefined || !isLater(last, commit));
    const [commit] = possible;
    if (commit === undefined) {
      return this.#broken('strictly-newer', `went from ${last?.life}/${last?.revision} to ${revision}`);
    }
    if (commit === last && isSame(this.data, data)) this.#broken('strictly-newer', `got ${revision} twice`);
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
