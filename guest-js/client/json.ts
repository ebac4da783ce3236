// Keeps nothing: what RFC 6902 patches do to a value. They are applied to the letter, and within the limits of the host: a
// page shows only what the host would answer.

import { MAX_DEPTH, tooDeepAt } from '../core/depth.ts';
import { echo } from '../core/echo.ts';
import type { Topic } from '../core/index.ts';
import { share } from '../core/share.ts';
import { StateSyncError } from './error.ts';
import { jsonOf } from './sendable.ts';
import { MAX_PATCH_WORK, type PatchOperation } from './wire.ts';

export { jsonOf } from './sendable.ts';

/** Whether two JSON values are the same. */
export function isSame(a: unknown, b: unknown): boolean {
  return Object.is(share(a, b), a);
}

/** A copy of the operations, all of which are well-formed. Throws as {@link jsonOf}, or `invalid-patch`. */
export function operationsOf(operations: unknown, topic: Topic): PatchOperation[] {
  const refuse = (message: string) => new StateSyncError('invalid-patch', message, { topic });
  const copy = jsonOf(operations, topic);
  if (!Array.isArray(copy)) throw refuse('a patch is a list of operations.');
  copy.forEach((operation, index) => {
    const flaw = flawOf(operation);
    if (flaw !== undefined) throw refuse(`operation ${index}: ${flaw}.`);
  });
  return copy;
}

function flawOf(operation: unknown): string | undefined {
  if (typeof operation !== 'object' || operation === null) return 'it is no object';
  const { op, path, from } = operation as Record<string, unknown>;
  const takes = typeof op === 'string' ? TAKES.get(op) : undefined;
  if (takes === undefined) return `there is no op ${echo(JSON.stringify(op) ?? 'undefined')}`;
  if (!isPointer(path)) return '`path` is no JSON pointer';
  if (takes === 'from' && !isPointer(from)) return '`from` is no JSON pointer';
  if (takes === 'value' && !('value' in operation)) return '`value` is missing';
  return undefined;
}

const TAKES = new Map<string, 'value' | 'from' | 'nothing'>([
  ['add', 'value'],
  ['replace', 'value'],
  ['test', 'value'],
  ['remove', 'nothing'],
  ['move', 'from'],
  ['copy', 'from'],
]);

function isPointer(pointer: unknown): pointer is string {
  return typeof pointer === 'string' && /^(\/([^~/]|~[01])*)*$/.test(pointer);
}

/**
 * The value after all operations; shares what they leave alone, and changes neither argument. Throws when one of them
 * cannot be applied. Written here because a field may have any name, `-` and `__proto__` too, and nothing that is not
 * there may be passed over in silence.
 */
export function patched(value: unknown, operations: readonly PatchOperation[]): unknown {
  const work: Work = { left: MAX_PATCH_WORK };
  return operations.reduce((before, operation) => applied(before, operation, work), value);
}

/** What one patch may still do: elements of lists that are shifted, and parts that are moved or copied. */
interface Work {
  left: number;
}

function spend(work: Work, amount: number): void {
  work.left -= amount;
  if (work.left < 0) throw new Error('it is too much work');
}

/** Throws when the part would be too deep at its new place. */
function fitting(part: unknown, path: readonly string[]): unknown {
  if (tooDeepAt(part, Math.max(0, MAX_DEPTH - path.length)) !== undefined)
    throw new Error(`it makes the value deeper than ${MAX_DEPTH} levels`);
  return part;
}

/** The part, paid for and not too deep. */
function carried(part: unknown, path: readonly string[], work: Work): unknown {
  fitting(part, path);
  visit(part, work);
  return part;
}

function visit(part: unknown, work: Work): void {
  spend(work, 1);
  if (typeof part !== 'object' || part === null) return;
  for (const inner of Array.isArray(part) ? part : Object.values(part)) visit(inner, work);
}

function applied(value: unknown, operation: PatchOperation, work: Work): unknown {
  const path = namesOf(operation.path);
  switch (operation.op) {
    case 'add':
      return edited(value, path, added(fitting(operation.value, path), work));
    case 'replace':
      return edited(value, path, replaced(fitting(operation.value, path)));
    case 'remove':
      return edited(value, path, removed(work));
    case 'copy': {
      const part = partAt(value, namesOf(operation.from));
      return edited(value, path, added(carried(part, path, work), work));
    }
    case 'move': {
      const part = partAt(value, namesOf(operation.from));
      if (operation.from === '') throw new Error('the whole value cannot be moved');
      if (operation.from === operation.path) return value;
      if (operation.path.startsWith(`${operation.from}/`)) throw new Error('a part cannot move into itself');
      carried(part, path, work);
      return edited(edited(value, namesOf(operation.from), removed(work)), path, added(part, work));
    }
    case 'test':
      if (!isSame(partAt(value, path), operation.value)) throw new Error('the value there is another one');
      return value;
  }
}

/** What becomes of a container when something is done to its part of that name; without one, of the whole value. */
type Edit = (container: unknown, name: string | undefined) => unknown;

function edited(value: unknown, path: readonly string[], edit: Edit): unknown {
  const [name, ...rest] = path;
  if (name === undefined) return edit(value, undefined);
  if (rest.length === 0) return edit(value, name);
  return withPart(value, name, edited(partOf(value, name), rest, edit));
}

const added =
  (part: unknown, work: Work): Edit =>
  (container, name) => {
    if (name === undefined) return part;
    if (!Array.isArray(container)) return withPart(container, name, part);
    if (name !== '-' && !isIndex(name, container.length + 1)) throw new Error(`there is no place ${name}`);
    const index = name === '-' ? container.length : Number(name);
    spend(work, container.length - index);
    const list = [...container];
    list.splice(index, 0, part);
    return list;
  };

const replaced =
  (part: unknown): Edit =>
  (container, name) => {
    if (name === undefined) return part;
    partOf(container, name);
    return withPart(container, name, part);
  };

const removed =
  (work: Work): Edit =>
  (container, name) => {
    if (name === undefined) throw new Error('the whole value cannot be removed');
    partOf(container, name);
    if (Array.isArray(container)) {
      spend(work, container.length - 1 - Number(name));
      return container.filter((_, index) => index !== Number(name));
    }
    const { [name]: _, ...rest } = container as Record<string, unknown>;
    return rest;
  };

/** A copy with another part of that name. A computed name is a field, also when it is `__proto__`. */
function withPart(container: unknown, name: string, part: unknown): unknown {
  if (Array.isArray(container)) return container.map((old, index) => (index === Number(name) ? part : old));
  if (typeof container !== 'object' || container === null) throw new Error(`nothing can have a part ${name}`);
  return { ...container, [name]: part };
}

function partAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce(partOf, value);
}

function partOf(container: unknown, name: string): unknown {
  const there = Array.isArray(container)
    ? isIndex(name, container.length)
    : typeof container === 'object' && container !== null && Object.hasOwn(container, name);
  if (!there) throw new Error(`there is no ${JSON.stringify(name)}`);
  return (container as Record<string, unknown>)[name];
}

function namesOf(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function isIndex(name: string, length: number): boolean {
  return /^(0|[1-9]\d*)$/.test(name) && Number(name) < length;
}
