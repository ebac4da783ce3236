// Keeps nothing: holds the answers of the core against the truth at the moment they are made, before the network can harm
// them (`one-cut`, `scope-at-every-read`).

import { type Document, type Place, readable } from './host.ts';
import type { Session, Sessions, SubscribeRequest, TopicRequest } from './sessions.ts';
import { hasJson, isSame, type Truth } from './truth.ts';
import type { World } from './world.ts';

export interface PulledTopic {
  topic: string;
  revision?: string;
  data?: Document;
  unchanged?: true;
  written?: true;
  error?: { kind: string };
}

export class Answers {
  readonly #world: World;
  readonly #truth: Truth;
  readonly #sessions: Sessions;

  constructor(world: World, truth: Truth, sessions: Sessions) {
    this.#world = world;
    this.#truth = truth;
    this.#sessions = sessions;
  }

  /** What a subscribe or a pull is answered. */
  pulled(at: Place, request: SubscribeRequest, answer: unknown): void {
    this.cut(at.window, request.topics, answer, (topic) => readable(at, topic));
  }

  /** What a write is answered beside its revision. `computable`: whether the page can compute the data by itself. */
  written(
    window: string,
    topics: readonly TopicRequest[],
    answer: unknown,
    session: Session | undefined,
    computable: (topic: string, revision: string) => boolean,
  ): void {
    if (session === undefined) {
      const { results } = answer as { results: unknown[] };
      if (results.length > 0) this.#world.broken('one-cut', `${window} has no session and got a cut`);
      return;
    }
    const known = (topic: string) => session.topics.get(topic)?.readable === true;
    this.cut(window, topics, answer, known, computable);
  }

  cut(
    window: string,
    topics: readonly TopicRequest[],
    answer: unknown,
    mayRead: (topic: string) => boolean,
    computable: (topic: string, revision: string) => boolean = () => false,
  ): void {
    const { epoch, results } = answer as { epoch: string; results: PulledTopic[] };
    if (epoch !== this.#truth.epoch) this.#world.broken('epoch', `an answer of ${epoch}`);
    const names = topics.map(({ topic }) => topic);
    if (results.map(({ topic }) => topic).join() !== names.join()) {
      this.#world.broken('park', `asked for ${names}, got ${JSON.stringify(results)}`);
    }
    results.forEach((result, n) => {
      this.topic(window, mayRead(result.topic), result);
      const known = this.#sessions.known(topics[n] as TopicRequest);
      if ((known === result.revision) !== (result.unchanged === true)) {
        this.#world.broken('target', `${window} has ${known}, got ${JSON.stringify(result)}`);
      }
      if (result.written !== true) return;
      this.#world.faults.count('answerWritten');
      if (!computable(result.topic, result.revision as string)) {
        this.#world.broken('written', `${window} cannot compute ${result.topic} ${result.revision}`);
      }
    });
  }

  /** One topic of an answer. */
  topic(window: string, mayRead: boolean, { topic, revision, data, error, ...rest }: PulledTopic): void {
    const commit = this.#truth.now(topic);
    const visible = commit !== undefined && mayRead;
    if (error !== undefined) {
      const wanted = visible ? !hasJson(commit.value) : error.kind === 'unknown-topic';
      if (!wanted) this.#world.broken('park', `${topic} for ${window}: ${error.kind}`);
      return;
    }
    if (!visible) return this.#world.broken('scope-at-every-read', `${window} got ${topic}`);
    if (revision !== commit.revision) {
      this.#world.broken('one-cut', `${topic} is at ${commit.revision}, the answer has ${revision}`);
    }
    const brought = rest.unchanged !== true && rest.written !== true;
    if (brought && !isSame(data, commit.value)) {
      this.#world.broken('monotone', `${topic} ${revision} has another value: ${JSON.stringify(data)}`);
    }
  }
}
