// Keeps the list of claims every applier has to meet, whatever the store behind it, for any test runner. The claims
// about options are for appliers that have them.

import type { ApplierOptions } from '../adapters/applier.ts';
import { createRevisionSync, type Revision, type SnapshotApplier } from '../core/index.ts';
import type { ConformanceRunner } from './transport-conformance.ts';

type Fields = Record<string, unknown>;

/** One store with its applier. */
export interface AdapterStage {
  applier: SnapshotApplier<unknown>;
  /** The state as the library shows it. */
  read(): unknown;
  /** Calls `run` with the field now, and whenever the library says that it changed, as a component would be. */
  watch(key: string, run: (value: unknown) => void): unknown;
}

/** What an applier's author provides: a fresh store for every claim. */
export interface AdapterHarness {
  name: string;
  /** A store that holds this object. An applier without options ignores them, and `hasOptions` says so. */
  create(state: Fields, options?: ApplierOptions<Fields, unknown, unknown>): AdapterStage;
  hasOptions: boolean;
  /** Whether getters of the state it is created with stay getters. */
  hasGetters?: boolean;
  /** A store that holds this list; missing when the library has no such stores. */
  createList?(state: unknown[]): AdapterStage;
  /** A store that holds anything, now `null`; missing when the library has no such stores. */
  createEmpty?(): AdapterStage;
  /** Resolves when everybody who watches has been told. Not needed if that is so before `apply` returns. */
  settle?(): Promise<void>;
}

function check(condition: unknown, claim: string): asserts condition {
  if (!condition) throw new Error(`adapter conformance: ${claim}`);
}

/** JSON with the fields of objects in one order. */
function text(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

function same(actual: unknown, expected: unknown, claim: string): void {
  check(text(actual) === text(expected), `${claim}: expected ${text(expected)}, got ${text(actual)}`);
}

/** Snapshots belong to the client: an applier that changes one, now or later, fails. */
function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) {
    for (const part of Object.values(value)) frozen(part);
    Object.freeze(value);
  }
  return value;
}

async function apply({ applier }: AdapterStage, data: unknown): Promise<unknown> {
  return await applier.apply(frozen({ revision: '1' as Revision, data }));
}

async function error(call: () => unknown): Promise<Error | undefined> {
  try {
    await call();
  } catch (error) {
    check(error instanceof Error, 'what is thrown is an Error');
    return error;
  }
}

function field(stage: AdapterStage, key: string): unknown {
  return (stage.read() as Fields)[key];
}

const deep = () => ({ user: { name: 'Ann', tags: ['a', 'b'] }, list: [{ id: 1 }, { id: 2 }], n: 1 });

type Claims = Record<string, (harness: AdapterHarness) => Promise<void>>;

