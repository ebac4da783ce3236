// Keeps one run from its seed to its verdict. A run in which no window was opened or nothing was written shows nothing:
// it is drawn again.

import { happen } from './deeds.ts';
import type { FaultCounts } from './faults.ts';
import type { Host } from './host.ts';
import { Scenario } from './scenario.ts';
import { judge, pass } from './verdict.ts';
import { type Census, RuleBroken, type Violation, World } from './world.ts';

export interface Outcome {
  run: number;
  census: Census;
  faults: FaultCounts;
  /** The rule that was broken, if one was. */
  violation: Violation | undefined;
  trace: string[];
}

/** What goes wrong outside of every promise; the worker puts the current run's ear here. */
export const stray: { heard: (what: string) => void } = { heard: () => {} };

const DRAWS = 1 << 20;

export async function runOnce(host: Host, seed: number, run: number, traced: boolean): Promise<Outcome> {
  for (let draw = 0; ; draw += 1) {
    const world = new World(seed, run + draw * DRAWS);
    if (traced) world.trace = [];
    stray.heard = (what) => world.broken('isolation', what);
    try {
      await play(new Scenario(world, host));
    } catch (error) {
      if (!(error instanceof RuleBroken)) world.broken('no run may crash', String((error as Error).stack));
    }
    const empty = world.census.windows === 0 || world.census.updates === 0 || world.census.values === 0;
    if (empty && world.violation === undefined) continue;
    return {
      run,
      census: world.census,
      faults: world.faults.counts,
      violation: world.violation,
      trace: world.trace ?? [],
    };
  }
}

async function play(scenario: Scenario): Promise<void> {
  const { chance, faults } = scenario.world;
  faults.begin();
  for (let windows = chance.int(1, 3); windows > 0; windows -= 1) scenario.open();
  const step = chance.pick([3, 30, 300, 1500]);
  for (let deeds = chance.int(4, 45); deeds > 0; deeds -= 1) {
    happen(scenario);
    await pass(scenario, chance.hit(0.2) ? 0 : step * 2 * chance.next());
  }
  await judge(scenario);
}
