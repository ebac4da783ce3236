// Keeps nothing: a JSON copy of a value that nobody else holds, for stores that change their state in place.

import { MAX_DEPTH } from '../core/depth.ts';

/**
 * What JSON would carry of the value, as new objects and arrays. Members that JSON has no word for (functions,
 * `undefined`) are left out; dates become what they say of themselves. Proxies of stores are read through. Throws for what is
 * deeper than a value may be, or contains itself.
 */
export function copy<T>(value: T): T {
  return copied(value, MAX_DEPTH) as T;
}

function copied(value: unknown, room: number): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (room === 0) throw tooDeep();
  if (Array.isArray(value)) return value.map((item) => (isData(item) ? copied(item, room - 1) : null));
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON === 'function') return toJSON.call(value);
  const members = Object.keys(value).map((key) => [key, (value as Record<string, unknown>)[key]] as const);
  // Not by assignment: a member called `__proto__` would become the prototype.
  return Object.fromEntries(
    members.filter(([, member]) => isData(member)).map(([key, member]) => [key, copied(member, room - 1)]),
  );
}

export const tooDeep = () => new RangeError(`a value has at most ${MAX_DEPTH} levels, and this has more`);

/** Whether JSON has a word for it. */
export function isData(value: unknown): boolean {
  return value !== undefined && typeof value !== 'function' && typeof value !== 'symbol';
}
