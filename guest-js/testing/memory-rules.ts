// Keeps what an app's Rust would know about the types of its topics: which ones windows may only read, what fits a
// topic, what becomes of a value, and the named actions. Outlives the topics themselves.

import type { Topic } from '../core/index.ts';

/** Why a value does not fit: `path` as in `items[0].name`, `.` for the whole value. */
export interface Misfit {
  path: string;
  message: string;
}

/** Says what is wrong with a value that a window wants to write; `undefined`: nothing. */
export type Validate<T> = (value: T) => Misfit | undefined;

/** What Rust makes of a value that a window wrote: fills in defaults, drops what it does not know. */
export type Normalize<T> = (value: T) => unknown;

/**
 * A named action. Changes `value` in place, or calls `replace` with another one; what it returns is the result. A throw
 * is a refusal: nothing changes.
 */
export type Action<T, Args> = (value: T, args: Args, replace: (next: T) => void) => unknown;

/** Any of them: values are known to be right only by who calls it. */
type AnyAction = (value: never, args: never, replace: (next: unknown) => void) => unknown;

/** Whether a topic is one of a family with a pattern such as `cart:{id}`; a pattern without a placeholder has none. */
function isMember(topic: Topic, pattern: string): boolean {
  const [prefix = '', rest] = pattern.split('{');
  if (rest === undefined) return false;
  const suffix = rest.slice(rest.indexOf('}') + 1);
  return topic.length > prefix.length + suffix.length && topic.startsWith(prefix) && topic.endsWith(suffix);
}

/** Rules for topics and families. A topic's own rule wins over its family's. */
class Rules<R> {
  readonly #rules = new Map<string, R>();

  add(target: string, rule: R): void {
    this.#rules.set(target, rule);
  }

  of(topic: Topic): R | undefined {
    const own = this.#rules.get(topic);
    if (own !== undefined) return own;
    for (const [target, rule] of this.#rules) if (isMember(topic, target)) return rule;
    return undefined;
  }
}

export class MemoryRules {
  readonly #readOnly = new Set<Topic>();
  readonly validations = new Rules<Validate<never>>();
  readonly normalizations = new Rules<Normalize<never>>();
  readonly #actions = new Map<string, Rules<AnyAction>>();

  setReadOnly(topic: Topic, readOnly: boolean): void {
    if (readOnly) this.#readOnly.add(topic);
    else this.#readOnly.delete(topic);
  }

  isReadOnly(topic: Topic): boolean {
    return this.#readOnly.has(topic);
  }

  addAction(target: string, name: string, action: AnyAction): void {
    const known = this.#actions.get(name) ?? new Rules<AnyAction>();
    this.#actions.set(name, known);
    known.add(target, action);
  }

  actionOf(topic: Topic, name: string): AnyAction | undefined {
    return this.#actions.get(name)?.of(topic);
  }
}
