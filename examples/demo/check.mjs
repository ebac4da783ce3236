// Clicks through the demo in real windows and compares each of them with Rust in the end.
//
// Needs a running tauri-driver (`cargo xtask demo` starts one). STATESYNC_CHECK_BINARY or the first argument
// names the app, STATESYNC_CHECK_DRIVER the driver. Screenshots go to target/demo/. The last line counts what
// held; the exit code is not zero when anything did not.
import { fileURLToPath } from 'node:url';
import { Key } from 'selenium-webdriver';
import { Desk } from '../check/desk.mjs';
import { Report } from '../check/report.mjs';
import { compare, look, lookAtAll, sameAs } from './check/table.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const application =
  process.argv[2] ?? process.env.STATESYNC_CHECK_BINARY ?? `${root}target/debug/statesync-demo`;
const server = process.env.STATESYNC_CHECK_DRIVER ?? 'http://127.0.0.1:4444';
const pictures = `${root}target/demo`;

const TOPICS = {
  overview: ['burst', 'settings', 'system'],
  processes: ['burst', 'processes', 'settings'],
  settings: ['burst', 'settings'],
};
/** A burst costs a window two pulls at most; the heartbeat may fall into it. */
const MOST_PULLS = 3;
/** Far enough in the future for two windows to be told. */
const SOON_MS = 250;
/** So that the pictures show a history. */
const HISTORY_MS = 20_000;

const report = new Report();
const open = () => Desk.open(server, application, 'return window.__demo?.label');
let desk = await open();

const step = (claim, work) => report.step(claim, work);
const theme = (name) => desk.click('settings', `#theme-${name} + span`);
const themed = 'return document.documentElement.dataset.theme === arguments[0]';
const filtered = 'return / of /.test(document.getElementById("summary").textContent)';
const allTopics = 'return arguments[0].every((name) => name in window.__demo.topics)';

await step('the three windows open and show every topic they want', async () => {
  await desk.arrange(['overview', 'processes', 'settings']);
  for (const label of desk.labels) {
    await desk.until(`${label} has its topics`, () => desk.ask(label, allTopics, TOPICS[label]));
  }
});

await step('ten measurements a second reach the overview', async () => {
  await desk.click('settings', '#refreshMs-100 + span');
  const before = Number((await look(desk, 'overview')).topics.system.revision);
  await desk.until('the system topic moves on', async () => {
    return Number((await look(desk, 'overview')).topics.system.revision) >= before + 20;
  });
});

await step('a theme chosen in the settings shows in every window', async () => {
  await theme('dark');
  await desk.untilEverywhere('every window is dark', themed, 'dark');
});

await step('sorting in the table changes the settings', async () => {
  await desk.click('processes', 'button[data-column="memory"]');
  await desk.until('the settings say memory', () =>
    desk.ask('settings', 'return document.getElementById("column").value === "memory"'),
  );
  await desk.until('the table is sorted by memory', () =>
    desk.ask(
      'processes',
      'return document.querySelector("[aria-sort=descending] button")?.dataset.column === "memory"',
    ),
  );
});

await step('a process pinned in the table is on top there and listed in the settings', async () => {
  // The app itself: it does not end before the check does.
  await desk.type('processes', '#filter', 'statesync-demo');
  await desk.until('the table is filtered', () => desk.ask('processes', filtered));
  await desk.click('processes', '.process .pin');
  await desk.until('the settings list the pin', () =>
    desk.ask('settings', 'return document.querySelectorAll("#pinned [data-pid]").length === 1'),
  );
  await desk.type('processes', '#filter', Key.ESCAPE);
  await desk.until('the table is whole again', async () => !(await desk.ask('processes', filtered)));
  await desk.until('the first row is the pinned one', () =>
    desk.ask('processes', 'return document.querySelector(".process").classList.contains("pinned")'),
  );
});

await step('new windows agree from their first value on', async () => {
  await desk.click('overview', '#new-window');
  await desk.arrange(['overview', 'overview-2', 'processes', 'settings']);
  await desk.click('processes', '#new-window');
  await desk.arrange(['overview', 'overview-2', 'processes', 'processes-3', 'settings']);
  for (const [label, kind] of [
    ['overview-2', 'overview'],
    ['processes-3', 'processes'],
  ]) {
    await desk.until(`${label} has its topics`, () => desk.ask(label, allTopics, TOPICS[kind]));
  }
  await desk.untilEverywhere('every window is dark', themed, 'dark');
});

await step('a filter belongs to its own window', async () => {
  await desk.type('processes-3', '#filter', 'statesync-demo');
  await desk.until('the new table is filtered', () => desk.ask('processes-3', filtered));
  if (await desk.ask('processes', filtered)) throw new Error('the first table is filtered as well');
});

