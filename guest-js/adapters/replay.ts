// Keeps nothing: makes edits to a value that may have changed since they were made. An edit whose place has gone is left
// out: whoever removed the place was the last to decide about it.

import type { PatchOperation } from '../index.ts';
import type { Edit, ItemId } from './diff.ts';

/**
 * The edits as an RFC 6902 patch; `undefined` when one of them is about an item of a list, whose index only the newest
 * value tells: see {@link replay}.
 *
 * Members are written with `add`, which in an object also replaces: it succeeds when somebody else removed the member.
 */
export function operationsOf(edits: readonly Edit[]): PatchOperation[] | undefined {
  const operations: PatchOperation[] = [];
  for (const edit of edits) {
    if (edit.kind === 'arrange' || edit.path.some((step) => typeof step === 'object')) return undefined;
    const path = edit.path.map((step) => `/${escaped(String(step))}`).join('');
    if (edit.kind === 'remove') operations.push({ op: 'remove', path });
    else {
      const op = typeof edit.path.at(-1) === 'string' ? 'add' : 'replace';
      operations.push({ op, path, value: edit.value });
    }
  }
  return operations;
}

/** RFC 6901. */
function escaped(step: string): string {
  return step.replaceAll('~', '~0').replaceAll('/', '~1');
}

/** Makes the edits to a draft, in place. Edits of the whole value are left to {@link operationsOf}. */
export function replay(draft: unknown, edits: readonly Edit[]): void {
  for (const edit of edits) {
    const steps = edit.kind === 'arrange' ? edit.path : edit.path.slice(0, -1);
    const place = steps.reduce<unknown>(descend, draft);
    if (typeof place !== 'object' || place === null) continue;
    if (edit.kind === 'arrange') {
      if (Array.isArray(place)) arrange(place, edit);
      continue;
    }
    const last = edit.path.at(-1);
    const key = typeof last === 'object' ? indexOf(place as unknown[], last.id) : last;
    const isThere = Array.isArray(place) ? typeof key === 'number' && key in place : key !== undefined;
    if (!isThere || key === undefined) continue;
    if (edit.kind === 'remove') delete (place as Record<string, unknown>)[key];
    else (place as Record<string, unknown>)[key] = edit.value;
  }
}

function descend(place: unknown, step: string | number | { id: ItemId }): unknown {
  if (typeof place !== 'object' || place === null) return undefined;
  const key = typeof step === 'object' ? indexOf(place as unknown[], step.id) : step;
  return Object.hasOwn(place, key) ? (place as Record<string, unknown>)[key] : undefined;
}

function idOf(item: unknown): unknown {
  return typeof item === 'object' && item !== null ? (item as { id?: unknown }).id : item;
}

/** -1 when there is no such item (any more), or no list. */
function indexOf(list: readonly unknown[], id: ItemId): number {
  return Array.isArray(list) ? list.findIndex((item) => idOf(item) === id) : -1;
}

/** Items of others stay where they are, ours that they removed stay removed. */
function arrange(list: unknown[], { before, after, added }: Extract<Edit, { kind: 'arrange' }>): void {
  const [old, now] = [new Set(before), new Set(after)];
  for (const id of before) {
    const index = now.has(id) ? -1 : indexOf(list, id);
    if (index >= 0) list.splice(index, 1);
  }
  reorder(
    list,
    before.filter((id) => now.has(id)),
    after.filter((id) => old.has(id)),
  );
  for (const [at, id] of after.entries()) {
    if (!added.has(id) || indexOf(list, id) >= 0) continue;
    const neighbor = after.slice(0, at).findLast((earlier) => indexOf(list, earlier) >= 0);
    list.splice(neighbor === undefined ? 0 : indexOf(list, neighbor) + 1, 0, added.get(id));
  }
}

/** The items that were moved change places among themselves. */
function reorder(list: unknown[], from: readonly ItemId[], to: readonly ItemId[]): void {
  if (from.every((id, index) => id === to[index])) return;
  const items = to.map((id) => list[indexOf(list, id)]).filter((item) => item !== undefined);
  const moved = new Set<unknown>(to);
  const places = [...list.keys()].filter((index) => moved.has(idOf(list[index])));
  if (places.length !== items.length) return; // others use an id twice
  for (const [n, index] of places.entries()) list[index] = items[n];
}
