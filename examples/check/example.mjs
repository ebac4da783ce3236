// The frame of an example's check: opens its app, tries its claims, takes a picture of each window, counts.
//
// Needs a running tauri-driver (`cargo xtask test examples` starts one). STATESYNC_CHECK_BINARY or the first argument
// names the app, STATESYNC_CHECK_DRIVER the driver. Pictures go to target/examples/NAME/. The last line counts what held;
// the exit code is not zero when anything did not.
//
//   await checkExample('react-zustand', ['settings', 'tasks'], async (desk, step) => {
//     await step('a task added in one window shows in the other', async () => { ... });
//   });
import { fileURLToPath } from 'node:url';
import { Desk } from './desk.mjs';
import { Report } from './report.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Checks `examples/<name>`, whose package and binary are called `statesync-example-<name>`, once its `windows` are open. `claims(desk, step)` tries
 * them: a step that throws has failed, and the next one runs all the same.
 */
export async function checkExample(name, windows, claims) {
  const application =
    process.argv[2] ?? process.env.STATESYNC_CHECK_BINARY ?? `${root}target/debug/statesync-example-${name}`;
  const server = process.env.STATESYNC_CHECK_DRIVER ?? 'http://127.0.0.1:4444';
  const report = new Report();
  const desk = await Desk.open(server, application);
  const step = (claim, work) => report.step(`${name}: ${claim}`, work);

  await step(`the windows ${windows.join(' and ')} open`, () => desk.arrange(windows));
  await claims(desk, step);
  await step('every window can be photographed', () =>
    desk.photograph(`${root}target/examples/${name}`, 'checked'),
  );

  await desk.close().catch((error) => console.log(`the app did not close by itself: ${error.message}`));
  process.exitCode = report.conclude();
}
