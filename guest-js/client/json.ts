// Keeps nothing: what a value is after it traveled, and what RFC 6902 patches do to one. Loses what JSON loses
// (`undefined`, functions, class instances). Patches are applied to the letter, as Rust does it: a page shows only what
// the host would answer.

import { immutableJSONPatch, type JSONPatchOperation, parseJSONPointer } from 'immutable-json-patch';
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

/** The value after all operations; shares what they leave alone. Throws when one of them cannot be applied. */
export function patched(value: unknown, operations: readonly PatchOperation[]): unknown {
  return operations.reduce(applied, value);
}

function applied(value: unknown, operation: PatchOperation): unknown {
  if (operation.op !== 'move') return step(value, operation);
  const { from, path } = operation;
  const part = partAt(value, parseJSONPointer(from));
  if (from === path) return value;
  if (path.startsWith(`${from}/`)) throw new Error(`"${from}" cannot move into itself`);
  return step(step(value, { op: 'remove', path: from }), { op: 'add', path, value: part });
}

/** The library ignores what is not there and knows no difference between own and inherited fields: both end here. */
function step(value: unknown, operation: Exclude<PatchOperation, { op: 'move' }>): unknown {
  const path = parseJSONPointer(operation.path);
  const last = path.at(-1);
  if (operation.op === 'copy') partAt(value, parseJSONPointer(operation.from));
  if (operation.op === 'add' || operation.op === 'copy') {
    const parent = last === undefined ? undefined : partAt(value, path.slice(0, -1));
    if (last !== undefined && !takes(parent, last))
      throw new Error(`nothing can be added at "${operation.path}"`);
  } else {
    partAt(value, path);
    if (operation.op === 'remove' && last === undefined) throw new Error('the whole value cannot be removed');
  }
  return immutableJSONPatch(value, [operation as JSONPatchOperation]);
}

function partAt(value: unknown, path: readonly string[]): unknown {
  let part = value;
  for (const name of path) {
    if (name === '__proto__') throw new Error('a field called __proto__ is left to the host');
    const there = Array.isArray(part)
      ? isIndex(name, part.length)
      : isFields(part) && Object.hasOwn(part, name);
    if (!there) throw new Error(`there is nothing at ${JSON.stringify(path)}`);
    part = (part as Record<string, unknown>)[name];
  }
  return part;
}

function takes(parent: unknown, name: string): boolean {
  if (Array.isArray(parent)) return name === '-' || isIndex(name, parent.length + 1);
  return isFields(parent) && name !== '__proto__';
}

function isFields(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}

function isIndex(name: string, length: number): boolean {
  return /^(0|[1-9]\d*)$/.test(name) && Number(name) < length;
}
