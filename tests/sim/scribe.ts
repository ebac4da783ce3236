// Keeps nothing: what apps write from pages, in every way there is, and what has to be true when the promise of such a
// write is settled (`once`: done means done once; refused means that nothing happened).

import type { TopicHandle } from '../../guest-js/client/index.ts';
import { type Document, type Operation, readable } from './host.ts';
import type { Write, WriteKind } from './journal.ts';
import type { Page } from './page.ts';
import type { Scenario } from './scenario.ts';
import { type Change, hasJson, isOlder } from './truth.ts';
import { patched } from './writes.ts';

type Handle = TopicHandle<Document>;

/** One write that a page is about to make. */
export interface Plan {
  kind: WriteKind;
  topic: string;
  stamp: number;
  optimistic: boolean;
  change: Change;
  /** It names the revision it is based on. */
  based: boolean;
  run: (handle: Handle) => Promise<unknown>;
}

/** Everything the kinds of writes have in common. */
interface Draft {
  scenario: Scenario;
  page: Page;
  topic: string;
  stamp: number;
  optimistic: boolean;
  /** The newest value from Rust that the page shows. */
  held: { revision: string; value: Document } | undefined;
}

/** What a page is told when the host says no; anything else would be a fault of ours. */
const REFUSALS = new Set([
  'unknown-topic',
  'unknown-action',
  'invalid-value',
  'invalid-patch',
  'action-refused',
  'panicked',
  'conflict',
  'too-large',
  'unserializable',
]);

/** Some write of the topic. The pair is changed in parts only, so that nobody undoes what Rust writes there. */
export function somePlan(scenario: Scenario, page: Page, topic: string): Plan {
  const { world } = scenario;
  const { chance } = world;
  const inPair = topic.startsWith('pair:');
  const held = [...page.watches].find((watch) => watch.topic === topic)?.last;
  const draft: Draft = {
    scenario,
    page,
    topic,
    stamp: world.number(),
    optimistic: chance.hit(inPair ? 0.2 : 0.5),
    held,
  };
  if (!readable(page.window.write, topic)) world.faults.count('writeForbidden');
  const kind = chance.weighted({ set: inPair ? 0 : 6, update: 8, patch: 6, action: 5 });
  return { set, update, patch, action }[kind](draft);
}

/** A plain `set`, for when it matters what it costs. */
export function plainSet(scenario: Scenario, topic: string): Plan {
  const value = scenario.value(topic);
  const { stamp } = value;
  const run = (handle: Handle) => handle.set(value);
  return { kind: 'set', topic, stamp, optimistic: false, based: false, change: () => value, run };
}

/** An optimistic addition, which nobody may show twice. */
export function addition(scenario: Scenario, topic: string): Plan {
  const stamp = scenario.world.number();
  const change: Change = (before) => ({ ...before, count: before.count + 1, stamp });
  const run = (handle: Handle) => handle.update(change, { optimistic: true });
  return { kind: 'update', topic, stamp, optimistic: true, based: false, change, run };
}

function set(draft: Draft): Plan {
  const { scenario, page, topic, stamp, optimistic, held } = draft;
  const { chance } = scenario.world;
  const { count, notes } = held?.value ?? { count: chance.int(0, 5), notes: {} };
  const pad = 'x'.repeat(chance.int(0, 40)) + (chance.hit(0.15) ? '  ' : '');
  const value: Document = {
    count,
    notes: { ...notes, [page.window.label]: stamp },
    pad: chance.hit(0.1) ? (7 as never) : pad,
    pair: 0,
    stamp,
  };
  const based = held !== undefined && chance.hit(0.4);
  const options = { optimistic, ...(based && { base: held.revision as never }) };
  const run = (handle: Handle) => handle.set(value, options);
  return { kind: 'set', topic, stamp, optimistic, based, change: () => value, run };
}

function update({ scenario, page, topic, stamp, optimistic }: Draft): Plan {
  const { chance } = scenario.world;
  const by = chance.int(1, 3);
  const { label } = page.window;
  const add: Change = (before) => ({ ...before, count: before.count + by, stamp });
  const note: Change = (before) => ({ ...before, notes: { ...before.notes, [label]: stamp }, stamp });
  const [change, mutate] = chance.pick<[Change, (draft: Document) => Document | void]>([
    [add, (draft) => void Object.assign(draft, { count: draft.count + by, stamp })],
    [add, (draft) => ({ ...draft, count: draft.count + by, stamp })],
    [
      note,
      (draft) => {
        draft.notes[label] = stamp;
        draft.stamp = stamp;
      },
    ],
  ]);
  const run = (handle: Handle) => handle.update(mutate, { optimistic });
  return { kind: 'update', topic, stamp, optimistic, based: false, change, run };
}

