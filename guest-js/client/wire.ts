// Keeps nothing: the shapes that travel between a page and Rust, and the checks a page makes before it believes
// an answer or a signal. What the other side sends is data of unknown shape until it passed one of these checks.

import { MAX_DEPTH, tooDeepAt } from '../core/depth.ts';
import { quoted } from '../core/echo.ts';
import { isCanonicalRevision, type Revision, type Topic } from '../core/index.ts';
import { StateSyncError } from './error.ts';

/** What the page has of a topic. */
export interface Known {
  epoch: string;
  revision: Revision;
}

export interface TopicRequest {
  topic: Topic;
  known?: Known;
}

/** The complete set of topics wanted from now on (`whole-set`); an empty one ends the session. */
export interface SubscribeRequest {
  page: string;
  generation: number;
  topics: TopicRequest[];
}

/** `seen` is the highest signal number received in this generation; no topics: it only acknowledges. */
export interface PullRequest extends SubscribeRequest {
  seen: number;
}

/** A write of the page. `topics` is what a pull of its session would name: the answer's cut is over them. */
export interface WriteRequest {
  page: string;
  generation: number;
  operation: string;
  topic: Topic;
  /** The revision the write is based on: `conflict` when it is no longer current. */
  base?: Revision;
  topics?: TopicRequest[];
}

/** A write by a function of the host that has a name. */
export interface ActionRequest extends WriteRequest {
  action: string;
}

/** One step of a JSON Patch (RFC 6902). Paths are JSON Pointers: `/items/0/title`, `/items/-`, `` for the whole. */
export type PatchOperation =
  | { op: 'add' | 'replace' | 'test'; path: string; value: unknown }
  | { op: 'remove'; path: string }
  | { op: 'move' | 'copy'; from: string; path: string };

/**
 * What the host says went wrong. `revision`, and `epoch` and `data` where the page may read the topic, come with
 * `conflict`: its current snapshot. `path` names the part of a value that was refused.
 */
export interface WireError {
  kind: string;
  message: string;
  topic?: Topic;
  revision?: Revision;
  path?: string;
  epoch?: string;
  data?: unknown;
}

export type TopicResult =
  | { topic: Topic; revision: Revision; data: unknown }
  | { topic: Topic; revision: Revision; unchanged: true }
  | { topic: Topic; error: WireError };

/** One consistent cut (`one-cut`) over the topics a call named. */
export interface PullAnswer {
  epoch: string;
  results: TopicResult[];
}

/** `written`: at `revision` the data is what the page can compute by itself from what it sent. */
export type WriteResult = TopicResult | { topic: Topic; revision: Revision; written: true };

/**
 * `revision` is the one the write minted, also when an operation is repeated. `results` are one consistent cut
 * (`one-cut`) taken after the commit; none when the page has no session.
 */
export interface WriteAnswer {
  epoch: string;
  revision: Revision;
  results: WriteResult[];
}

/** What an action answers: a write's answer and whatever the function returned. */
export interface ActionAnswer extends WriteAnswer {
  result: unknown;
}

export interface SignalTopic {
  topic: Topic;
  revision: Revision;
}

/** A message on a session's Channel. `all`: too many topics to name, pull everything. */
export interface Signal {
  number: number;
  topics: SignalTopic[];
  all?: boolean;
}

/** What `inspect` answers: the host's own view of its topics and sessions. */
export interface Inspection {
  epoch: string;
  topics: { topic: Topic; revision: Revision; bytes: number | null; subscribers: number }[];
  sessions: {
    page: string;
    generation: number;
    window: string;
    topics: { topic: Topic; known: Revision | null; signalled: Revision; lag: number }[];
    unacknowledged: { number: number; attempts: number } | null;
  }[];
  counters: {
    updates: number;
    signals: number;
    resends: number;
    pulls: number;
    snapshots: number;
    unchanged: number;
    denied: number;
    dropped: number;
  };
}

/** Longest topic name, in bytes; every allowed character is one byte. */
export const MAX_TOPIC_LENGTH = 128;
/** Most topics one page may want at a time (`bounded`). */
export const MAX_TOPICS = 1024;
/**
 * What one patch may cost: each element of a list that an `add`, `remove` or `move` shifts, and each part that a `move` or
 * `copy` takes along.
 */
export const MAX_PATCH_WORK = 2 ** 24;

/** Whether a text is a topic name: 1 to 128 bytes of `[A-Za-z0-9_:/.-]`. */
export function isTopicName(value: unknown): value is Topic {
  return typeof value === 'string' && value.length <= MAX_TOPIC_LENGTH && /^[A-Za-z0-9_:/.-]+$/.test(value);
}

/** Whether a text is the name of an action: 1 to 64 bytes of `[A-Za-z0-9_.-]`. */
export function isActionName(value: unknown): value is string {
  return typeof value === 'string' && /^[A-Za-z0-9_.-]{1,64}$/.test(value);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function malformed(what: string): StateSyncError {
  return new StateSyncError('protocol', `the host's answer is malformed: ${what}`);
}

/** Only the envelope is checked here: a result's revision and data are the engine's business. */
export function readPullAnswer(value: unknown): PullAnswer {
  if (!isRecord(value)) throw malformed('it is not an object');
  if (typeof value.epoch !== 'string' || value.epoch === '') throw malformed('it names no epoch');
  if (!Array.isArray(value.results)) throw malformed('it has no list of results');
  for (const result of value.results) {
    if (!isRecord(result) || typeof result.topic !== 'string') throw malformed('a result names no topic');
  }
  return value as unknown as PullAnswer;
}

/** Only the envelope is checked, as in {@link readPullAnswer}. */
export function readWriteAnswer<A extends WriteAnswer>(value: A): A {
  readPullAnswer(value);
  readRevision(value);
  return value;
}

/** `undefined` when the message is no signal at all. Topics that make no sense are left out. */
export function readSignal(value: unknown): Signal | undefined {
  if (!isRecord(value) || !Array.isArray(value.topics)) return undefined;
  if (!Number.isSafeInteger(value.number) || (value.number as number) < 1) return undefined;
  return {
    number: value.number as number,
    topics: value.topics.filter(
      (entry): entry is SignalTopic =>
        isRecord(entry) && typeof entry.topic === 'string' && isCanonicalRevision(entry.revision),
    ),
    all: value.all === true,
  };
}

/** Data of the host that is not too deep for a page. A deeper one stays wrong until there is news of the topic (`park`). */
export function readData(data: unknown, topic: Topic): unknown {
  const path = tooDeepAt(data);
  if (path === undefined) return data;
  const message = `the host's value is deeper than ${MAX_DEPTH} levels at ${path}: it is not used.`;
  throw new StateSyncError('protocol', message, { topic, path, permanent: true });
}

/** The revision of a write's answer or of a plain snapshot. */
export function readRevision(value: unknown): Revision {
  const revision = isRecord(value) ? value.revision : undefined;
  if (!isCanonicalRevision(revision)) {
    throw malformed(`Non-canonical snapshot revision ${quoted(revision)}`);
  }
  return revision;
}