const CLAIMS: Claims = {
  'the fields of a snapshot are in the store': async ({ create }) => {
    const stage = create({ a: 1, own: 'kept' });
    await apply(stage, { a: 2, b: [{ c: null }] });
    same(stage.read(), { a: 2, b: [{ c: null }], own: 'kept' }, 'the state');
  },
  'nested data is replaced, never merged': async ({ create }) => {
    const stage = create({ a: { x: 1, y: 2 }, list: [1, 2, 3] });
    await apply(stage, { a: { x: 3 }, list: [4] });
    same(stage.read(), { a: { x: 3 }, list: [4] }, 'the state');
  },
  'a field that did not change keeps its identity': async ({ create }) => {
    const stage = create({});
    await apply(stage, deep());
    const [user, list] = [field(stage, 'user'), field(stage, 'list')];
    await apply(stage, { ...deep(), n: 2 });
    check(field(stage, 'user') === user && field(stage, 'list') === list, 'the same object and list');
    same(stage.read(), { ...deep(), n: 2 }, 'the state');
  },
  'what shows one field is told once when it changes, and not when another does': async ({
    create,
    settle,
  }) => {
    const stage = create({ ...deep(), m: 1 });
    const seen: Record<'n' | 'user', unknown[]> = { n: [], user: [] };
    stage.watch('n', (value) => seen.n.push(value));
    stage.watch('user', (value) => seen.user.push(text(value)));
    await settle?.();
    seen.n.length = seen.user.length = 0;
    for (const data of [deep(), { ...deep(), n: 2 }, { ...deep(), n: 2, m: 5 }, { ...deep(), n: 2, m: 5 }]) {
      await apply(stage, data);
      await settle?.();
    }
    same([seen.n, seen.user], [[2], []], 'of n and of user');
  },
  'no key of a snapshot reaches a prototype': async ({ create }) => {
    const stage = create({ a: 1 });
    const evil =
      '{"a":2,"__proto__":{"evil":1},"constructor":{"prototype":{"evil":1}},"prototype":{"evil":1}}';
    const nested = `{"box":${evil},"list":[${evil}]}`;
    for (const data of [evil, nested, nested.replace('"a":2', '"a":3')]) await apply(stage, JSON.parse(data));
    same(field(stage, 'a'), 2, 'the rest is applied');
    const box = field(stage, 'box') as Fields;
    for (const object of [stage.read() as Fields, {}, [], box.list ?? []])
      check((object as Fields).evil === undefined, 'nothing inherits from a snapshot');
    check(Object.getPrototypeOf(box) === Object.prototype, 'nested data has the usual prototype');
  },
  'members that every object inherits are no state, and may be part of it further down': async ({
    create,
  }) => {
    const stage = create({ a: 1 });
    const names = ['toString', 'valueOf', 'isPrototypeOf'];
    const box = Object.fromEntries(names.map((name) => [name, name]));
    await apply(stage, { a: 2, ...box, box });
    same([field(stage, 'a'), field(stage, 'box')], [2, box], 'the fields');
    check(
      names.every((name) => typeof field(stage, name) === 'function'),
      'what the state inherits is there',
    );
    await apply(stage, { a: 3, box: { ...box, valueOf: 'other' } });
    same(field(stage, 'box'), { ...box, valueOf: 'other' }, 'what is further down');
  },
  'a value that does not fit is refused, and the revision does not advance (park)': async ({ create }) => {
    const stage = create({ a: 1 });
    const answers: unknown[] = [{ a: 2 }, 42, [1], null, { a: 3 }];
    let pulls = 0;
    const sync = createRevisionSync<unknown>({
      topic: 'topic',
      subscriber: { subscribe: async () => () => {} },
      provider: {
        async getSnapshot() {
          pulls += 1;
          return { revision: String(pulls) as Revision, data: frozen(answers[pulls - 1]) };
        },
      },
      applier: stage.applier,
    });
    try {
      await sync.start();
      for (const _ of [42, [1], null]) {
        await error(() => sync.refresh());
        same([sync.getLocalRevision(), stage.read()], ['1', { a: 2 }], 'revision and state');
        same(sync.getStatus(), 'error', 'the status');
      }
      await sync.refresh();
      same([sync.getLocalRevision(), stage.read()], ['5', { a: 3 }], 'revision and state in the end');
    } finally {
      sync.stop();
    }
  },
};

const OPTION_CLAIMS: Claims = {
  'a value of more than 128 levels, or without end, is refused': async ({ create }) => {
    const stage = create({ a: 1 });
    const loop: Fields = {};
    loop.self = loop;
    let deep: unknown = 1;
    for (let level = 0; level < 5000; level += 1) deep = [deep];
    for (const data of [
      { a: 2, loop },
      { a: 2, deep },
    ]) {
      const thrown = await error(() => stage.applier.apply({ revision: '1' as Revision, data }));
      check(thrown?.message.includes('128'), 'the error says why');
      same(stage.read(), { a: 1 }, 'the state');
    }
  },
  'an error of strictness says what toState has to return': async ({ create }) => {
    for (const wrong of [7, 'text', null, [1], new Map(), undefined]) {
      const stage = create({ a: 1 }, { toState: () => wrong as never });
      const thrown = await error(() => apply(stage, { a: 2 }));
      check(thrown?.message.includes('toState(data) must return a plain object'), 'the message');
      same(stage.read(), { a: 1 }, 'the state');
    }
  },
  'without strictness what does not fit is skipped (park)': async ({ create }) => {
    const stage = create({ a: 1 }, { strict: false });
    check((await apply(stage, 7)) === false, 'apply returns false');
    check((await apply(stage, { a: 2 })) !== false, 'apply returns nothing for what fits');
    same(stage.read(), { a: 2 }, 'the state');
  },
  'both filters at once are an error at creation': async ({ create }) => {
    const thrown = await error(() => create({ a: 1 }, { pickKeys: ['a'], omitKeys: ['b'] }));
    check(thrown?.message.includes('pickKeys') && thrown.message.includes('omitKeys'), 'the message');
  },
  'pickKeys lets through what it names': async ({ create }) => {
    const stage = create({ a: 1, b: 1, own: 1 }, { pickKeys: ['a'], mode: 'replace' });
    await apply(stage, { a: 2, b: 2, c: 2 });
    same(stage.read(), { a: 2, b: 1, own: 1 }, 'the state');
    await apply(stage, { b: 3 });
    same(stage.read(), { b: 1, own: 1 }, 'the state without it');
  },
  'omitKeys keeps out what it names': async ({ create }) => {
    const stage = create({ a: 1, b: 1 }, { omitKeys: ['b'] });
    await apply(stage, { a: 2, b: 2, c: 2 });
    same(stage.read(), { a: 2, b: 1, c: 2 }, 'the state');
  },
  'patch keeps what the snapshot lacks': async ({ create }) => {
    const stage = create({ a: 1, b: 1 }, { mode: 'patch' });
    await apply(stage, { a: 2 });
    same(stage.read(), { a: 2, b: 1 }, 'the state');
  },
  'replace removes what the snapshot lacks, but no function and nothing filtered': async ({
    create,
    settle,
  }) => {
    const state = { a: 1, b: 1, own: 1, act: () => 1 };
    const stage = create(state, { mode: 'replace', omitKeys: ['own'] });
    const seen: unknown[] = [];
    stage.watch('b', (value) => seen.push(value));
    await apply(stage, { a: 2, c: 2, act: 9 });
    await settle?.();
    same(Object.keys(stage.read() as Fields).includes('b'), false, 'b is gone');
    check(seen.length === 2 && seen[1] === undefined, 'what showed b was told');
    same([field(stage, 'a'), field(stage, 'c'), field(stage, 'own')], [2, 2, 1], 'the fields');
    check(typeof field(stage, 'act') === 'function', 'the function is there');
  },
  'toState makes the state, and is told of the store': async ({ create }) => {
    let told: unknown;
    const toState = (data: unknown, context: unknown) => {
      told = context;
      return { a: (data as Fields).value };
    };
    const stage = create({ a: 1 }, { toState });
    await apply(stage, { value: 5 });
    same(stage.read(), { a: 5 }, 'the state');
    check(typeof told === 'object' && told !== null && Object.keys(told).length > 0, 'a context came along');
  },
};

