// Keeps which writes the core has refused, and as what, and each page's last one of a topic. Works out what a write from a
// page has to make of a topic, and holds what the core did and answered against it: nothing or all of it, once, on the
// right base, and never more than it says.

import type { Answers } from './answers.ts';
import {
  type Command,
  type Document,
  type HostError,
  type Operation,
  type Place,
  type Result,
  readable,
} from './host.ts';
import type { Session, Sessions, TopicRequest } from './sessions.ts';
import { type Commit, hasJson, isSame, normalized, type Truth } from './truth.ts';
import type { World } from './world.ts';

export interface WriteRequest {
  page: string;
  generation: number;
  operation: string;
  topic: string;
  base?: string;
  topics?: TopicRequest[];
  action?: string;
}

/** What a page sends. */
export type Message =
  | { do: 'set'; request: WriteRequest; value: unknown }
  | { do: 'patch'; request: WriteRequest; patch: readonly Operation[] }
  | { do: 'action'; request: WriteRequest; args: unknown };

export interface WriteAnswer {
  epoch: string;
  revision: string;
  results: { topic: string; revision?: string; unchanged?: true; error?: unknown }[];
  result?: unknown;
}

/** The name a write has everywhere. */
export function stampOf(message: Message): number {
  if (message.do === 'set') return (message.value as Document).stamp;
  if (message.do === 'action') return (message.args as { stamp: number }).stamp;
  const naming = message.patch.find(({ path }) => path === '/stamp') as { value: number } | undefined;
  return naming?.value ?? -1;
}

export class Writes {
  readonly #world: World;
  readonly #truth: Truth;
  readonly #sessions: Sessions;
  readonly #answers: Answers;
  /** As what kind, by operation. */
  readonly #refused = new Map<string, string>();
  /** The last operation of a page and topic that came to something: what is older is not answered again. */
  readonly #last = new Map<string, string>();

  constructor(world: World, truth: Truth, sessions: Sessions, answers: Answers) {
    this.#world = world;
    this.#truth = truth;
    this.#sessions = sessions;
    this.#answers = answers;
  }

  /** Has the core do it, and checks everything about it. */
  execute(at: Place, message: Message, run: (command: Command) => Result): Result {
    const { page, generation, topic, operation } = message.request;
    const before = this.#truth.now(topic);
    const found = this.#sessions.find(at.window, page);
    const session = found?.generation === generation ? found : undefined;
    const result = run({ ...message, at });
    const writer = `${this.#truth.life} ${at.window} ${page}`;
    const key = `${writer} ${operation}`;
    const kind = 'error' in result ? result.error.kind : 'ok';
    const last = this.#last.get(`${writer} ${topic}`) === key;
    const refusal = this.#refused.get(key);
    const earlier = this.#truth.committed(stampOf(message));
    const may = readable(at, topic);
    if (may && (earlier !== undefined || refusal !== undefined)) {
      this.#world.faults.count('writeRepeated');
      // What never came to something is not the last of anything, and is refused as it was.
      const again = last || (refusal !== undefined && isUnknown(refusal));
      const wanted = refusal ?? 'ok';
      // An older one is answered as long as its result is kept, and never made again.
      if (kind !== wanted && (again || kind !== 'operation-reused'))
        this.#broken('once', topic, `a repeated write is ${kind}, not ${wanted}`);
      if ('error' in result) this.#checkConflict(topic, session, result.error);
      else if (earlier !== undefined) this.#repeated(at, message, earlier, session, result.ok as WriteAnswer);
      return result;
    }
    if (before === undefined || !may) {
      const wanted = message.do === 'action' ? 'unknown-action' : 'unknown-topic';
      if (kind !== wanted) this.#broken('scope-at-every-read', topic, `it was written: ${kind}`);
    } else if ('ok' in result) {
      const commit = this.#done(message, before, result.ok as WriteAnswer);
      this.#answer(at, message, commit, session, result.ok as WriteAnswer);
    } else {
      this.#checkRefusal(message, before, result.error);
      this.#checkConflict(topic, session, result.error);
    }
    if (may && kind !== 'ok') this.#refused.set(key, kind);
    if (may && !isUnknown(kind)) this.#last.set(`${writer} ${topic}`, key);
    return result;
  }

