// Keeps the newest results of every page's writes, so that a repeated operation is answered with the first one. A write
// is checked from the outside in: scope, operation, what the topic allows, base, value; only then something changes.

import type {
  ActionAnswer,
  TopicRequest,
  TopicResult,
  WireError,
  WriteRequest,
  WriteResult,
} from '../client/wire.ts';
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

/** As many results as this are kept of a page (`bounded`). */
const MOST_OPERATIONS = 256;

export class MemoryWrites {
  readonly #around: WriteSurroundings;
  readonly #pages = new Map<string, Map<string, Settled>>();

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
      throw refusal('invalid-revision', `"${String(base)}" is no canonical revision`, { topic });
    }
    if (change.by === 'action') {
      if (!writer.callable(topic, change.name)) throw noAction(topic, change.name);
    } else if (!writer.writable(topic)) {
      throw this.#around.unknown(topic);
    }
    // A write that is repeated gets its first result, whatever became of the topic.
    const settled = this.#once(`${writer.window} ${request.page}`, operation, topic, () =>
      this.#change(topic, this.#isForeign(request) ? ZERO_REVISION : base, change),
    );
    if ('refused' in settled) throw this.#completed(writer, request, settled.refused);
    return this.#answer(writer, request, settled.done);
  }

  /** A base out of another life of the counters is no longer current, whatever its number (`epoch`). */
  #isForeign({ topic, base, topics = [] }: WriteRequest): boolean {
    const known = topics.find((one) => one.topic === topic)?.known;
    return base !== undefined && known !== undefined && known.epoch !== this.#around.host().epoch;
  }

  #once(page: string, operation: string, topic: Topic, write: () => Done): Settled {
    const operations = this.#pages.get(page) ?? new Map<string, Settled>();
    this.#pages.set(page, operations);
    const earlier = operations.get(operation);
    if (earlier !== undefined && earlier.topic !== topic) {
      throw refusal('operation-reused', `operation "${operation}" was used for another write already`, {
        topic,
      });
    }
    if (earlier !== undefined) return earlier;
    let settled: Settled;
    try {
      settled = { topic, done: write() };
    } catch (refused) {
      settled = { topic, refused: refused as WireError };
    }
    operations.set(operation, settled);
    const [oldest] = operations.keys();
    if (operations.size > MOST_OPERATIONS && oldest !== undefined) operations.delete(oldest);
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
      return this.#commit(topic, state, base, (current) =>
        afterAction(topic, name, (replace) => action(current as never, args as never, replace), current),
      );
    }
    if (state === undefined) throw unknown(topic);
    if (rules.isReadOnly(topic)) throw refusal('read-only', `windows can only read "${topic}"`, { topic });
    if (change.by === 'set') {
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
    const { path, message } = misfit;
    const text = `topic "${topic}" was not changed: the value does not fit its type at ${path}: ${message}`;
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
    throw refusal('invalid-patch', `topic "${topic}" was not changed: ${error.message}`, { topic });
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

function noAction(topic: Topic, name: string): WireError {
  const message = `topic "${topic}" has no action "${name}", or this window has no permission for it`;
  return refusal('unknown-action', message, { topic });
}
