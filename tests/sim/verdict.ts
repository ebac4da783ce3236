// Keeps nothing: how a run ends. After the faults: every window equals Rust. Then a calm time, in which nothing may be
// sent twice, a burst, in which nothing may be pulled more than twice, a quiet minute, and the end of everything.

import { happen } from './deeds.ts';
import type { GenericPage } from './generic.ts';
import type { Page } from './page.ts';
import { PAIR, type Scenario } from './scenario.ts';
import { thrift } from './thrift.ts';
import { type Commit, hashOf, hasJson, textOf } from './truth.ts';

/** Long enough for a call to time out, a session to be given up and a heartbeat to find out. */
const HEALING_MS = 75_000;
/** Long enough to hear of an update when nothing goes wrong, throttled and hidden pages included. */
const SOON_MS = 3500;
/** A minute, and the sum of all re-sends of a session nobody answers for. */
const QUIET_MS = 66_000;
/** No pause of the engine is longer. */
const LONGEST_PAUSE_MS = 10_000;

interface Inspected {
  sessions: { page: string; generation: number; window: string; topics: { topic: string }[] }[];
}

/** Everything that is checked after a run's faults have ended. */
export async function judge(scenario: Scenario): Promise<void> {
  const { world } = scenario;
  world.faults.end();
  for (let round = 0; round < 2; round += 1) {
    await pass(scenario, HEALING_MS);
    heal(scenario);
  }
  await pass(scenario, 30_000);
  agree(scenario, 'target', 'after the faults');
  await calm(scenario);
  await burst(scenario);
  await quiet(scenario);
  sessions(scenario);
  await stop(scenario);
}

export function pass(scenario: Scenario, ms: number): Promise<void> {
  return scenario.world.pass(ms, () => look(scenario));
}

/**
 * After every step: nobody may see the second of the pair newer than the first, or one without the other where both are
 * written in one step (`one-cut`).
 */
function look(scenario: Scenario): void {
  for (const page of scenario.clients()) {
    if (!page.touched) continue;
    page.touched = false;
    // A page that shows a write of its own may hold the one back for a moment.
    if (page.journal.open().some(({ topic, optimistic }) => optimistic && topic.startsWith('pair:')))
      continue;
    const [a, b] = PAIR.map((topic) => newest(page, topic));
    if (a === undefined || b === undefined || a.life !== b.life) continue;
    if (a.value.pair < b.value.pair || (scenario.pairsAtOnce && a.value.pair > b.value.pair)) {
      scenario.world.broken(
        'one-cut',
        `${page.name} shows ${PAIR[1]} ${b.value.pair} with ${PAIR[0]} ${a.value.pair}`,
      );
    }
  }
}

function newest(page: Page, topic: string) {
  const lasts = [...page.watches].filter((watch) => watch.topic === topic).map(({ last }) => last);
  return lasts.find((last) => last !== undefined);
}

/** What no protocol heals by itself: a page nobody looks at whose session is gone, and an event that got lost. */
function heal(scenario: Scenario): void {
  for (const page of scenario.clients()) {
    const alone = !page.visible || scenario.pace.heartbeatMs > 1e6;
    if (page.lost && alone) page.turn('visible');
  }
  for (const page of scenario.generics()) if (page.missed) page.refresh();
}

function agree(scenario: Scenario, rule: string, when: string, but: readonly GenericPage[] = []): void {
  const { backend } = scenario;
  const hashes = backend.hashes();
  for (const topic of backend.truth.topics()) {
    const { revision, value } = backend.truth.now(topic) as Commit;
    const [found, hash] = hashes[topic] as [string, number | null];
    if (found !== revision || (hash !== null && hash !== hashOf(value))) {
      scenario.world.broken('once', `${when}: ${topic} is at ${found}, not at ${revision} ${textOf(value)}`);
    }
  }
  for (const page of scenario.clients()) {
    const open = page.journal.open();
    const pending = scenario.names.map((topic) => page.client.topic(topic).status.pending);
    if (open.length > 0 || pending.some((count) => count > 0)) {
      scenario.world.broken('pending', `${when}: ${page.name} has ${open.length} writes open, ${pending}`);
    }
  }
  for (const page of scenario.pages()) {
    if (but.some((one) => one === page)) continue;
    const wrong = page.wrong(hashes);
    if (wrong !== undefined) scenario.world.broken(rule, `${when}: ${wrong}`);
  }
}

/** Nothing goes wrong any more: what happens is seen soon, and nothing is sent a second time. */
async function calm(scenario: Scenario): Promise<void> {
  const { world } = scenario;
  scenario.calm = true;
  scenario.backend.calm = true;
  for (const topic of scenario.absent()) scenario.register(topic);
  const misled = scenario.generics().filter((page) => page.isMisled());
  writeAll(scenario);
  scenario.writePair();
  await pass(scenario, SOON_MS);
  agree(scenario, 'always-seen', 'soon after an update of everything', misled);
  if (misled.length > 0) await pass(scenario, LONGEST_PAUSE_MS);
  agree(scenario, 'target', 'a pause later');
  for (let deeds = world.chance.int(0, 10); deeds > 0; deeds -= 1) {
    happen(scenario);
    await pass(scenario, world.chance.pick([0, 1, 5, 300]) * world.chance.next());
  }
  await pass(scenario, SOON_MS);
  agree(scenario, 'always-seen', 'soon after calm deeds');
  await thrift(scenario, (ms) => pass(scenario, ms));
  agree(scenario, 'always-seen', 'soon after writes that were looked at');
}

