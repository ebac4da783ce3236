// Keeps what the page said on its console and what went wrong in it unseen. Imported before anything that could speak.

export const warnings: string[] = [];
export const failures: string[] = [];

/** An error with its kind, or whatever else was thrown, as data for the test program. */
export function describe(error: unknown): { kind: string | null; message: string } {
  if (typeof error === 'object' && error !== null) {
    const { kind, message } = error as { kind?: unknown; message?: unknown };
    return { kind: typeof kind === 'string' ? kind : null, message: String(message ?? error) };
  }
  return { kind: null, message: String(error) };
}

const warn = console.warn;
console.warn = (...words: unknown[]) => {
  warnings.push(words.map(String).join(' '));
  warn.apply(console, words);
};
const complain = console.error;
console.error = (...words: unknown[]) => {
  failures.push(`console: ${words.map(String).join(' ')}`);
  complain.apply(console, words);
};
window.addEventListener('error', (event) => failures.push(`error: ${event.message}`));
window.addEventListener('unhandledrejection', (event) => {
  failures.push(`unhandled rejection: ${describe(event.reason).message}`);
});
