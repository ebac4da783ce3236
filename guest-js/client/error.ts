// Keeps nothing: the one error class an app sees, and how whatever a call rejects with becomes one.

import type { Revision, Topic } from '../core/index.ts';

/** Kinds the host answers with. */
export type HostErrorKind =
  | 'malformed-request'
  | 'invalid-topic'
  | 'invalid-page'
  | 'invalid-revision'
  | 'unknown-topic'
  | 'unknown-session'
  | 'superseded'
  | 'too-many-topics'
  | 'too-large'
  | 'unserializable'
  | 'invalid-value'
  | 'conflict'
  | 'read-only'
  | 'unsafe-integer'
  | 'invalid-patch'
  | 'unknown-action'
  | 'invalid-action'
  | 'action-refused'
  | 'reentrant'
  | 'panicked'
  | 'revision-exhausted'
  | 'storage'
  | 'saver-ended'
  | 'ending'
  | 'unreserved'
  | 'type-mismatch'
  | 'already-registered'
  | 'operation-reused'
  | 'bad-scope'
  | 'forbidden';

/** Kinds that are made on the page: no Tauri here, a call that took too long or got lost, nonsense, `stop`. */
export type PageErrorKind = 'not-in-tauri' | 'timeout' | 'transport' | 'protocol' | 'stopped';

export type StateSyncErrorKind = HostErrorKind | PageErrorKind;

/** What is known about an error beside its kind and text. */
export interface StateSyncErrorDetails {
  topic?: Topic;
  /** With `conflict`: the topic's current revision. */
  revision?: Revision;
  /** The part of the value that was refused, as `items[0].id`; `.` is the whole value. */
  path?: string;
  /** Trying the same again is pointless until something changes (`park`). */
  permanent?: boolean;
  cause?: unknown;
}

/**
 * Everything this package rejects with.
 *
 * ```ts
 * try { await settings.set(next, { base }); }
 * catch (error) { if (error instanceof StateSyncError && error.kind === 'conflict') retry(error.revision); }
 * ```
 */
export class StateSyncError extends Error {
  readonly kind: StateSyncErrorKind;
  readonly topic?: Topic;
  readonly revision?: Revision;
  readonly path?: string;
  readonly permanent: boolean;

  constructor(kind: StateSyncErrorKind, message: string, details: StateSyncErrorDetails = {}) {
    const name = details.topic === undefined ? '' : `"${details.topic}"`;
    const about = name === '' || message.includes(name) ? '' : ` ${name}`;
    super(
      `statesync${about}: ${message} [${kind}]`,
      details.cause === undefined ? undefined : { cause: details.cause },
    );
    this.name = 'StateSyncError';
    this.kind = kind;
    this.permanent = details.permanent ?? false;
    if (details.topic !== undefined) this.topic = details.topic;
    if (details.revision !== undefined) this.revision = details.revision;
    if (details.path !== undefined) this.path = details.path;
  }
}

/** Kinds for which the same call would fail in the same way again. */
const HOPELESS = new Set<string>([
  'forbidden',
  'bad-scope',
  'not-in-tauri',
  'malformed-request',
  'invalid-topic',
  'invalid-page',
  'invalid-revision',
  'too-many-topics',
]);

function sentence(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

/** An error a host sent, as the class. `parks`: it is the permanent answer about one topic (`park`). */
export function fromWireError(
  error: unknown,
  details: { topic?: Topic; parks?: boolean } = {},
): StateSyncError {
  const { kind, message, topic, revision, path } = error as Record<string, unknown>;
  return new StateSyncError(
    kind as StateSyncErrorKind,
    sentence(typeof message === 'string' && message !== '' ? message : 'the host refused'),
    {
      topic: typeof topic === 'string' ? topic : details.topic,
      revision: typeof revision === 'string' ? (revision as Revision) : undefined,
      path: typeof path === 'string' ? path : undefined,
      permanent: details.parks === true || HOPELESS.has(String(kind)),
      cause: error,
    },
  );
}

/** Whatever a call rejected with, as the class. */
export function toStateSyncError(error: unknown, topic?: Topic): StateSyncError {
  if (error instanceof StateSyncError) return error;
  if (typeof error === 'object' && error !== null && typeof (error as WithKind).kind === 'string') {
    return fromWireError(error, { topic });
  }
  const text = error instanceof Error ? error.message : String(error);
  // Tauri's access control refuses with a plain string, before the plugin sees the call.
  if (typeof error === 'string' && /not allowed/i.test(error)) {
    const advice =
      'Add statesync:default, or a narrower statesync permission, to the capability of this window.';
    return new StateSyncError('forbidden', `${sentence(text)} ${advice}`, {
      topic,
      permanent: true,
      cause: error,
    });
  }
  return new StateSyncError('transport', sentence(`the call failed: ${text}`), { topic, cause: error });
}

interface WithKind {
  kind?: unknown;
}