function writeAll(scenario: Scenario): void {
  for (const topic of scenario.names) if (!topic.startsWith('pair:')) scenario.write(topic, 'update');
}

/** A burst costs at most two signals and two pulls a window (`single-flight`). */
async function burst(scenario: Scenario): Promise<void> {
  const { world, pace } = scenario;
  for (const page of scenario.clients()) if (!page.visible) page.turn('visible');
  await pass(scenario, SOON_MS);
  const before = scenario.clients().map((page) => ({ page, pulls: page.pulls, signals: page.signals }));
  scenario.write(world.chance.pick(scenario.names), 'update', undefined, 50);
  scenario.writePair();
  await pass(scenario, SOON_MS);
  agree(scenario, 'single-flight', 'after a burst');
  const beats = pace.heartbeatMs < 1e6 ? 1 : 0;
  for (const { page, pulls, signals } of before) {
    if (page.signals - signals > 3 || page.pulls - pulls > 3 + beats) {
      world.broken(
        'single-flight',
        `${page.name}: ${page.signals - signals} signals and ${page.pulls - pulls} pulls for one burst`,
      );
    }
  }
}

/** When nothing changes, nothing is called but the heartbeat. */
async function quiet(scenario: Scenario): Promise<void> {
  const { world, pace } = scenario;
  // Every session hears something first: one that nobody answers for is given up by the end of it.
  writeAll(scenario);
  scenario.writePair();
  await pass(scenario, SOON_MS);
  // A topic that cannot be had is asked for once, not again and again (`park`).
  const bad = world.chance.hit(0.4) ? scenario.names.find((name) => name.startsWith('t:')) : undefined;
  if (bad !== undefined) scenario.write(bad, 'set', scenario.badPad());
  await pass(scenario, SOON_MS);
  for (const page of scenario.clients()) if (world.chance.hit(0.3)) page.turn('hidden');
  // The bare engine does not know an error that stays from one that passes: its app would have to tell it.
  const pages = scenario.pages().filter((page) => !('topic' in page && page.topic === bad));
  const before = pages.map((page) => ({ page, calls: page.calls }));
  await pass(scenario, QUIET_MS);
  for (const { page, calls } of before) {
    const beating = 'visible' in page && page.visible && page.watches.size > 0;
    const most = beating ? Math.ceil(QUIET_MS / (0.9 * pace.heartbeatMs)) : 0;
    const least = beating ? Math.floor(QUIET_MS / (1.1 * pace.heartbeatMs)) : 0;
    const made = page.calls - calls;
    if (made > most) world.broken('park', `${page.name} makes ${made} calls in a quiet minute`);
    if (made < least) world.broken('self-heal', `${page.name} makes ${made} checks in a minute`);
  }
  agree(scenario, 'target', 'after a quiet minute');
}

/** Rust has one session for every page that wants something, and none for anybody else. */
function sessions(scenario: Scenario): void {
  const { world, backend } = scenario;
  const { sessions: found } = backend.inspect() as Inspected;
  for (const page of scenario.clients()) {
    const mine = found.filter((session) => session.page === page.id);
    const wanted = [...page.wanted()].sort().join();
    const has = mine.map(({ topics }) =>
      topics
        .map(({ topic }) => topic)
        .sort()
        .join(),
    );
    // The call that ends a session may have got lost; then silence ends it.
    if (mine.length > 1 || (wanted !== '' && has[0] !== wanted)) {
      world.broken('whole-set', `${page.name} wants ${wanted}, its ${mine.length} sessions have ${has}`);
    }
    if (wanted !== '' && mine[0] !== undefined && mine[0].generation !== page.generation) {
      world.broken(
        'one-session-a-page',
        `${page.name} is at ${page.generation}, Rust at ${mine[0].generation}`,
      );
    }
  }
  for (const { window, page, topics } of found) {
    const told = topics.some(({ topic }) => isTold(scenario, window, topic));
    if (told && !backend.answers(window, page)) {
      world.broken('give-up', `a session of ${window} outlives its page`);
    }
  }
}

/** Whether the window has heard of this topic since the calm began, so that silence gives it away. */
function isTold(scenario: Scenario, label: string, topic: string): boolean {
  const commit = scenario.backend.truth.now(topic);
  const window = scenario.windows.find((one) => one.label === label);
  return (
    commit !== undefined && hasJson(commit.value) && window !== undefined && scenario.mayRead(window, topic)
  );
}

/** `quiet-after-stop`, in the middle of things. */
async function stop(scenario: Scenario): Promise<void> {
  const { world, backend } = scenario;
  writeAll(scenario);
  await pass(scenario, world.chance.pick([0, 0.5, 2, 4, 8, 50]) * world.chance.next());
  for (const page of scenario.generics()) page.stop();
  for (const page of scenario.clients()) for (const watch of [...page.watches]) page.unwatch(watch);
  await pass(scenario, 0);
  for (const page of scenario.pages()) page.checkQuiet();
  const before = scenario.pages().map((page) => ({ page, calls: page.calls }));
  writeAll(scenario);
  await pass(scenario, 15_000);
  for (const { page, calls } of before) {
    page.checkQuiet();
    if (page.calls > calls) world.broken('quiet-after-stop', `${page.name} calls after everything stopped`);
  }
  for (const { window, page, topics } of (backend.inspect() as Inspected).sessions) {
    if (backend.isLive(window, page) && topics.some(({ topic }) => isTold(scenario, window, topic))) {
      world.broken('whole-set', `${window} wants nothing and has a session`);
    }
  }
}
