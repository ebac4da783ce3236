// Keeps nothing: runs an app's function on a value that nobody may mutate, and says what it changed. Loses nothing: what
// comes out is what the host will have, not what JSON cannot carry.

import { create } from 'mutative';
import type { Topic } from '../core/index.ts';
import { StateSyncError } from './error.ts';
import { isSame, patched } from './json.ts';
import { jsonOf } from './sendable.ts';
import type { PatchOperation } from './wire.ts';

/** A function for `update`, whatever it is about. */
export type AnyChange = (draft: never) => unknown;

/** What a function made of a value: a few parts of it are other ones, it is another value, or it is the same. */
export type Changed =
  | { by: 'patch'; operations: PatchOperation[]; value: unknown }
  | { by: 'value'; value: unknown }
  | { by: 'nothing' };

/** From here on a patch is compared with the whole value, and the shorter one is sent. */
const MANY_OPERATIONS = 100;

/**
 * Runs `change` on a draft of `base`. Throws what it throws, a `TypeError` when it both changes its draft and returns
 * something else, `unserializable` when it makes something that is no JSON, or makes it later, and `invalid-value` when it
 * makes something that the host would not take.
 */
export function changed(base: unknown, change: AnyChange, topic: Topic): Changed {
  const run = change as (draft: unknown) => unknown;
  if (typeof base !== 'object' || base === null) {
    const value = run(base);
    return value === undefined ? { by: 'nothing' } : whole(base, returned(value, topic));
  }
  // What is returned is copied while the drafts in it are still alive.
  let answer: { value: unknown } | undefined;
  let isDone = false;
  const drafted = () =>
    create(
      base,
      (draft) => {
        const value = run(draft);
        if (value !== undefined && value !== draft) answer = { value: returned(value, topic) };
        isDone = true;
      },
      { enablePatches: { pathAsArray: false, arrayLengthAssignment: false } },
    );
  let made: ReturnType<typeof drafted>;
  try {
    made = drafted();
  } catch (cause) {
    if (!isDone) throw cause; // the function's own
    const why = 'what the function made of the value contains itself, or is too deep.';
    throw new StateSyncError('invalid-value', why, { topic, cause });
  }
  const [state, patches] = made;
  if (answer !== undefined) {
    // An arrow function like `(draft) => draft.count++` returns what nobody meant to be the new value.
    if (patches.length > 0)
      throw new TypeError('statesync: change the draft or return another value, not both');
    return whole(base, answer.value);
  }
  if (patches.length === 0) return { by: 'nothing' };
  // A field that was set to `undefined` is one that JSON leaves out: no patch says so.
  if (patches.some(({ op, value }) => op !== 'remove' && value === undefined)) {
    return whole(base, jsonOf(state, topic));
  }
  if (patches.length > MANY_OPERATIONS && lengthOf(patches) > lengthOf(state)) {
    return whole(base, jsonOf(state, topic));
  }
  try {
    const operations = jsonOf(patches, topic) as PatchOperation[];
    const value = patched(base, operations);
    return isSame(base, value) ? { by: 'nothing' } : { by: 'patch', operations, value };
  } catch {
    // No patch that can be sent. Where the value cannot either, the error names the place in it.
    return whole(base, jsonOf(state, topic));
  }
}

/** The value after `change`; what a page shows before the host has answered. */
export function preview(base: unknown, change: AnyChange, topic: Topic): unknown {
  const result = changed(base, change, topic);
  return result.by === 'nothing' ? base : result.value;
}

function returned(value: unknown, topic: Topic): unknown {
  if (typeof thenOf(value) === 'function') {
    throw new StateSyncError('unserializable', 'the function of an update must return at once, not later.', {
      topic,
    });
  }
  return jsonOf(value, topic);
}

function thenOf(value: unknown): unknown {
  try {
    return (value as { then?: unknown } | null)?.then;
  } catch {
    return undefined; // `jsonOf` says where it throws
  }
}

function whole(base: unknown, value: unknown): Changed {
  return isSame(base, value) ? { by: 'nothing' } : { by: 'value', value };
}

function lengthOf(value: unknown): number {
  return JSON.stringify(value).length;
}
