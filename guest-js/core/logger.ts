/**
 * Loggers. The engine guards every call: a logger that throws changes nothing.
 */

/** Where the engine writes what it does (`debug`) and what fails (`warn`, `error`). */
export interface Logger {
  debug(msg: string, extra?: unknown): void;
  warn(msg: string, extra?: unknown): void;
  error(msg: string, extra?: unknown): void;
}

const eachLevel = (line: (level: keyof Logger) => Logger['debug']): Logger => ({
  debug: line('debug'),
  warn: line('warn'),
  error: line('error'),
});

/** Drops everything. */
export const noopLogger: Logger = eachLevel(() => () => {});

/** Writes to the console; debug lines only with `debug: true`. */
export function createConsoleLogger({
  prefix = '[state-sync]',
  debug,
}: {
  prefix?: string;
  debug?: boolean;
} = {}): Logger {
  return eachLevel((level) => (msg, ...extra) => {
    if (debug || level !== 'debug') console[level](prefix, msg, ...extra);
  });
}

/** Adds `tags` to the `extra` of every line: merged into a plain object, beside anything else. */
export function tagLogger(base: Logger, tags: Record<string, unknown>): Logger {
  return eachLevel(
    (level) => (msg, extra) =>
      base[level](msg, {
        ...tags,
        ...(extra === undefined || extra?.constructor === Object ? extra : { extra }),
      }),
  );
}
