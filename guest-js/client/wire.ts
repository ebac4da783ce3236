// Keeps nothing: the shapes that travel between a page and Rust, and the checks a page makes before it believes
// an answer or a signal. What the other side sends is data of unknown shape until it passed one of these checks.

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

export interface SetRequest {
  page: string;
  operation: string;
  topic: Topic;
  base?: Revision;
}

export interface WireError {
  kind: string;
  message: string;
  topic?: Topic;
  revision?: Revision;
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

/** Whether a text is a topic name: 1 to 128 bytes of `[A-Za-z0-9_:/.-]`. */
export function isTopicName(value: unknown): value is Topic {
  return typeof value === 'string' && value.length <= MAX_TOPIC_LENGTH && /^[A-Za-z0-9_:/.-]+$/.test(value);
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

/** The revision of a `set` answer or a plain snapshot. */
export function readRevision(value: unknown): Revision {
  const revision = isRecord(value) ? value.revision : undefined;
  if (!isCanonicalRevision(revision)) {
    throw malformed(`Non-canonical snapshot revision ${JSON.stringify(revision)}`);
  }
  return revision;
}
