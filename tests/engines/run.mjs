// The window-side persistence in real browser engines: Chromium and WebKitGTK.
//
// Prints one line for each claim, `ok` or `FAILED` with the engine and the claim, and a last line that counts them; the
// exit code is not zero when one did not hold. `run.mjs [ENGINE]` tries one engine only. WebKitGTK needs a display:
// `cargo xtask test engines` brings one. Everything it writes is in target/engines/: a profile for each start of a
// browser, with the browser's log beside it.
import { mkdir, rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { Report } from '../../examples/check/report.mjs';
import { ENGINES, endAll } from './browser.mjs';
import { Desk } from './desk.mjs';
import { Line } from './line.mjs';
import { inThePage } from './scenarios/page.mjs';
import { quota } from './scenarios/quota.mjs';
import { restart } from './scenarios/restart.mjs';
import { upgrade } from './scenarios/upgrade.mjs';
import { walled } from './scenarios/walled.mjs';
import { windows } from './scenarios/windows.mjs';

/** Many times what it takes; then something hangs. */
const LIMIT_MS = 5 * 60_000;
const SCENARIOS = { inThePage, quota, upgrade, windows, restart, walled };

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = `${root}target/engines`;
const script = `${folder}/page.js`;
const engines = process.argv[2] ? [process.argv[2]] : Object.keys(ENGINES);

process.on('exit', endAll);
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1));

const report = new Report();
setTimeout(() => {
  report.claim(`all of it takes less than ${LIMIT_MS / 60_000} minutes`, false);
  process.exit(report.conclude());
}, LIMIT_MS).unref();

await rm(folder, { recursive: true, force: true });
await mkdir(folder, { recursive: true });
await build({
  absWorkingDir: root,
  entryPoints: ['tests/engines/page/main.ts'],
  outfile: script,
  bundle: true,
  // A script without an origin can load, which a module cannot.
  format: 'iife',
  target: ['safari15', 'chrome105'],
  logLevel: 'warning',
});

const files = `${folder}/files`;
const line = await Line.open(script, files);
for (const engine of engines) {
  console.log(`\n${engine}: ${ENGINES[engine].version()}`);
  await rm(files, { recursive: true, force: true });
  const desk = new Desk(engine, line, `${folder}/${engine}`, report);
  for (const [name, play] of Object.entries(SCENARIOS)) {
    try {
      await play(desk);
    } catch (error) {
      report.claim(`${engine.padEnd(9)}  the scenario ${name} can be played`, false, error.message);
    }
    desk.clear();
  }
}
line.close();
console.log();
process.exitCode = report.conclude();
