// Keeps the list of what can happen in a run, and how often it does. Each deed picks what it is done to by chance.

import type { VisibilityCause } from '../../guest-js/client/environment.ts';
import type { How } from './host.ts';
import type { Page } from './page.ts';
import { PAIR, type Scenario } from './scenario.ts';
import { perform, somePlan } from './scribe.ts';

const ROUGH = {
  write: 24,
  burst: 6,
  pair: 16,
  failingWrite: 5,
  badWrite: 2,
  pageWrite: 30,
  pageRead: 1,
  subscribe: 7,
  stop: 6,
  restartWatch: 4,
  turn: 6,
  refresh: 4,
  mislead: 1,
  stopGeneric: 1,
  open: 3,
  reload: 4,
  close: 2,
  block: 3,
  register: 3,
  remove: 1.5,
  failingPair: 2,
  loseSession: 2,
  restartRust: 1,
};

type Deed = keyof typeof ROUGH;

/** What may happen while nothing goes wrong. */
const CALM: Record<Deed, number> = {
  ...ROUGH,
  block: 0,
  mislead: 0,
  loseSession: 0,
  restartRust: 0,
  badWrite: 0,
  remove: 0,
};

export function happen(scenario: Scenario): void {
  const { chance } = scenario.world;
  const deed = chance.weighted(scenario.calm ? CALM : ROUGH);
  DEEDS[deed](scenario);
}

const HOWS: How[] = ['set', 'update', 'tryUpdate', 'compareAndSet'];

/** Any topic but the pair. */
function someTopic({ world, names }: Scenario): string {
  return world.chance.pick(names.filter((name) => !name.startsWith('pair:')));
}

function somePage(scenario: Scenario): Page | undefined {
  const pages = scenario.clients();
  return pages.length === 0 ? undefined : scenario.world.chance.pick(pages);
}

const DEEDS: Record<Deed, (scenario: Scenario) => void> = {
  write: (s) => s.write(someTopic(s), s.world.chance.pick(HOWS)),
  burst: (s) => s.write(someTopic(s), 'update', undefined, s.world.chance.int(2, 60)),
  pair: (s) => s.writePair(),
  failingWrite(s) {
    const how = s.world.chance.pick<How>(['panic', 'refuse', 'conflict', 'reentrant']);
    const topic = someTopic(s);
    // Nothing is older than the very first revision.
    if (how !== 'conflict' || BigInt(s.backend.truth.revision(topic)) > 1n) s.write(topic, how);
  },
  badWrite: (s) => s.write(someTopic(s), 'set', s.badPad()),
  pageWrite,
  pageRead(s) {
    const topic = someTopic(s);
    somePage(s)
      ?.client.topic(topic)
      .get()
      .catch(() => {});
  },
  subscribe(s) {
    const page = somePage(s);
    if (page !== undefined && page.watches.size < 12) s.watch(page, s.world.chance.pick(s.names));
  },
  stop(s) {
    const page = somePage(s);
    const watch = page && [...page.watches][s.world.chance.int(0, page.watches.size)];
    if (watch !== undefined) page?.unwatch(watch);
  },
  restartWatch,
  turn(s) {
    const cause = s.world.chance.pick<VisibilityCause>(['hidden', 'hidden', 'visible', 'focus', 'pageshow']);
    if (cause === 'hidden') s.world.faults.count('pageHidden');
    somePage(s)?.turn(cause);
  },
  refresh(s) {
    for (const page of s.generics()) if (s.world.chance.hit(0.7)) page.refresh();
  },
  mislead(s) {
    for (const page of s.generics()) page.mislead();
  },
  stopGeneric(s) {
    for (const page of s.generics()) if (s.world.chance.hit(0.3)) page.stop();
  },
  open: (s) => s.open(),
  reload(s) {
    const window = s.world.chance.pick(s.windows);
    if (window.page === undefined) return;
    const noticed = s.calm || s.world.chance.hit(0.7);
    s.world.faults.count(noticed ? 'reload' : 'reloadUnnoticed');
    s.reload(window, noticed);
  },
  close(s) {
    const window = s.world.chance.pick(s.windows);
    if (window.page === undefined || s.pages().length < 2) return;
    const noticed = s.calm || s.world.chance.hit(0.7);
    s.world.faults.count(noticed ? 'close' : 'closeUnnoticed');
    s.leave(window, noticed);
  },
  block(s) {
    const { page } = s.world.chance.pick(s.windows);
    if (page === undefined) return;
    s.world.faults.count('pageBlocked');
    const ms = s.world.chance.pick([20, 400, 3000, 70_000]) * s.world.chance.next();
    s.world.log(() => `${page.name} is blocked for ${ms.toFixed(0)} ms`);
    page.block(ms);
  },
  register(s) {
    for (const topic of s.absent()) if (s.world.chance.hit(0.6)) s.register(topic);
  },
  remove: (s) => s.remove(someTopic(s)),
  failingPair: (s) => s.writePair(true),
  loseSession(s) {
    const page = somePage(s);
    if (page === undefined) return;
    s.world.faults.count('sessionLost');
    s.world.log(() => `Rust loses the sessions of ${page.window.label}`);
    s.backend.pageLoads(page.window.label);
    page.lost = true;
  },
  restartRust(s) {
    if (s.world.chance.hit(0.6)) s.restart();
  },
};

/** As a component does in StrictMode: stop and start in one moment, or start, stop, start. */
function restartWatch(s: Scenario): void {
  const page = somePage(s);
  const watch = page && [...page.watches][0];
  if (page === undefined || watch === undefined) return;
  s.world.faults.count('restarted');
  if (s.world.chance.hit(0.5)) {
    page.unwatch(watch);
    s.watch(page, watch.topic);
  } else {
    const topic = s.world.chance.pick(s.names);
    s.watch(page, topic);
    for (const added of [...page.watches].slice(-1)) page.unwatch(added);
    s.watch(page, topic);
  }
}

/** Sometimes several at once, of one topic. */
function pageWrite(s: Scenario): void {
  const page = somePage(s);
  if (page === undefined) return;
  const { chance } = s.world;
  const topic = chance.hit(0.2) && s.names.includes(PAIR[0]) ? chance.pick(PAIR) : someTopic(s);
  for (let n = chance.pick([1, 1, 1, 2, 4]); n > 0; n -= 1) void perform(s, page, somePlan(s, page, topic));
}
