/**
 * The store's own copy of a value that came, made of what the store has already.
 *
 * Keeps: the identity of deep-equal parts, also around insertions into a list or removals from it. Loses nothing, and
 * never returns or changes an object of what came, so a store may change its state in place.
 */
import { MAX_DEPTH } from '../core/depth.ts';

export type Fields = Record<string, unknown>;

/** An object as JSON has them, or a library's proxy of one. Not `Object.prototype`, which has no prototype itself. */
export const isPlain = (value: unknown): value is Fields =>
  !Object.getPrototypeOf(Object.getPrototypeOf(value ?? 0) ?? 0);

/**
 * `before` itself when `after` deep-equals it; else a copy of `after` in which equal parts are those of `before`. With
 * `exact` only the first case matters, and the second ends early. What JSON does not know is taken as it is.
 */
export function adopt(before: unknown, after: unknown, exact?: boolean, room = MAX_DEPTH): unknown {
  const isList = Array.isArray(after);
  if (!isList && !isPlain(after)) return after;
  if (!room--) throw Error('deeper than 128 levels');
  const old = (before ?? 0) as Fields;
  const next = (isList ? [...after] : { ...after }) as Fields;
  /** By how many elements a list is longer than it was, of those still to come. */
  let grown = Object.keys(next).length - Object.keys(old).length;
  let at = 0;
  let isSame = !grown && (isList ? Array.isArray(old) : isPlain(old));
  if (exact && !isSame) return next;
  for (const name in next) {
    while (isList && grown < 0 && adopt(old[at], next[name], true, room) !== old[at]) {
      grown++;
      at++;
    }
    const isNew = isList && grown > 0 && adopt(old[at], next[name], true, room) !== old[at];
    const part = adopt(
      isNew ? grown-- : isList ? old[at++] : Object.hasOwn(old, name) && old[name],
      next[name],
      exact,
      room,
    );
    isSame &&= part === old[name];
    // Also a field called `__proto__`: `next` has it as its own already.
    next[name] = part;
  }
  return isSame ? before : next;
}
