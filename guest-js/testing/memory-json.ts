// Keeps nothing: JSON values as the in-memory host needs them. Applies RFC 6902 patches to the letter, on a copy of its
// own, so that what the page's own way of applying them gives can be held against it.

import { MAX_PATCH_WORK } from '../client/wire.ts';
import { MAX_DEPTH, pathText, tooDeepAt } from '../core/depth.ts';
import { echo } from '../core/echo.ts';

/** Why a list of operations cannot be applied; becomes an `invalid-patch`. `path`: where the value would be too deep. */
export class PatchFailure extends Error {
  readonly path: string | undefined;

  constructor(message: string, path?: string) {
    super(message);
    this.path = path;
  }
}

type Container = Record<string, unknown> | unknown[];

function isContainer(value: unknown): value is Container {
  return typeof value === 'object' && value !== null;
}

/** A value as it is after it traveled: a copy, or `undefined` for what is no JSON. Throws on cycles and big integers. */
export function copyOf<T>(value: T): T {
  const text = JSON.stringify(value);
  return (text === undefined ? undefined : JSON.parse(text)) as T;
}

/** Whether two JSON values are the same, whatever the order of their keys. */
export function sameJson(a: unknown, b: unknown): boolean {
  if (!isContainer(a) || !isContainer(b)) return a === b;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && sameJson(own(a, key), own(b, key)))
  );
}

function own(container: Container, key: string): unknown {
  return (container as Record<string, unknown>)[key];
}

/** Where the first integer is that JavaScript cannot hold exactly, as `items[0].id`; `.` is the whole value. */
export function unsafeIntegerIn(value: unknown, path = ''): string | undefined {
  // From 1e21 on JSON writes a number with an exponent: no integer any more.
  if (typeof value === 'number') {
    const unsafe = Number.isInteger(value) && !Number.isSafeInteger(value) && Math.abs(value) < 1e21;
    return unsafe ? path || '.' : undefined;
  }
  if (!isContainer(value)) return undefined;
  for (const [key, item] of Object.entries(value)) {
    const step = Array.isArray(value) ? `[${key}]` : path === '' ? key : `.${key}`;
    const found = unsafeIntegerIn(item, path + step);
    if (found !== undefined) return found;
  }
  return undefined;
}

/**
 * `document` after all of the operations; throws a `PatchFailure` that names the one that failed. A malformed one counts
 * before all others, because a patch is read as a whole first.
 */
export function patched(document: unknown, operations: unknown): unknown {
  if (!Array.isArray(operations)) throw new PatchFailure('a patch is a list of operations');
  const holder: Holder = { root: copyOf(document) };
  const work: Work = { left: MAX_PATCH_WORK };
  const steps = operations.map((operation, index) => naming(index, operation, () => stepOf(operation)));
  for (const [index, step] of steps.entries())
    naming(index, operations[index], () => run(holder, step, work));
  return holder.root;
}

function naming<R>(index: number, operation: unknown, work: () => R): R {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof PatchFailure)) throw error;
    const { op, path } = (operation ?? {}) as Record<string, unknown>;
    const what = `${echo(String(op))} at "${echo(String(path))}"`;
    throw new PatchFailure(`operation ${index} (${what}): ${error.message}`, error.path);
  }
}

/** The document is the property `root` of something, so that it can be replaced like any other part. */
type Holder = { root: unknown };

/** What the patch may still do: elements of lists that are shifted, and parts that are moved or copied. */
type Work = { left: number };

function spend(work: Work, amount: number): void {
  work.left -= amount;
  if (work.left < 0) throw new PatchFailure(`the patch is more work than ${MAX_PATCH_WORK} steps`);
}

function visit(part: unknown, work: Work): void {
  spend(work, 1);
  if (isContainer(part)) for (const inner of Object.values(part)) visit(inner, work);
}

/** Refuses a part that would be too deep where it is put. */
function checkDepth(holder: Holder, tokens: readonly string[], part: unknown): void {
  const steps = tokens.length - 1;
  const deep = tooDeepAt(part, Math.max(0, MAX_DEPTH - steps));
  if (deep === undefined) return;
  let place = '';
  let container: unknown = holder.root;
  for (const token of tokens.slice(1)) {
    place += Array.isArray(container) ? `[${token === '-' ? container.length : token}]` : `.${token}`;
    container = isContainer(container) && has(container, token) ? own(container, token) : undefined;
  }
  const inner = deep === '.' ? '' : deep.startsWith('[') ? deep : `.${deep}`;
  throw new PatchFailure(`the value would be deeper than ${MAX_DEPTH} levels`, pathText(place + inner));
}

/** An operation whose form is right. */
type Step =
  | { op: 'add' | 'replace' | 'test'; target: string[]; value: unknown }
  | { op: 'remove'; target: string[] }
  | { op: 'move' | 'copy'; target: string[]; source: string[] };

