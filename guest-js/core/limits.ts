/**
 * Every limit of the engine that is not an option, and the defaults of those that are (`bounded`).
 */

/** Limit of every subscribe, getSnapshot and apply, unless `timeoutMs` says otherwise. */
export const CALL_LIMIT_MS = 10_000;

/** The first wait after a failure, and after a signal that throttling swallowed. */
export const FIRST_PAUSE_MS = 100;

/** Waits double up to this. */
export const LONGEST_PAUSE_MS = 10_000;

/** Pulls that a target nothing ever reaches may cost. After so many in a row, each further one costs one, with a longer pause. */
export const MAX_MISSES = 5;

/** No option that is a duration may be as long (about a day); ten times as long still fits a timer. */
export const LONGEST_MS = 1e8;
