// Keeps one host process and plays the runs it is given, one after the other.

import type { FaultCounts } from './faults.ts';
import { Host } from './host.ts';
import { type Outcome, runOnce, stray } from './run.ts';
import { addOutcome, emptyTally, type Tally } from './tally.ts';

/** The runs of one worker: every `stride`-th from `first` up to `last`. */
export interface Share {
  host: string;
  seed: number;
  first: number;
  last: number;
  stride: number;
  verbose: boolean;
  mostFailures: number;
}

/** What a worker says: which process it has, a sign of life before each run, and everything at the end. */
export type Message =
  | { kind: 'hires'; pid: number | undefined }
  | { kind: 'begins'; run: number }
  | { kind: 'ends'; tally: Tally };

export type { FaultCounts, Outcome };

export async function work(share: Share, tell: (message: Message) => void): Promise<void> {
  listen();
  const host = new Host(share.host);
  tell({ kind: 'hires', pid: host.pid });
  const tally = emptyTally();
  for (let run = share.first; run <= share.last; run += share.stride) {
    tell({ kind: 'begins', run });
    let outcome = await runOnce(host, share.seed, run, share.verbose);
    if (outcome.violation !== undefined && !share.verbose) {
      const { message } = outcome.violation;
      outcome = await runOnce(host, share.seed, run, true);
      if (outcome.violation?.message !== message) {
        outcome.violation = { rule: 'replay', message: `not the same twice, at first: ${message}`, at: 0 };
      }
    }
    addOutcome(tally, outcome);
    if (share.verbose) process.stdout.write(`${outcome.trace.join('\n')}\n`);
    if (tally.failures.length >= share.mostFailures) break;
  }
  tell({ kind: 'ends', tally });
}

/** What no promise catches is heard, and what the real clock would do is not allowed. */
function listen(): void {
  process.on('unhandledRejection', (error) => stray.heard(`unhandled rejection: ${(error as Error)?.stack}`));
  process.on('uncaughtException', (error) => stray.heard(`uncaught: ${error.stack}`));
  // The client tells the console what nobody listens to; the runs check what it does, not what it says.
  console.error = () => {};
  console.warn = () => {};
  const real = (name: string) => () => {
    stray.heard(`${name}: time and chance have to be injected`);
    return 0;
  };
  globalThis.setTimeout = real('setTimeout') as never;
  globalThis.setInterval = real('setInterval') as never;
  Math.random = real('Math.random');
  Date.now = real('Date.now');
}
