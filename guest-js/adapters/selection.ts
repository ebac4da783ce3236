// Keeps the last result of one selector; loses the ones before. A result that is equal to the one before is that very
// object again, part by part, so a selector may build a new object around unchanged parts.

import { share } from '../core/share.ts';

/** Takes out of a topic's value what a component shows. */
export type Selector<T, R> = (value: T) => R;

/** Whether two results are the same to whoever shows them. */
export type IsEqual<R> = (before: R, after: R) => boolean;

/**
 * The selector's result for a value, computed once for each value. `before` is a result to keep the identity of when
 * this is the first one of a new selector.
 */
export function createSelection<T, R>(
  selector: Selector<T, R> | undefined,
  isEqual: IsEqual<R> = Object.is,
): (value: T, before?: R) => R {
  let last: { value: T; result: R } | undefined;
  return (value, before) => {
    if (last === undefined || !Object.is(last.value, value)) {
      const result = selector === undefined ? (value as unknown as R) : selector(value);
      const previous = last === undefined ? before : last.result;
      last = { value, result: previous === undefined ? result : settle(previous, result, isEqual) };
    }
    return last.result;
  };
}

function settle<R>(before: R, after: R, isEqual: IsEqual<R>): R {
  const shared = share(before, after) as R;
  return isEqual(before, shared) ? before : shared;
}
