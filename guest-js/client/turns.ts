// Keeps the order of a topic's writes: one at a time, first come, first served. Loses those that wait when it is told so.

interface Waiting {
  resolve: () => void;
  reject: (error: unknown) => void;
}

export class Turns {
  #busy = false;
  #waiting: Waiting[] = [];

  /** Nobody has the turn and nobody waits for it. */
  get idle(): boolean {
    return !this.#busy;
  }

  /** Resolves when it is the caller's turn, who then has to call `leave`. */
  async enter(): Promise<void> {
    if (this.#busy) await new Promise<void>((resolve, reject) => this.#waiting.push({ resolve, reject }));
    else this.#busy = true;
  }

  leave(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#busy = false;
    else next.resolve();
  }

  /** Turns away those who wait. Whoever has the turn keeps it. */
  cancel(error: unknown): void {
    for (const { reject } of this.#waiting.splice(0)) reject(error);
  }
}
