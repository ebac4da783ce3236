/**
 * Loggers. The engine guards every call: a logger that throws changes nothing.
 */

/** Where the engine writes what it does (`debug`) and what fails (`warn`, `error`). */
export interface Logger {
  debug(msg: string, extra?: unknown): void;
  warn(msg: string, extra?: unknown): void;
  error(msg: string, extra?: unknown): void;
}

/** Drops everything. */
export const noopLogger: Logger = { debug() {}, warn() {}, error() {} };

/** Writes to the console; debug lines only with `debug: true`. */
export function createConsoleLogger(options: { prefix?: string; debug?: boolean } = {}): Logger {
  const { prefix = '[state-sync]', debug = false } = options;
  const line =
    (level: keyof Logger) =>
    (msg: string, extra?: unknown): void =>
      extra === undefined ? console[level](prefix, msg) : console[level](prefix, msg, extra);
  return { debug: debug ? line('debug') : () => {}, warn: line('warn'), error: line('error') };
}

/** Adds `tags` to the `extra` of every line: merged into a plain object, beside anything else. */
export function tagLogger(base: Logger, tags: Record<string, unknown>): Logger {
  const tagged = (extra: unknown): unknown => {
    if (extra === undefined) return tags;
    const prototype = typeof extra === 'object' && extra ? Object.getPrototypeOf(extra) : undefined;
    return prototype === null || prototype === Object.prototype
      ? { ...tags, ...(extra as object) }
      : { ...tags, extra };
  };
  return {
    debug: (msg, extra) => base.debug(msg, tagged(extra)),
    warn: (msg, extra) => base.warn(msg, tagged(extra)),
    error: (msg, extra) => base.error(msg, tagged(extra)),
  };
}