await step('changes made in two windows at the same moment are both kept', async () => {
  const clickAt =
    'const [selector, at] = arguments; setTimeout(() => document.querySelector(selector).click(), at - Date.now());';
  const kept =
    'return document.getElementById("column").value === arguments[0] && document.documentElement.dataset.theme === arguments[1]';
  for (const [column, name] of [
    ['name', 'light'],
    ['pid', 'dark'],
    ['user', 'light'],
    ['memory', 'dark'],
  ]) {
    const moment = Date.now() + SOON_MS;
    await desk.ask('processes', clickAt, `button[data-column="${column}"]`, moment);
    await desk.ask('settings', clickAt, `#theme-${name}`, moment);
    await desk.until(`sorted by ${column} and ${name}`, () => desk.ask('settings', kept, column, name));
  }
  await desk.untilEverywhere('every window is dark', themed, 'dark');
});

await step('a window reloaded while everything moves is right again', async () => {
  const before = await look(desk, 'processes');
  await desk.click('processes', '#reload');
  await desk.until(
    'the page is another one',
    async () => (await look(desk, 'processes')).loadedAt !== before.loadedAt,
  );
  await desk.until('it has its topics', () => desk.ask('processes', allTopics, TOPICS.processes));
});

await step('pictures in dark and in light', async () => {
  const enough = 'return window.__demo.historyMs >= arguments[0]';
  await desk.until('there is some history', () => desk.ask('overview', enough, HISTORY_MS));
  await desk.photograph(pictures, 'dark');
  await theme('light');
  await desk.untilEverywhere('every window is light', themed, 'light');
  await desk.photograph(pictures, 'light');
});

await step('the revisions stand still while measuring is paused', async () => {
  await desk.click('settings', '#paused');
  await desk.until('nothing moves', agreed);
});

/** Does every window hold what Rust held before and after they were asked? */
async function agreed() {
  const truth = await desk.invoke('settings', 'truth');
  const looks = await lookAtAll(desk);
  const still = JSON.stringify(await desk.invoke('settings', 'truth')) === JSON.stringify(truth);
  return (
    still &&
    looks.every(({ topics }) => Object.entries(topics).every(([name, copy]) => sameAs(truth[name], copy)))
  );
}

await step(`a burst of 1000 updates costs no window more than ${MOST_PULLS} pulls`, async () => {
  const before = await lookAtAll(desk);
  const counted = Number((await desk.invoke('settings', 'truth')).burst.revision);
  await desk.click('overview', '#burst');
  for (const label of desk.labels) {
    await desk.until(`${label} has the last update`, async () => {
      return Number((await look(desk, label)).topics.burst.revision) === counted + 1000;
    });
  }
  const spent = (await lookAtAll(desk)).map(
    (after, at) => after.topics.burst.pulls - before[at].topics.burst.pulls,
  );
  if (Math.max(...spent) > MOST_PULLS) throw new Error(`pulls: ${spent.join(', ')}`);
});

await step('every window agrees with Rust', () => desk.until('every window agrees', agreed));

await step('the plugin itself knows of every window, and of nobody who is behind', async () => {
  // A page says what it has with its next call; getting the focus is a reason to call.
  for (const label of desk.labels) await desk.ask(label, 'window.dispatchEvent(new Event("focus"))');
  await desk.until('no session lags', async () => {
    const { sessions } = await desk.invoke('settings', 'plugin:statesync|inspect');
    const inspected = sessions
      .map(({ window, topics }) => `${window}: ${topics.map(({ topic }) => topic).sort()}`)
      .sort();
    const looks = await lookAtAll(desk);
    const shown = looks.map(({ label, topics }) => `${label}: ${Object.keys(topics).sort()}`).sort();
    const behind = sessions.flatMap(({ topics }) => topics.filter(({ lag }) => lag !== 0));
    return String(inspected) === String(shown) && behind.length === 0;
  });
});

await step('five windows with fourteen copies were compared', async () => {
  const looks = await lookAtAll(desk);
  compare(report, looks, await desk.invoke('settings', 'truth'));
  const copies = looks.flatMap(({ topics }) => Object.keys(topics)).length;
  if (looks.length !== 5 || copies !== 14) throw new Error(`${looks.length} windows, ${copies} copies`);
});

await step('what was chosen is there at the next start, and what belonged to this one is not', async () => {
  await desk.close();
  desk = await open();
  await desk.arrange(['overview', 'processes', 'settings']);
  await desk.untilEverywhere('every window is light', themed, 'light');
  await desk.until('the settings say memory', () =>
    desk.ask('settings', 'return document.getElementById("column").value === "memory"'),
  );
  await desk.until('it measures, and nothing is pinned', () =>
    desk.ask(
      'settings',
      'return !document.getElementById("paused").checked && !document.querySelector("#pinned [data-pid]")',
    ),
  );
});

console.log('screenshots: target/demo/');
await desk.close().catch((error) => console.log(`the app did not close by itself: ${error.message}`));
process.exitCode = report.conclude();
