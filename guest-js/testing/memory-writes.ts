// Keeps the last operation of every page and topic with its result, so that a repeated one is answered with it, and which
// older ids are used. A write is checked from the outside in: scope, operation, what the topic allows, base, value; only then
// something changes. A window that may write a topic and not read it learns nothing but whether its own value fits.

import type {
  ActionAnswer,
  TopicRequest,
  TopicResult,
  WireError,
  WriteRequest,
  WriteResult,
} from '../client/wire.ts';
import { isActionName, MAX_TOPICS } from '../client/wire.ts';
import { MAX_DEPTH, tooDeepAt } from '../core/depth.ts';
import { echo, quoted } from '../core/echo.ts';
import { isCanonicalRevision, type Revision, type Topic, ZERO_REVISION } from '../core/index.ts';
import { copyOf, PatchFailure, patched, sameJson, unsafeIntegerIn } from './memory-json.ts';
import type { MemoryRules } from './memory-rules.ts';
import type { MemorySessions } from './memory-sessions.ts';
import { type MemoryTopics, refusal, textOf } from './memory-topics.ts';

/** What a page wants to be done to a topic. */
export type Change =
  | { by: 'set'; value: unknown }
  | { by: 'patch'; operations: unknown }
  | { by: 'action'; name: string; args: unknown };

/** Who writes, and what it may do (`scope-at-every-read`). */
export interface Writer {
  window: string;
  readable: (topic: Topic) => boolean;
  writable: (topic: Topic) => boolean;
  callable: (topic: Topic, action: string) => boolean;
}

/** What the host as a whole lends to its writes. */
export interface WriteSurroundings {
  rules: MemoryRules;
  /** The host's present life. */
  host: () => { topics: MemoryTopics; sessions: MemorySessions; epoch: string };
  /** What a pull would answer, except that it is not counted as one. */
  cut: (topics: TopicRequest[], readable: (topic: Topic) => boolean) => TopicResult[];
  unknown: (topic: Topic) => WireError;
}

/** `sentIsStored`: the page can compute the value itself; after a patch only from the revision it was applied to. */
interface Done {
  before: Revision;
  revision: Revision;
  sentIsStored: 'set' | 'patch' | undefined;
  result: unknown;
}

/** What a topic becomes. */
interface Made {
  stored: unknown;
  sentIsStored?: Done['sentIsStored'];
  result?: unknown;
}

type Settled = { topic: Topic } & ({ done: Done } | { refused: WireError });

/** As many ids of operations as this are known as used, of each page (`bounded`). */
const MOST_OPERATIONS = 65_536;

/** What is kept of a page: its last operation of each topic, and the ids it has used. */
interface PageLog {
  last: Map<Topic, { operation: string; settled: Settled }>;
  used: Set<string>;
}

export class MemoryWrites {
  readonly #around: WriteSurroundings;
  readonly #pages = new Map<string, PageLog>();

  constructor(around: WriteSurroundings) {
    this.#around = around;
  }

  /** As if the process had been started again. */
  forget(): void {
    this.#pages.clear();
  }

