// Every limit of window-side persistence that is not an option (`bounded`).

/** The first pause after a save that failed; pauses double up to the longest. */
export const FIRST_RETRY_MS = 500;
export const LONGEST_RETRY_MS = 30_000;

/** After so many failures in a row a pending save waits for the next apply or `flush()`. */
export const MAX_RETRIES = 10;

/** Without throttling, `apply()` waits this long for its save, so that a slow storage never holds the engine up. */
export const SAVE_WAIT_MS = 2_000;

/** A storage that takes longer to give the preview does not hold up the first pull. */
export const PREVIEW_WAIT_MS = 1_000;

/** Snapshots a memory backend remembers for `getSavedSnapshots()`. */
export const MAX_REMEMBERED = 1_000;

/** Steps a migration may have. */
export const MAX_MIGRATIONS = 10_000;
