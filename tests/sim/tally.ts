// Keeps the sums over all runs, and says how they went.

import { type FaultCounts, type FaultKind, noFaults } from './faults.ts';
import type { Outcome } from './run.ts';

export interface Failure {
  run: number;
  rule: string;
  message: string;
  at: number;
  trace: string[];
}

export interface Tally {
  runs: number;
  windows: number;
  updates: number;
  writes: number;
  signals: number;
  calls: number;
  values: number;
  faults: FaultCounts;
  failures: Failure[];
}

export function emptyTally(): Tally {
  const sums = { runs: 0, windows: 0, updates: 0, writes: 0, signals: 0, calls: 0, values: 0 };
  return { ...sums, faults: noFaults(), failures: [] };
}

export function addOutcome(tally: Tally, { run, census, faults, violation, trace }: Outcome): void {
  tally.runs += 1;
  for (const name of ['windows', 'updates', 'writes', 'signals', 'calls', 'values'] as const) {
    tally[name] += census[name];
  }
  for (const kind of Object.keys(faults) as FaultKind[]) tally.faults[kind] += faults[kind];
  if (violation !== undefined) tally.failures.push({ run, ...violation, trace });
}

export function addTally(tally: Tally, part: Tally): void {
  for (const name of ['runs', 'windows', 'updates', 'writes', 'signals', 'calls', 'values'] as const) {
    tally[name] += part[name];
  }
  for (const kind of Object.keys(part.faults) as FaultKind[]) tally.faults[kind] += part.faults[kind];
  tally.failures.push(...part.failures);
}

/** The kinds that never struck. */
export function missing({ faults }: Tally): FaultKind[] {
  return (Object.keys(faults) as FaultKind[]).filter((kind) => faults[kind] === 0);
}

export function summary(tally: Tally): string {
  const { runs, windows, updates, writes, signals, calls, values, faults, failures } = tally;
  const counts = Object.entries(faults)
    .map(([kind, count]) => `${kind} ${count}`)
    .join(', ');
  return (
    `simulation: ${runs} runs, ${windows} windows, ${updates} updates, ${writes} of pages, ${signals} signals, ${calls} calls, ` +
    `${values} values shown, faults { ${counts} }, ${failures.length} wrong`
  );
}
