// An adapter for a store nobody has heard of, as the documentation shows it, held against the same claims as ours.
import { expect, test } from 'vitest';
import type { SnapshotApplier } from '../core/index.ts';
import { type AdapterHarness, describeAdapterConformance } from '../testing/index.ts';

type Fields = Record<string, unknown>;

/** The store: fields and whoever wants to know of each. */
function createBoard(fields: Fields) {
  const listeners = new Map<string, (value: unknown) => void>();
  return {
    fields,
    pin(key: string, value: unknown) {
      fields[key] = value;
      listeners.get(key)?.(value);
    },
    look(key: string, listener: (value: unknown) => void) {
      listeners.set(key, listener);
      listener(fields[key]);
    },
  };
}

// -- the adapter: 20 lines with its harness
type Board = ReturnType<typeof createBoard>;

export function createBoardSnapshotApplier(board: Board): SnapshotApplier<unknown> {
  return {
    apply({ data }) {
      if (typeof data !== 'object' || data === null || Array.isArray(data)) return false;
      for (const [key, value] of Object.entries(data)) {
        const text = JSON.stringify(value);
        if (key in Object.prototype || JSON.stringify(board.fields[key]) === text) continue;
        board.pin(key, JSON.parse(text));
      }
    },
  };
}

const harness: AdapterHarness = {
  name: 'board',
  hasOptions: false,
  create(state) {
    const board = createBoard({ ...state });
    return { applier: createBoardSnapshotApplier(board), read: () => board.fields, watch: board.look };
  },
};
// -- to here

describeAdapterConformance({ test }, harness);

/** By the claim that has to notice it. */
const broken: Record<string, (board: Board, data: Fields) => void> = {
  'nested data is replaced, never merged': (board, data) => {
    for (const [key, value] of Object.entries(data)) {
      const before = board.fields[key];
      const isBox = (part: unknown) => typeof part === 'object' && part !== null && !Array.isArray(part);
      board.pin(key, isBox(before) && isBox(value) ? { ...(before as Fields), ...(value as Fields) } : value);
    }
  },
  'what shows one field is told once when it changes, and not when another does': (board, data) => {
    for (const [key, value] of Object.entries(data)) board.pin(key, value);
  },
  'no key of a snapshot reaches a prototype': (board, data) => {
    const assign = (target: Fields, source: Fields) => {
      for (const key of Object.keys(source)) target[key] = source[key];
    };
    assign(board.fields, JSON.parse(JSON.stringify(data)));
  },
};

for (const [claim, apply] of Object.entries(broken))
  test(`an adapter that breaks it fails: ${claim}`, async () => {
    const proofs = new Map<string, () => Promise<void>>();
    const runner = { test: (name: string, body: () => Promise<void>) => proofs.set(name, body) };
    describeAdapterConformance(runner, {
      ...harness,
      create(state) {
        const board = createBoard({ ...state });
        const applier: SnapshotApplier<unknown> = { apply: ({ data }) => apply(board, data as Fields) };
        return { applier, read: () => board.fields, watch: board.look };
      },
    });
    await expect(proofs.get(`board: ${claim}`)?.()).rejects.toThrow('adapter conformance');
  });