  #repeated(
    at: Place,
    message: Message,
    earlier: Commit,
    session: Session | undefined,
    answer: WriteAnswer,
  ): void {
    const { topic } = message.request;
    if (answer.revision !== earlier.revision) {
      this.#broken(
        'once',
        topic,
        `a repeated write was answered ${answer.revision}, not ${earlier.revision}`,
      );
    }
    this.#answer(at, message, earlier, session, answer);
  }

  #done(message: Message, before: Commit, { revision }: WriteAnswer): Commit {
    const { topic, base } = message.request;
    if (base !== undefined && base !== before.revision) {
      this.#broken('conflict', topic, `${base} was written over ${before.revision}`);
    }
    this.#truth.commit(topic, revision, this.#made(message, before));
    return this.#truth.now(topic) as Commit;
  }

  #answer(
    at: Place,
    message: Message,
    commit: Commit,
    session: Session | undefined,
    answer: WriteAnswer,
  ): void {
    const { topic, topics = [] } = message.request;
    if (session === undefined) this.#world.faults.count('writeWithoutSession');
    if (message.do === 'action' && answer.result !== commit.value.count) {
      this.#broken('written', topic, `an action that made ${commit.value.count} said ${answer.result}`);
    }
    this.#answers.written(at.window, topics, answer, session, (name, shown) => {
      if (name !== topic || shown !== commit.revision || message.do === 'action') return false;
      if (message.do === 'set') return isSame(message.value, commit.value);
      const stated = topics.find((one) => one.topic === topic);
      const held = stated && this.#truth.at(topic, this.#sessions.known(stated));
      const base = held?.find(({ life }) => life === commit.life);
      return base !== undefined && isSame(patched(base.value, message.patch), commit.value);
    });
  }

  /** What the message says, which has to be what the app meant: an update that lost another one would differ. */
  #made(message: Message, before: Commit): Document {
    const { topic } = message.request;
    const made = normalized(madeBy(message, before.value));
    const meant = this.#truth.changes.get(stampOf(message));
    if (meant === undefined) this.#broken('once', topic, 'nobody asked for this write');
    else if (!this.#isAnywhere(message) && !isSame(normalized(meant(before.value)), made)) {
      const { revision, value } = before;
      this.#broken(
        'conflict',
        topic,
        `over ${revision} ${JSON.stringify(value)} was written ${JSON.stringify(made)}`,
      );
    }
    return made;
  }

  /** A base is a number: one from an earlier life may happen to be current in this one. */
  #isAnywhere({ request: { topic, base } }: Message): boolean {
    return base !== undefined && this.#truth.at(topic, base).length > 1;
  }

  #checkRefusal(message: Message, { revision, value }: Commit, { kind }: HostError): void {
    const { topic, base, action, topics = [] } = message.request;
    const { faults } = this.#world;
    // What the page says it has tells which life its base is from.
    const known = topics.find((one) => one.topic === topic)?.known;
    const foreign = known !== undefined && known.epoch !== this.#truth.epoch;
    const stale = base !== undefined && (base !== revision || foreign);
    const why = (() => {
      if (kind === 'conflict') return stale && faults.count('writeConflict');
      if (kind === 'invalid-value') return message.do === 'set' && faults.count('writeInvalid');
      if (stale) return false;
      if (kind === 'too-large' || kind === 'unserializable') return message.do !== 'set' && !hasJson(value);
      if (kind === 'invalid-patch') {
        return message.do === 'patch' && !applies(message.patch, value) && faults.count('patchRefused');
      }
      if (kind === 'action-refused') return action === 'refuse' && faults.count('actionRefused');
      if (kind === 'panicked') return action === 'panic' && faults.count('actionPanicked');
      return kind === 'unknown-action' && action === 'nothing';
    })();
    if (why === false)
      this.#broken('refusal', topic, `a ${message.do} on ${revision} was refused as ${kind}`);
  }

  /** A conflict tells a page that may see it what it lost against. */
  #checkConflict(topic: string, session: Session | undefined, error: HostError): void {
    const commit = this.#truth.now(topic);
    if (error.kind !== 'conflict' || commit === undefined) return;
    const { revision, value } = commit;
    const may = session?.topics.get(topic)?.readable === true && hasJson(value);
    if (may !== (error.data !== undefined)) {
      return this.#broken('scope-at-every-read', topic, `a conflict has ${JSON.stringify(error.data)}`);
    }
    if (
      may &&
      (error.revision !== revision || error.epoch !== this.#truth.epoch || !isSame(error.data, value))
    ) {
      this.#broken('conflict', topic, `at ${revision} a conflict says ${JSON.stringify(error)}`);
    }
  }

  #broken(rule: string, topic: string, message: string): void {
    this.#world.broken(rule, `${topic}: ${message}`);
  }
}

/** Refused because there is no such topic or action, or not for this window. */
function isUnknown(kind: string): boolean {
  return kind === 'unknown-topic' || kind === 'unknown-action';
}

/** The value after the message. */
function madeBy(message: Message, before: Document): Document {
  if (message.do === 'set') return message.value as Document;
  if (message.do === 'patch') return patched(before, message.patch);
  const { by, stamp } = message.args as { by: number; stamp: number };
  return { ...before, count: before.count + by, stamp };
}

function applies(patch: readonly Operation[], value: Document): boolean {
  try {
    patched(value, patch);
    return true;
  } catch {
    return false;
  }
}

/** The oracle's own reading of a patch of objects. */
export function patched(before: Document, patch: readonly Operation[]): Document {
  const copy = structuredClone(before) as unknown as Record<string, unknown>;
  for (const operation of patch) {
    const names = operation.path.split('/').slice(1);
    const last = names.pop() as string;
    const parent = names.reduce((part, name) => part[name] as typeof part, copy);
    const there = Object.hasOwn(parent, last);
    if (!there && operation.op !== 'add')
      throw new Error(`${operation.op}: there is nothing at ${operation.path}`);
    if (operation.op === 'remove') delete parent[last];
    else if (operation.op !== 'test') parent[last] = operation.value;
    else if (!isSame(parent[last], operation.value)) throw new Error(`${operation.path} is another value`);
  }
  return copy as unknown as Document;
}