  run(writer: Writer, request: WriteRequest, change: Change): ActionAnswer {
    const { topic, operation, base } = request;
    if (operation === '' || operation.length > 64) {
      throw refusal('malformed-request', 'operation: use 1 to 64 bytes');
    }
    if (base !== undefined && !isCanonicalRevision(base)) {
      throw refusal('invalid-revision', `${quoted(base)} is no canonical revision`, { topic });
    }
    const isBlind = !writer.readable(topic);
    if (change.by === 'action') {
      if (!isActionName(change.name)) {
        throw refusal('invalid-action', `${quoted(change.name)} is no name of an action`, { topic });
      }
      if (!writer.callable(topic, change.name)) throw noAction(topic, change.name);
    } else if (!writer.writable(topic) || (change.by === 'patch' && isBlind)) {
      throw this.#around.unknown(topic);
    }
    // A write that is repeated gets its first result, whatever became of the topic.
    const settled = this.#once(`${writer.window} ${request.page}`, operation, topic, () =>
      this.#change(
        topic,
        base !== undefined && (isBlind || this.#isForeign(request)) ? ZERO_REVISION : base,
        change,
      ),
    );
    if ('refused' in settled) {
      throw isBlind ? blinded(settled.refused, change) : this.#completed(writer, request, settled.refused);
    }
    const answer = this.#answer(writer, request, settled.done);
    return isBlind ? { ...answer, revision: ZERO_REVISION } : answer;
  }

  /** A base out of another life of the counters is no longer current, whatever its number (`epoch`). */
  #isForeign({ topic, base, topics = [] }: WriteRequest): boolean {
    const stated = topics.find((one) => one.topic === topic)?.known;
    const known = stated !== undefined && isEpoch(stated.epoch) ? stated : undefined;
    return base !== undefined && known !== undefined && known.epoch !== this.#around.host().epoch;
  }

  #once(page: string, operation: string, topic: Topic, write: () => Done): Settled {
    const log: PageLog = this.#pages.get(page) ?? { last: new Map(), used: new Set() };
    this.#pages.set(page, log);
    const last = log.last.get(topic);
    if (last?.operation === operation) return last.settled;
    if (log.used.has(operation)) {
      const message = `operation "${operation}" was used already: give each write an id of its own`;
      throw refusal('operation-reused', message, { topic });
    }
    let settled: Settled;
    try {
      settled = { topic, done: write() };
    } catch (refused) {
      settled = { topic, refused: refused as WireError };
    }
    log.last.set(topic, { operation, settled });
    dropOldest(log.last, MAX_TOPICS);
    log.used.add(operation);
    dropOldest(log.used, MOST_OPERATIONS);
    return settled;
  }

  /** The checks in the order of the core: a value is read before its base counts, a patch only after it. */
  #change(topic: Topic, base: Revision | undefined, change: Change): Done {
    const { rules, unknown } = this.#around;
    const state = this.#around.host().topics.find(topic);
    if (change.by === 'action') {
      const action = rules.actionOf(topic, change.name);
      if (state === undefined || action === undefined) throw noAction(topic, change.name);
      const { name, args } = change;
      demandDepth(topic, args);
      return this.#commit(topic, state, base, (current) =>
        afterAction(topic, name, (replace) => action(current as never, args as never, replace), current),
      );
    }
    if (state === undefined) throw unknown(topic);
    if (rules.isReadOnly(topic)) throw refusal('read-only', `windows can only read "${topic}"`, { topic });
    if (change.by === 'set') {
      demandDepth(topic, change.value);
      this.#validate(topic, change.value);
      return this.#commit(topic, state, base, () => this.#normalized(topic, change.value, 'set'));
    }
    return this.#commit(topic, state, base, (current) => {
      const sent = afterPatch(topic, current, change.operations);
      this.#validate(topic, sent);
      return this.#normalized(topic, sent, 'patch');
    });
  }

  #commit(
    topic: Topic,
    state: { text: string; revision: bigint },
    base: Revision | undefined,
    make: (current: unknown) => Made,
  ): Done {
    const before = textOf(state.revision);
    if (base !== undefined && base !== before) {
      const message = `topic "${topic}" is at revision ${before} by now`;
      throw refusal('conflict', message, { topic, revision: before });
    }
    const { stored, result = null, sentIsStored } = make(JSON.parse(state.text));
    demandDepth(topic, stored);
    const unsafe = unsafeIntegerIn(stored);
    if (unsafe !== undefined) {
      const message = `topic "${topic}" was not changed: the integer at ${unsafe} is not exact in JavaScript`;
      throw refusal('unsafe-integer', message, { topic, path: unsafe });
    }
    const revision = this.#around.host().topics.write({ [topic]: stored })[topic] as Revision;
    return { before, revision, sentIsStored, result };
  }

  #validate(topic: Topic, sent: unknown): void {
    const misfit = this.#around.rules.validations.of(topic)?.(copyOf(sent) as never);
    if (misfit === undefined) return;
    const [path, why] = [echo(misfit.path), echo(misfit.message)];
    const text = `topic "${topic}" was not changed: the value does not fit its type at ${path}: ${why}`;
    throw refusal('invalid-value', text, { topic, path });
  }

  /** What Rust's type would make of a value from a window. */
  #normalized(topic: Topic, sent: unknown, by: 'set' | 'patch'): Made {
    const normalize = this.#around.rules.normalizations.of(topic);
    if (normalize === undefined) return { stored: sent, sentIsStored: by };
    const stored = copyOf(normalize(copyOf(sent) as never));
    return { stored, sentIsStored: sameJson(stored, sent) ? by : undefined };
  }

  /** The session's own cut after the commit; the value itself stays away where the page can compute it. */
  #answer(writer: Writer, request: WriteRequest, done: Done): ActionAnswer {
    const { sessions, epoch } = this.#around.host();
    const { page, generation, topic } = request;
    const { before, revision, sentIsStored, result } = done;
    const session = sessions.find(writer.window, page, generation);
    const wanted = session === undefined ? [] : (request.topics ?? []);
    const readable = (name: Topic) => session?.topics.has(name) === true && session.readable(name);
    const known = wanted.find((one) => one.topic === topic)?.known;
    const computable =
      sentIsStored === 'set' ||
      (sentIsStored === 'patch' && known?.epoch === epoch && known.revision === before);
    const results = this.#around.cut(wanted, readable).map((one): WriteResult => {
      const isOwn = one.topic === topic && 'data' in one && one.revision === revision;
      return isOwn && computable ? { topic, revision, written: true } : one;
    });
    return { epoch, revision, results, result };
  }

  /** A conflict shows what is current now to a page whose session has the topic. */
  #completed(writer: Writer, request: WriteRequest, refused: WireError): WireError {
    const { topics, sessions, epoch } = this.#around.host();
    const state = topics.find(request.topic);
    if (refused.kind !== 'conflict' || state === undefined) return refused;
    const session = sessions.find(writer.window, request.page, request.generation);
    const readable = session?.topics.has(request.topic) && session.readable(request.topic);
    if (!readable) return refused;
    const revision = textOf(state.revision);
    return { ...refused, revision, epoch, data: JSON.parse(state.text) };
  }
}

