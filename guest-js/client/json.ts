// Keeps nothing: what a value is after it traveled, and what RFC 6902 patches do to one. Loses what JSON loses
// (`undefined`, functions, class instances). Patches are applied to the letter, as Rust does it: a page shows only what
// the host would answer.

import type { Topic } from '../core/index.ts';
import { share } from '../core/share.ts';
import { StateSyncError } from './error.ts';
import type { PatchOperation } from './wire.ts';

/** A copy of what the host will get, taken now. Throws `unserializable`. */
export function jsonOf(value: unknown, topic: Topic): unknown {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new StateSyncError('unserializable', `${why}.`, { topic, cause });
  }
  if (text === undefined) {
    throw new StateSyncError('unserializable', `a ${typeof value} is not a JSON value.`, { topic });
  }
  return JSON.parse(text);
}

/** Whether two JSON values are the same. */
export function isSame(a: unknown, b: unknown): boolean {
  return Object.is(share(a, b), a);
}

/** A copy of the operations, all of which are well-formed. Throws `unserializable` or `invalid-patch`. */
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
  if (takes === undefined) return `there is no op ${JSON.stringify(op)}`;
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
  return operations.reduce(applied, value);
}

function applied(value: unknown, operation: PatchOperation): unknown {
  const path = namesOf(operation.path);
  switch (operation.op) {
    case 'add':
      return edited(value, path, added(operation.value));
    case 'replace':
      return edited(value, path, replaced(operation.value));
    case 'remove':
      return edited(value, path, removed);
    case 'copy':
      return edited(value, path, added(partAt(value, namesOf(operation.from))));
    case 'move': {
      const part = partAt(value, namesOf(operation.from));
      if (operation.from === '') throw new Error('the whole value cannot be moved');
      if (operation.from === operation.path) return value;
      if (operation.path.startsWith(`${operation.from}/`)) throw new Error('a part cannot move into itself');
      return edited(edited(value, namesOf(operation.from), removed), path, added(part));
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
  (part: unknown): Edit =>
  (container, name) => {
    if (name === undefined) return part;
    if (!Array.isArray(container)) return withPart(container, name, part);
    if (name !== '-' && !isIndex(name, container.length + 1)) throw new Error(`there is no place ${name}`);
    const list = [...container];
    list.splice(name === '-' ? list.length : Number(name), 0, part);
    return list;
  };

const replaced =
  (part: unknown): Edit =>
  (container, name) => {
    if (name === undefined) return part;
    partOf(container, name);
    return withPart(container, name, part);
  };

const removed: Edit = (container, name) => {
  if (name === undefined) throw new Error('the whole value cannot be removed');
  partOf(container, name);
  if (Array.isArray(container)) return container.filter((_, index) => index !== Number(name));
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
