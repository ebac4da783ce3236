// Keeps nothing: what the host will get of a value, taken now, or an error that names the part it cannot get. Loses what
// JSON loses: functions, `undefined` and symbols in objects are left out, NaN and the infinities become `null`.

import { MAX_DEPTH, pathText, tooDeepAt } from '../core/depth.ts';
import { echo } from '../core/echo.ts';
import type { Topic } from '../core/index.ts';
import { StateSyncError } from './error.ts';

/** Half of a surrogate pair as JSON writes it: the host's reader of JSON refuses the whole call. */
const ESCAPED_SURROGATE = /\\ud[89a-f]/;
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * A copy of what the host will get. Throws `invalid-value` for a value that is deeper than 128 levels or has half of a
 * surrogate pair in a text or key, and `unserializable` for what is no JSON; both with the path of the part.
 */
export function jsonOf(value: unknown, topic: Topic): unknown {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch (cause) {
    throw refusedFor(value, cause, topic);
  }
  if (text === undefined) {
    throw new StateSyncError('unserializable', `a ${typeof value} is not a JSON value.`, {
      topic,
      path: '.',
    });
  }
  const copy: unknown = JSON.parse(text);
  const deep = tooDeepAt(copy);
  if (deep !== undefined) throw tooDeep(deep, topic);
  if (!ESCAPED_SURROGATE.test(text)) return copy;
  const half = halfIn(copy);
  if (half === undefined) return copy;
  const path = pathText(half);
  throw new StateSyncError(
    'invalid-value',
    `the text at ${path} has half of a surrogate pair, which is no character. Send whole characters.`,
    { topic, path },
  );
}

function tooDeep(path: string, topic: Topic): StateSyncError {
  const message = `the value is deeper than ${MAX_DEPTH} levels at ${path}. Make it flatter, or split the topic.`;
  return new StateSyncError('invalid-value', message, { topic, path });
}

/** Where the first text or key with half of a pair is. */
function halfIn(value: unknown): string | undefined {
  if (typeof value === 'string') return LONE_SURROGATE.test(value) ? '' : undefined;
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [name, part] of Object.entries(value)) {
    const place = LONE_SURROGATE.test(name) ? '' : halfIn(part);
    if (place !== undefined) return step(value, name) + place;
  }
  return undefined;
}

const step = (container: object, name: string) => (Array.isArray(container) ? `[${name}]` : `.${name}`);

/** Why JSON cannot have a part of a value, and where that is. `deep` comes first on the way into a value without end. */
interface Flaw {
  kind: 'deep' | 'loop' | 'bigint' | 'threw';
  place: string;
  cause?: unknown;
}

function refusedFor(value: unknown, cause: unknown, topic: Topic): StateSyncError {
  const flaw = flawIn('', () => value, new Set());
  if (flaw === undefined) return new StateSyncError('unserializable', `${textOf(cause)}.`, { topic, cause });
  const path = pathText(flaw.place);
  if (flaw.kind === 'deep') return tooDeep(path, topic);
  const why = {
    loop: 'it contains itself',
    bigint: 'it is a BigInt: send a text',
    threw: textOf(flaw.cause),
  }[flaw.kind];
  const message = `the value at ${path} is not a JSON value: ${why}.`;
  return new StateSyncError('unserializable', message, { topic, path, cause: flaw.cause ?? cause });
}

/** The first flaw in the order of `JSON.stringify`, which has found that there is one. */
function flawIn(name: string, read: () => unknown, around: Set<object>): Flaw | undefined {
  try {
    let value = read();
    const { toJSON } = (value ?? {}) as { toJSON?: unknown };
    if (typeof toJSON === 'function' && typeof value !== 'string') value = toJSON.call(value, name);
    if (typeof value === 'bigint') return { kind: 'bigint', place: '' };
    if (typeof value !== 'object' || value === null) return undefined;
    if (around.has(value)) return { kind: 'loop', place: '' };
    if (around.size === MAX_DEPTH) return { kind: 'deep', place: '' };
    around.add(value);
    for (const key of Array.isArray(value) ? value.keys() : Object.keys(value)) {
      const container = value as Record<string, unknown>;
      const flaw = flawIn(String(key), () => container[key], around);
      if (flaw !== undefined) return { ...flaw, place: step(container, String(key)) + flaw.place };
    }
    around.delete(value);
    return undefined;
  } catch (cause) {
    return { kind: 'threw', place: '', cause };
  }
}

/** The text of anything that was thrown, cut; never throws itself. */
function textOf(cause: unknown): string {
  try {
    return echo(cause instanceof Error ? cause.message : String(cause));
  } catch {
    return 'it threw something without a text';
  }
}
