/** What the two windows show; `src/main.rs` has the same shape. */
export interface Note {
  text: string;
  count: number;
}

/** The text the left window writes in the end. */
export const WRITTEN = 'written by a window';
/** How often Rust counts before that. */
export const COUNTED = 100;