const GETTER_CLAIMS: Claims = {
  'a getter stays one, whatever comes under its name': async ({ create }) => {
    for (const mode of ['patch', 'replace'] as const) {
      const state = {
        list: [1],
        get twice() {
          return this.list.map((n) => n * 2);
        },
      };
      const stage = create(state, { mode });
      await apply(stage, { list: [2, 3], twice: 9 });
      await apply(stage, { list: [4] });
      same(field(stage, 'twice'), [8], 'what it computes');
    }
  },
};

const LIST_CLAIMS: Claims = {
  'a list is replaced by a list': async ({ createList }) => {
    const stage = createList?.([{ id: 1 }, { id: 2 }]) as AdapterStage;
    for (const list of [[{ id: 1 }], [{ id: 3 }, { id: 1 }, 'text'], []]) {
      await apply(stage, list);
      same(stage.read(), list, 'the list');
    }
  },
  'items without an id are right after items moved, came and went': async ({ createList }) => {
    const stage = createList?.([]) as AdapterStage;
    for (const texts of ['ab', 'xay', 'ayb', 'b', 'bbb', 'abbb', 'ba']) {
      const list = [...texts].map((text) => ({ text, parts: [text] }));
      await apply(stage, list);
      same(stage.read(), list, 'the list');
    }
  },
  'a list that gets something else refuses it, or becomes it': async ({ createList }) => {
    for (const value of [{ a: 1 }, null, 7]) {
      const stage = createList?.([1]) as AdapterStage;
      let isRefused: unknown;
      const thrown = await error(async () => {
        isRefused = (await apply(stage, value)) === false;
      });
      same(stage.read(), thrown || isRefused ? [1] : value, 'the state');
    }
  },
  'the items of a list keep their identity around insertions and removals': async ({ createList }) => {
    const stage = createList?.([]) as AdapterStage;
    const items = (...ids: number[]) => ids.map((id) => ({ id, text: `item ${id}` }));
    const read = () => stage.read() as { id: number }[];
    await apply(stage, items(1, 2, 3));
    const [one, , three] = read();
    await apply(stage, items(0, 1, 2, 3));
    check(read()[1] === one && read()[3] === three, 'after an insertion');
    await apply(stage, items(1, 3));
    check(read()[0] === one && read()[1] === three, 'after removals');
  },
};

const EMPTY_CLAIMS: Claims = {
  'a store that held something else than an object holds whatever comes': async ({ createEmpty }) => {
    const stage = createEmpty?.() as AdapterStage;
    for (const value of [{ a: 1 }, { a: 2 }, null, 7, [1], 'text', { b: 1 }, [], false]) {
      await apply(stage, value);
      same(stage.read(), value, 'the value');
    }
  },
};

/**
 * Runs every claim as a test of its own:
 *
 * ```ts
 * import { test } from 'vitest';
 * describeAdapterConformance({ test }, { name: 'my store', hasOptions: false, create: (state) => stageOf(state) });
 * ```
 */
export function describeAdapterConformance(runner: ConformanceRunner, harness: AdapterHarness): void {
  const claims = {
    ...CLAIMS,
    ...(harness.hasOptions ? OPTION_CLAIMS : {}),
    ...(harness.hasGetters ? GETTER_CLAIMS : {}),
    ...(harness.createList ? LIST_CLAIMS : {}),
    ...(harness.createEmpty ? EMPTY_CLAIMS : {}),
  };
  for (const [claim, prove] of Object.entries(claims))
    runner.test(`${harness.name}: ${claim}`, () => prove(harness));
}
