// Keeps nothing: what a write of a page may cost, and how long it may keep others' changes from being shown, while nothing
// goes wrong.

import { readable } from './host.ts';
import type { Page } from './page.ts';
import type { Scenario } from './scenario.ts';
import { addition, perform, plainSet } from './scribe.ts';
import { hasJson, isOlder } from './truth.ts';

/** Long enough for whatever a page does after it got the focus. */
const SETTLED_MS = 3500;
/** Long enough for a call and its answer. */
const ANSWERED_MS = 400;
/** The answer to a write takes so long, and what others write has to be shown well before. */
const SLOW_MS = 1500;
const SHOWN_MS = 700;

type Pass = (ms: number) => Promise<void>;

/** A topic that a page shows and writes, whenever it likes. */
function pairing({ world, backend }: Scenario, pages: Page[]): { page: Page; topic: string } | undefined {
  const found = pages.flatMap((page) =>
    [...page.wanted()]
      .filter((topic) => {
        const commit = backend.truth.now(topic);
        const { read, write } = page.window;
        const mine = readable(read, topic) && readable(write, topic) && !topic.startsWith('pair:');
        return mine && commit !== undefined && hasJson(commit.value) && !page.isThrottled(topic);
      })
      .map((topic) => ({ page, topic })),
  );
  return found.length === 0 ? undefined : world.chance.pick(found);
}

export async function thrift(scenario: Scenario, pass: Pass): Promise<void> {
  const found = pairing(scenario, scenario.clients());
  if (found === undefined) return;
  const { page, topic } = found;
  // It looks around now, and not again for a while.
  page.turn('focus');
  await pass(SETTLED_MS);
  await costsNothing(scenario, page, topic, pass);
  await holdsNothingBack(scenario, page, topic, pass);
}

/** The answer of a write brings what is to be shown: nobody pulls for it. */
async function costsNothing(scenario: Scenario, page: Page, topic: string, pass: Pass): Promise<void> {
  const { pulls } = page;
  let settled = false;
  const write = plainSet(scenario, topic);
  void perform(scenario, page, write).then(() => {
    settled = true;
  });
  await pass(ANSWERED_MS);
  const made = page.pulls - pulls;
  if (!settled || made > 0) {
    scenario.world.broken('at-once', `${page.name} needs ${made} pulls for a write of its own`);
  }
  scenario.world.faults.count('thriftyWrite');
}

/** A write that takes long delays nothing else of its topic for longer than a moment. */
async function holdsNothingBack(scenario: Scenario, page: Page, topic: string, pass: Pass): Promise<void> {
  const { world, network, backend } = scenario;
  network.writesTakeMs = SLOW_MS;
  const plan = world.chance.hit(0.5) ? plainSet(scenario, topic) : addition(scenario, topic);
  void perform(scenario, page, plan);
  await pass(20);
  scenario.write(topic, 'update');
  const { revision } = backend.truth.now(topic) ?? { revision: '0' };
  await pass(SHOWN_MS);
  for (const { name, last, topic: shown } of page.watches) {
    if (shown === topic && (last === undefined || isOlder(last.revision, revision))) {
      world.broken('target', `${name} shows ${last?.revision} and holds ${revision} back`);
    }
  }
  network.writesTakeMs = 0;
  await pass(SETTLED_MS);
}
