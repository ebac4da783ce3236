/**
 * Revisions: canonical decimal strings that only grow, one counter a topic.
 *
 * Keeps every bit of a u64, which a JavaScript number would not. Loses nothing; a text that is not canonical
 * (sign, leading zero, blank, above u64::MAX) is refused rather than repaired.
 */

/** A named piece of state, for example `settings` or `cart:42`. */
export type Topic = string;

/** A u64 as canonical decimal text: `"0"`, `"42"`, up to `"18446744073709551615"`. */
export type Revision = string & { readonly __brand: 'Revision' };

/** The revision of a copy that has not been filled yet. No value ever has it. */
export const ZERO_REVISION = '0' as Revision;

/** Whether `value` is a revision exactly as the wire writes it. */
export function isCanonicalRevision(value: unknown): value is Revision {
  return (
    typeof value === 'string' &&
    /^(0|[1-9]\d*)$/.test(value) &&
    compareRevisions(value as Revision, '18446744073709551615' as Revision) <= 0
  );
}

/** Orders two canonical revisions: by length first, then as text. */
export function compareRevisions(a: Revision, b: Revision): -1 | 0 | 1 {
  if (a === b) return 0;
  return (a.length === b.length ? a < b : a.length < b.length) ? -1 : 1;
}
