/**
 * Texts of errors that repeat what somebody gave: short, whatever that was.
 */

/** A text in an error that echoes input has at most so many bytes. */
const MAX_ECHO_BYTES = 200;

/** The text, cut to 200 bytes at a character, with `…` behind it. */
export function echo(text: string): string {
  // No UTF-16 unit takes more than three bytes.
  if (3 * text.length <= MAX_ECHO_BYTES) return text;
  const { read } = new TextEncoder().encodeInto(text, new Uint8Array(MAX_ECHO_BYTES));
  return read === text.length ? text : `${text.slice(0, read)}…`;
}

/** Any value as a text for an error; never throws. */
export function quoted(value: unknown): string {
  try {
    return echo(typeof value === 'string' ? JSON.stringify(value) : String(value));
  } catch {
    return `a ${typeof value}`;
  }
}
