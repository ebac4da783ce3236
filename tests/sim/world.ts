// Keeps what every part of one run shares: time, chance, faults, the trace, and the first broken rule.

import { Chance } from './chance.ts';
import { Faults } from './faults.ts';
import { Timeline } from './timeline.ts';

/** A rule of the protocol was seen broken. */
export interface Violation {
  rule: string;
  message: string;
  at: number;
}

/** Counts that show a run was not empty. */
export interface Census {
  windows: number;
  updates: number;
  /** Writes of pages that were acknowledged. */
  writes: number;
  signals: number;
  calls: number;
  values: number;
}

export class World {
  readonly timeline = new Timeline();
  readonly chance: Chance;
  readonly faults: Faults;
  readonly census: Census = { windows: 0, updates: 0, writes: 0, signals: 0, calls: 0, values: 0 };
  /** Set for a replay: every event of the run. */
  trace: string[] | undefined;
  violation: Violation | undefined;
  #numbers = 0;

  constructor(seed: number, run: number) {
    this.chance = new Chance(seed, run);
    this.faults = new Faults(this.chance);
  }

  get now(): number {
    return this.timeline.now;
  }

  /** A number no other thing of this run has. */
  number(): number {
    this.#numbers += 1;
    return this.#numbers;
  }

  /** Remembers the first broken rule; the run ends at the next step. */
  broken(rule: string, message: string): void {
    this.violation ??= { rule, message, at: this.now };
    this.log(() => `BROKEN ${rule}: ${message}`);
  }

  log(line: () => string): void {
    this.trace?.push(`${this.now.toFixed(1).padStart(9)}  ${line()}`);
  }

  /** Lets time pass, and stops as soon as a rule is broken. */
  async pass(ms: number, afterEach: () => void): Promise<void> {
    await this.timeline.runUntil(this.now + ms, () => {
      afterEach();
      if (this.violation !== undefined) throw new RuleBroken(this.violation);
    });
  }
}

export class RuleBroken extends Error {
  readonly violation: Violation;

  constructor(violation: Violation) {
    super(`${violation.rule}: ${violation.message}`);
    this.violation = violation;
  }
}
