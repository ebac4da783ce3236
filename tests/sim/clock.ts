// Keeps the timers of one page. They stop with the page, and wait while its scripts are blocked. How many there are
// is known, so that a page which should be quiet can be found not to be (`quiet-after-stop`).

import type { Receiver } from './network.ts';
import type { Entry } from './timeline.ts';
import type { World } from './world.ts';

export class PageTime {
  readonly #world: World;
  readonly #page: Receiver;
  readonly #random: () => number;
  readonly #armed = new Set<Entry>();

  constructor(world: World, page: Receiver, random: () => number) {
    this.#world = world;
    this.#page = page;
    this.#random = random;
  }

  get armed(): number {
    return this.#armed.size;
  }

  readonly now = (): number => this.#world.now;

  readonly random = (): number => this.#random();

  readonly setTimeout = (callback: () => void, delayMs: number): Entry => {
    if (!(delayMs >= 0)) this.#world.broken('bounded', `a timer of ${delayMs} ms`);
    const entry: Entry = this.#world.timeline.after(delayMs, () => this.#ring(entry, callback));
    this.#armed.add(entry);
    return entry;
  };

  readonly clearTimeout = (handle: unknown): void => {
    const entry = handle as Entry | undefined;
    if (entry === undefined) return;
    entry.run = undefined;
    this.#armed.delete(entry);
  };

  #ring(entry: Entry, callback: () => void): void {
    const wait = this.#page.blockedUntil - this.#world.now;
    if (!this.#page.alive || !this.#armed.has(entry)) {
      this.#armed.delete(entry);
    } else if (wait > 0) {
      this.#world.timeline.after(wait, () => this.#ring(entry, callback));
    } else {
      this.#armed.delete(entry);
      callback();
    }
  }
}