function patch({ scenario, page, topic, stamp, optimistic, held }: Draft): Plan {
  const { chance } = scenario.world;
  const note = `/notes/${page.window.label}`;
  const name: Operation = { op: 'replace', path: '/stamp', value: stamp };
  const count = held?.value.count ?? 0;
  const operations = chance.pick<Operation[]>([
    [{ op: 'add', path: note, value: stamp }, name],
    [name, { op: 'add', path: note, value: stamp }, { op: 'replace', path: '/pad', value: 'x  ' }],
    [{ op: 'test', path: '/count', value: count }, { op: 'replace', path: '/count', value: count + 1 }, name],
    [{ op: 'remove', path: note }, name],
    [name, { op: 'test', path: '/count', value: -1 }],
  ]);
  const based = held !== undefined && chance.hit(0.3);
  const options = { optimistic, ...(based && { base: held.revision as never }) };
  const run = (handle: Handle) => handle.patch(operations, options);
  const change: Change = (before) => patched(before, operations);
  return { kind: 'patch', topic, stamp, optimistic, based, change, run };
}

function action({ scenario, topic, stamp, optimistic }: Draft): Plan {
  const { chance } = scenario.world;
  const by = chance.int(1, 3);
  const name = chance.weighted({ add: 6, refuse: 1, panic: 1, nothing: 1 });
  const change: Change = (before) => ({ ...before, count: before.count + by, stamp });
  const shown = (draft: Document) => void Object.assign(draft, { count: draft.count + by, stamp });
  const run = (handle: Handle) =>
    handle.action(name, { by, stamp }, optimistic ? { optimistic: shown } : undefined);
  return { kind: 'action', topic, stamp, optimistic, based: false, change, run };
}

/** Has the page make the write; resolves when its promise is settled, whichever way. */
export async function perform(scenario: Scenario, page: Page, plan: Plan): Promise<void> {
  const { world, backend } = scenario;
  const { kind, topic, stamp, optimistic } = plan;
  const { life } = backend.truth;
  const write = page.journal.begin(plan);
  world.log(() => `${page.name} begins ${optimistic ? 'an optimistic ' : ''}${kind} ${stamp} of ${topic}`);
  try {
    const answer = await plan.run(page.client.topic<Document>(topic));
    write.outcome = 'done';
    world.census.writes += 1;
    world.log(() => `${page.name}: write ${stamp} is done: ${answer}`);
    checkDone(scenario, page, write, answer);
  } catch (error) {
    const refusal = (error as { kind?: string }).kind ?? String(error);
    const lost = refusal === 'timeout' || refusal === 'transport';
    write.outcome = lost ? 'unknown' : 'refused';
    if (lost) world.faults.count('writeUnknown');
    world.log(() => `${page.name}: write ${stamp} is refused: ${refusal}`);
    if (!lost) checkRefused(scenario, page, plan, refusal, life);
  }
}

function checkDone(scenario: Scenario, page: Page, write: Write, answer: unknown): void {
  const { world, backend } = scenario;
  const { kind, topic, stamp, cut } = write;
  const commits = backend.truth.ofStamp(stamp);
  const fits = commits.some(({ revision, value }) => answer === (kind === 'action' ? value.count : revision));
  if (!fits) world.broken('once', `${page.name} is told ${answer} of its write ${stamp} of ${topic}`);
  if (cut === undefined) return;
  for (const watch of page.watches) {
    const revision = cut.revisions.get(watch.topic);
    if (revision === undefined || watch.born >= cut.at) continue;
    // It may stand still for a write of its own that is under way.
    if (watch.topic !== topic && page.journal.open(watch.topic).some((other) => other.optimistic)) continue;
    const { last } = watch;
    if (last !== undefined && last.life < cut.life) continue;
    if (last === undefined || isOlder(last.revision, revision)) {
      world.broken('at-once', `${watch.name} shows ${last?.revision} after a write's answer had ${revision}`);
    }
  }
}

/** A write that was refused must not have taken effect. */
function checkRefused(scenario: Scenario, page: Page, plan: Plan, kind: string, life: number): void {
  const { world, backend } = scenario;
  const { truth } = backend;
  const { topic, stamp } = plan;
  if (!REFUSALS.has(kind))
    world.broken('refusal', `${page.name}: a ${plan.kind} of ${topic} ends as ${kind}`);
  if (truth.life !== life) return;
  if (truth.ofStamp(stamp).length > 0) {
    world.broken('refusal', `${topic}: write ${stamp} took effect and was refused as ${kind}`);
  }
  const commit = truth.now(topic);
  const readableNow = commit !== undefined && hasJson(commit.value) && readable(page.window.read, topic);
  if (kind === 'conflict' && !plan.based && readableNow) {
    world.broken('conflict', `${page.name}: an update of ${topic} gives up`);
  }
}