function afterPatch(topic: Topic, current: unknown, operations: unknown): unknown {
  try {
    return patched(current, operations);
  } catch (error) {
    if (!(error instanceof PatchFailure)) throw error;
    const details = error.path === undefined ? { topic } : { topic, path: error.path };
    throw refusal('invalid-patch', `topic "${topic}" was not changed: ${error.message}`, details);
  }
}

function afterAction(
  topic: Topic,
  name: string,
  run: (replace: (next: unknown) => void) => unknown,
  current: unknown,
): Made {
  let stored = current;
  const replace = (next: unknown) => {
    stored = next;
  };
  try {
    return { result: copyOf(run(replace)) ?? null, stored: copyOf(stored) };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw refusal('action-refused', `action "${name}" changed nothing in topic "${topic}": ${why}`, {
      topic,
    });
  }
}

function demandDepth(topic: Topic, value: unknown): void {
  const path = tooDeepAt(value);
  if (path === undefined) return;
  const message = `topic "${topic}" was not changed: the value is deeper than ${MAX_DEPTH} levels at ${path}`;
  throw refusal('invalid-value', message, { topic, path });
}

/** What a window that may not read the topic hears of a refusal: of its own value all, of the topic's nothing. */
function blinded(refused: WireError, change: Change): WireError {
  const { kind, topic } = refused;
  if (kind === 'conflict') {
    const message = `topic "${topic}" was not changed: the base is not current`;
    return { kind, message, topic, revision: ZERO_REVISION };
  }
  if (change.by === 'set' || kind === 'unknown-action') return refused;
  return { kind, message: `action "${change.by === 'action' && change.name}" was refused`, topic };
}

/** A longer one is nothing that this host has ever said. */
function isEpoch(epoch: string): boolean {
  return new TextEncoder().encode(epoch).length <= 128;
}

function dropOldest<K>(
  from: { size: number; keys(): Iterator<K>; delete(key: K): unknown },
  most: number,
): void {
  if (from.size > most) from.delete(from.keys().next().value as K);
}

function noAction(topic: Topic, name: string): WireError {
  const message = `topic "${topic}" has no action "${name}", or this window has no permission for it`;
  return refusal('unknown-action', message, { topic });
}
