// Keeps virtual time and what is due when. Nothing here sleeps: time jumps from one entry to the next, and between
// two of them every promise that can settle does.

/** Something due. `undefined` once it ran or was called off. */
export interface Entry {
  readonly at: number;
  readonly order: number;
  run: (() => void) | undefined;
}

/** No run needs this many steps; one that takes more goes round in circles. */
const MOST_STEPS = 400_000;

const promisesSettled = () => new Promise<void>((resolve) => setImmediate(resolve));

export class Timeline {
  now = 0;
  steps = 0;
  #order = 0;
  readonly #heap: Entry[] = [];

  /** Runs `what` in `delayMs`; entries of the same moment run in the order they were made. */
  after(delayMs: number, what: () => void): Entry {
    this.#order += 1;
    const entry: Entry = { at: this.now + Math.max(0, delayMs), order: this.#order, run: what };
    this.#push(entry);
    return entry;
  }

  /** Lets time pass until `end`. `afterEach` runs when an entry and all promises it settled are done. */
  async runUntil(end: number, afterEach: () => void): Promise<void> {
    await promisesSettled();
    afterEach();
    for (;;) {
      const entry = this.#heap[0];
      if (entry === undefined || entry.at > end) break;
      this.#pop();
      const { run } = entry;
      if (run === undefined) continue;
      entry.run = undefined;
      this.now = Math.max(this.now, entry.at);
      this.steps += 1;
      if (this.steps > MOST_STEPS) throw new Error('the run goes round in circles');
      run();
      await promisesSettled();
      afterEach();
    }
    this.now = Math.max(this.now, end);
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let at = heap.push(entry) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (!before(entry, heap[above] as Entry)) break;
      heap[at] = heap[above] as Entry;
      at = above;
    }
    heap[at] = entry;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop() as Entry;
    if (heap.length === 0) return;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= heap.length) break;
      if (below + 1 < heap.length && before(heap[below + 1] as Entry, heap[below] as Entry)) below += 1;
      if (!before(heap[below] as Entry, last)) break;
      heap[at] = heap[below] as Entry;
      at = below;
    }
    heap[at] = last;
  }
}

function before(a: Entry, b: Entry): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}
