// Keeps one page that speaks the wire by hand, and what a claim about a transport is checked with.

import type { PluginTransport } from '../client/transport.ts';
import type {
  Known,
  PullAnswer,
  Signal,
  TopicRequest,
  TopicResult,
  WriteRequest,
  WriteResult,
} from '../client/wire.ts';
import type { Revision, Topic } from '../core/index.ts';

type Maybe<T> = T | Promise<T>;

/** What a transport's author provides: a fresh host for every claim. */
export interface TransportHarness {
  /** The transport of another page. */
  transport(): PluginTransport;
  /** Makes a topic on the host's side. */
  register(topic: Topic, value: unknown): Maybe<unknown>;
  /** Makes a topic that windows can only read. */
  registerReadOnly(topic: Topic, value: unknown): Maybe<unknown>;
  /**
   * Makes a topic that is a list of texts, with two actions: `push` takes a text, appends it and returns how many there
   * are now; `clear` takes nothing and always refuses, with the message `not now`.
   */
  registerList(topic: Topic, texts: string[]): Maybe<unknown>;
  /** Changes a topic on the host's side. */
  set(topic: Topic, value: unknown): Maybe<unknown>;
  /** Resolves when every message under way has arrived. */
  settle(): Promise<void>;
  dispose?(): Maybe<void>;
}

export function check(condition: unknown, claim: string): asserts condition {
  if (!condition) throw new Error(`transport conformance: ${claim}`);
}

export function same(actual: unknown, expected: unknown, claim: string): void {
  const [left, right] = [JSON.stringify(actual), JSON.stringify(expected)];
  check(left === right, `${claim}: expected ${right}, got ${left}`);
}

export async function rejection(call: () => Promise<unknown>): Promise<Record<string, unknown>> {
  try {
    await call();
  } catch (error) {
    check(typeof error === 'object' && error !== null, `an error is an object, not ${String(error)}`);
    const body = error as Record<string, unknown>;
    check(
      typeof body.kind === 'string' && typeof body.message === 'string',
      'an error has a kind and a message',
    );
    return body;
  }
  throw new Error('transport conformance: the call was not refused');
}

/** A page that speaks the wire by hand. */
export class Page {
  readonly id: string;
  readonly signals: Signal[] = [];
  readonly transport: PluginTransport;
  generation = 0;
  epoch = '';
  #writes = 0;

  constructor(transport: PluginTransport, id: string) {
    this.transport = transport;
    this.id = id;
  }

  async subscribe(names: Topic[], known: Record<Topic, Known> = {}): Promise<PullAnswer> {
    this.generation += 1;
    this.signals.length = 0;
    const answer = await this.transport.subscribe(
      {
        page: this.id,
        generation: this.generation,
        topics: requests(names, known),
      },
      (signal) => this.signals.push(signal),
    );
    this.epoch = answer.epoch;
    return answer;
  }

  pull(names: Topic[], seen: number, known: Record<Topic, Known> = {}): Promise<PullAnswer> {
    return this.transport.pull({
      page: this.id,
      generation: this.generation,
      seen,
      topics: requests(names, known),
    });
  }

  /** A write under an operation id of its own, with what a pull of these topics would state. */
  write(topic: Topic, names: Topic[] = [], known: Record<Topic, Known> = {}): WriteRequest {
    this.#writes += 1;
    return {
      page: this.id,
      generation: this.generation,
      operation: `write-${this.#writes}`,
      topic,
      topics: requests(names, known),
    };
  }

  known(revision: string): Known {
    return { epoch: this.epoch, revision: revision as Revision };
  }
}

function requests(names: Topic[], known: Record<Topic, Known>): TopicRequest[] {
  return names.map((topic) =>
    Object.hasOwn(known, topic) ? { topic, known: known[topic] as Known } : { topic },
  );
}

export function resultOf<R extends TopicResult | WriteResult>(answer: { results: R[] }, topic: Topic): R {
  const result = answer.results.find((entry) => entry.topic === topic);
  check(result, `the answer names "${topic}"`);
  return result;
}

export function revisionOf(result: TopicResult | WriteResult): string {
  check('revision' in result, `"${result.topic}" has a revision`);
  return result.revision;
}

export interface Stage {
  harness: TransportHarness;
  page: Page;
  anotherPage(): Page;
}

export type Claims = Record<string, (stage: Stage) => Promise<void>>;
