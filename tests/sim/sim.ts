// The simulation's command line: `node target/sim/sim.mjs --runs 10000 --seed 1`. See README.md.

import { fork } from 'node:child_process';
import { availableParallelism, loadavg } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { addTally, emptyTally, type Failure, missing, summary, type Tally } from './tally.ts';
import { type Message, type Share, work } from './worker.ts';

/**
 * A worker that begins no new run for this long hangs: a lock held across a call, or an endless loop. Where others wait for
 * the processors too, it is given as many times as long as there are of them for each.
 */
const HUNG_MS = 30_000;
const TRACE_LINES = 60;

const { values: options } = parseArgs({
  options: {
    runs: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
    from: { type: 'string', default: '0' },
    workers: { type: 'string', default: '2' },
    'most-failures': { type: 'string', default: '5' },
    host: { type: 'string' },
    verbose: { type: 'boolean', default: false },
    worker: { type: 'boolean', default: false },
  },
});

function number(name: 'runs' | 'seed' | 'from' | 'workers' | 'most-failures'): number {
  const value = Number(options[name]);
  if (!Number.isSafeInteger(value) || value < 0) throw new Error(`--${name} wants a whole number`);
  return value;
}

const self = fileURLToPath(import.meta.url);
const seed = number('seed');

/** Plays one share in a process of its own. */
function employ(share: Share): Promise<Tally> {
  return new Promise((resolve) => {
    const child = fork(self, ['--worker'], { serialization: 'advanced' });
    let current = share.first;
    let host: number | undefined;
    const give = (tally: Tally) => {
      clearTimeout(watchdog);
      child.kill('SIGKILL');
      // A process that waits for a lock of its own does not notice that nobody is there any more.
      if (host !== undefined) end(host);
      host = undefined;
      resolve(tally);
    };
    const fail = (message: string) => {
      const failure = { run: current, rule: 'no run may hang', message, at: 0, trace: [] };
      give({ ...emptyTally(), runs: 1, failures: [failure] });
    };
    let heard = performance.now();
    const look = () => {
      const silentMs = performance.now() - heard;
      const limitMs = HUNG_MS * Math.max(1, (loadavg()[0] ?? 0) / availableParallelism());
      if (silentMs < limitMs) watchdog = setTimeout(look, limitMs - silentMs);
      else fail(`no sign of life for ${Math.round(silentMs / 1000)} s`);
    };
    let watchdog = setTimeout(look, HUNG_MS);
    child.on('message', (message: Message) => {
      clearTimeout(watchdog);
      heard = performance.now();
      if (message.kind === 'ends') return give(message.tally);
      if (message.kind === 'hires') host = message.pid;
      else current = message.run;
      watchdog = setTimeout(look, HUNG_MS);
    });
    child.on('exit', (code) => fail(`the worker ended with ${code}`));
    child.send(share);
  });
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

function report({ run, rule, message, at, trace }: Failure): void {
  console.log(`\nrun ${run} of seed ${seed} broke \`${rule}\` at ${at.toFixed(1)} ms: ${message}`);
  for (const line of trace.slice(-TRACE_LINES)) console.log(`    ${line}`);
  console.log(`replay: cargo xtask sim --seed ${seed} --from ${run} --runs 1 --verbose`);
}

async function main(): Promise<void> {
  const runs = number('runs');
  const from = number('from');
  const workers = Math.max(1, Math.min(number('workers'), runs));
  const host = options.host ?? join(dirname(self), '../release/statesync-sim-host');
  console.log(`simulation: seed ${seed}, runs ${from} to ${from + runs - 1}`);
  const shares = Array.from({ length: workers }, (_, worker) => ({
    host,
    seed,
    first: from + worker,
    last: from + runs - 1,
    stride: workers,
    verbose: options.verbose,
    mostFailures: number('most-failures'),
  }));
  const tally = emptyTally();
  for (const part of await Promise.all(shares.map(employ))) addTally(tally, part);
  tally.failures.sort((a, b) => a.run - b.run).forEach(report);
  console.log(`\n${summary(tally)}`);
  // A handful of runs need not meet everything; the test command's do.
  const absent = runs >= 1000 && tally.failures.length === 0 ? missing(tally) : [];
  if (absent.length > 0) console.log(`these faults never struck: ${absent.join(', ')}`);
  const failed = tally.failures.length + absent.length;
  console.log(`${tally.runs - tally.failures.length} passed, ${failed} failed`);
  process.exitCode = failed > 0 || tally.runs === 0 ? 1 : 0;
}

if (options.worker) {
  process.once('message', (share: Share) => void work(share, (message) => process.send?.(message)));
} else {
  await main();
}
