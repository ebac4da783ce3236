// Keeps nothing: what somebody changed between two states, as edits that can be made to a third one. An edit names its
// place by members and, inside lists, by the `id` of the item, so it still finds it when others moved things around.

import { MAX_DEPTH } from '../core/depth.ts';
import { copy, isData, tooDeep } from './copy.ts';

/** Tells an item of a list from the others: its `id`, or the item itself in a list of texts. */
export type ItemId = string | number;

/** A member's name, an index, or an item of a list. */
export type Step = string | number | { id: ItemId };

/** One change. `arrange`: items of a list came, went or moved; `added` has the new ones. */
export type Edit =
  | { kind: 'set'; path: readonly Step[]; value: unknown }
  | { kind: 'remove'; path: readonly Step[] }
  | {
      kind: 'arrange';
      path: readonly Step[];
      before: readonly ItemId[];
      after: readonly ItemId[];
      added: ReadonlyMap<ItemId, unknown>;
    };

/**
 * The edits that lead from `before` to `after`, both JSON values. Identical references are not looked into, so unchanged
 * parts of an immutable state cost nothing. What JSON has no word for counts as absent. Throws for what is too deep.
 *
 * Lists whose items all have an `id` of their own are compared item by item. Other lists are compared index by index
 * when they are equally long, as lists of different texts when they are that, and are set as a whole otherwise. Values
 * in edits are copies.
 */
export function diff(before: unknown, after: unknown): Edit[] {
  const edits: Edit[] = [];
  if (isData(after)) compare(before, after, [], edits);
  return edits;
}

/** What tells the items of a list apart, one for each; `undefined` when nothing does. */
export function idsOf(list: readonly unknown[]): ItemId[] | undefined {
  return distinct(list.map((item) => (item as { id?: unknown } | null | undefined)?.id));
}

function distinct(ids: readonly unknown[]): ItemId[] | undefined {
  const all = ids.every((id) => typeof id === 'string' || typeof id === 'number');
  return all && new Set(ids).size === ids.length ? (ids as ItemId[]) : undefined;
}

function textsOf(list: readonly unknown[]): ItemId[] | undefined {
  return list.every((item) => typeof item === 'string') ? distinct(list) : undefined;
}

function compare(before: unknown, after: unknown, path: readonly Step[], edits: Edit[]): void {
  if (Object.is(before, after)) return;
  if (path.length > MAX_DEPTH) throw tooDeep();
  if (Array.isArray(before) && Array.isArray(after)) return compareLists(before, after, path, edits);
  if (hasMembers(before) && hasMembers(after)) return compareMembers(before, after, path, edits);
  const value = copy(after);
  // Two dates, say, of the same moment.
  if (!Object.is(copy(before), value)) edits.push({ kind: 'set', path, value });
}

function compareMembers(
  before: Record<string, unknown>,
  after: Record<string, unknown>,
  path: readonly Step[],
  edits: Edit[],
): void {
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    if (key === '__proto__') continue; // no store can hold it as a member
    const [old, now] = [before[key], after[key]];
    if (isData(now)) compare(old, now, [...path, key], edits);
    else if (isData(old)) edits.push({ kind: 'remove', path: [...path, key] });
  }
}

function compareLists(
  before: readonly unknown[],
  after: readonly unknown[],
  path: readonly Step[],
  edits: Edit[],
): void {
  const byId = arrangement(before, after, path, idsOf);
  if (byId !== undefined) {
    for (const [index, id] of byId.after.entries()) {
      const at = byId.before.indexOf(id);
      if (at >= 0) compare(before[at], after[index], [...path, { id }], edits);
    }
    if (isMoved(byId)) edits.push(byId);
  } else if (before.length === after.length) {
    for (const [index, item] of after.entries()) compare(before[index], item, [...path, index], edits);
  } else {
    edits.push(arrangement(before, after, path, textsOf) ?? { kind: 'set', path, value: copy(after) });
  }
}

type Arrangement = Extract<Edit, { kind: 'arrange' }>;

function arrangement(
  before: readonly unknown[],
  after: readonly unknown[],
  path: readonly Step[],
  identify: (list: readonly unknown[]) => ItemId[] | undefined,
): Arrangement | undefined {
  const [old, now] = [identify(before), identify(after)];
  if (old === undefined || now === undefined) return undefined;
  const known = new Set(old);
  const added = new Map<ItemId, unknown>();
  for (const [index, id] of now.entries()) if (!known.has(id)) added.set(id, copy(after[index]));
  return { kind: 'arrange', path, before: old, after: now, added };
}

function isMoved({ before, after }: Arrangement): boolean {
  return before.length !== after.length || before.some((id, index) => id !== after[index]);
}

function hasMembers(value: unknown): value is Record<string, unknown> {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject && typeof (value as { toJSON?: unknown }).toJSON !== 'function';
}