function stepOf(operation: unknown): Step {
  if (!isContainer(operation)) throw new PatchFailure('it is no object');
  const { op, path, from, value } = operation as Record<string, unknown>;
  const target = tokensOf(path, 'path');
  switch (op) {
    case 'add':
    case 'replace':
    case 'test':
      if (!Object.hasOwn(operation, 'value')) throw new PatchFailure('it has no value');
      checkDepth({ root: undefined }, ['root'], value);
      return { op, target, value };
    case 'remove':
      return { op, target };
    case 'move':
    case 'copy':
      return { op, target, source: tokensOf(from, 'from') };
    default:
      throw new PatchFailure('there is no such operation');
  }
}

function run(holder: Holder, step: Step, work: Work): void {
  switch (step.op) {
    case 'add':
      checkDepth(holder, step.target, step.value);
      return add(holder, step.target, copyOf(step.value), work);
    case 'replace':
      checkDepth(holder, step.target, step.value);
      return replace(holder, step.target, copyOf(step.value));
    case 'test':
      if (!sameJson(read(holder, step.target), step.value)) {
        throw new PatchFailure('the value there is another one');
      }
      return;
    case 'remove':
      remove(holder, step.target, work);
      return;
    case 'copy': {
      const part = read(holder, step.source);
      checkDepth(holder, step.target, part);
      visit(part, work);
      return add(holder, step.target, copyOf(part), work);
    }
    case 'move':
      return move(holder, step.source, step.target, work);
  }
}

function move(holder: Holder, source: string[], target: string[], work: Work): void {
  const moved = read(holder, source);
  if (source.length === 1) throw new PatchFailure('the whole value cannot be moved');
  if (sameJson(source, target)) return;
  if (source.every((token, n) => token === target[n])) {
    throw new PatchFailure('a part cannot move into itself');
  }
  checkDepth(holder, target, moved);
  visit(moved, work);
  remove(holder, source, work);
  add(holder, target, moved, work);
}

/** A JSON pointer (RFC 6901) as its steps. */
function tokensOf(pointer: unknown, name: string): string[] {
  if (typeof pointer !== 'string') throw new PatchFailure(`\`${name}\` is no text`);
  if (pointer === '') return ['root'];
  if (!pointer.startsWith('/') || /~(?![01])/.test(pointer)) {
    throw new PatchFailure(`\`${name}\` is no JSON pointer`);
  }
  const tokens = pointer.slice(1).split('/');
  return ['root', ...tokens.map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'))];
}

function isIndex(token: string, length: number): boolean {
  return /^(0|[1-9]\d*)$/.test(token) && Number(token) < length;
}

function has(container: Container, token: string): boolean {
  return Array.isArray(container) ? isIndex(token, container.length) : Object.hasOwn(container, token);
}

function read(holder: Holder, tokens: readonly string[]): unknown {
  let value: unknown = holder;
  for (const token of tokens) {
    if (!isContainer(value) || !has(value, token)) throw new PatchFailure('there is nothing');
    value = own(value, token);
  }
  return value;
}

/** What holds the last step, which need not exist itself. */
function parentOf(holder: Holder, tokens: readonly string[]): { parent: Container; last: string } {
  const parent = tokens.length === 1 ? holder : read(holder, tokens.slice(0, -1));
  if (!isContainer(parent)) throw new PatchFailure('there is nothing that could hold it');
  return { parent, last: tokens.at(-1) as string };
}

/** A property of its own, also when it is called `__proto__`. */
function put(container: Container, key: string, value: unknown): void {
  Object.defineProperty(container, key, { value, writable: true, enumerable: true, configurable: true });
}

function add(holder: Holder, tokens: readonly string[], value: unknown, work: Work): void {
  const { parent, last } = parentOf(holder, tokens);
  if (!Array.isArray(parent)) return put(parent, last, value);
  const index = last === '-' ? String(parent.length) : last;
  if (!isIndex(index, parent.length + 1)) throw new PatchFailure(`the list has no place ${echo(last)}`);
  spend(work, parent.length - Number(index));
  parent.splice(Number(index), 0, value);
}

function replace(holder: Holder, tokens: readonly string[], value: unknown): void {
  read(holder, tokens);
  const { parent, last } = parentOf(holder, tokens);
  put(parent, last, value);
}

function remove(holder: Holder, tokens: readonly string[], work: Work): unknown {
  if (tokens.length === 1) throw new PatchFailure('the whole value cannot be removed');
  const value = read(holder, tokens);
  const { parent, last } = parentOf(holder, tokens);
  if (Array.isArray(parent)) {
    spend(work, parent.length - 1 - Number(last));
    parent.splice(Number(last), 1);
  } else delete parent[last];
  return value;
}
