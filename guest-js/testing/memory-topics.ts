// Keeps the topics of an in-memory host: value, revision, and the JSON text that pages get copies of. A removed topic
// keeps its counter, so that its revisions never repeat (`monotone`).

import type { HostErrorKind } from '../client/error.ts';
import { isTopicName, type WireError } from '../client/wire.ts';
import { quoted } from '../core/echo.ts';
import type { Revision, Topic } from '../core/index.ts';

export interface MemoryTopic {
  /** `undefined`: no such topic now; its counter is kept. */
  text: string | undefined;
  revision: bigint;
}

/** A refusal as pages get it on the wire. */
export function refusal(
  kind: HostErrorKind,
  message: string,
  more: Omit<WireError, 'kind' | 'message'> = {},
) {
  return { kind, message, ...more } satisfies WireError;
}

export function textOf(revision: bigint): Revision {
  return String(revision) as Revision;
}

export class MemoryTopics {
  readonly #topics = new Map<Topic, MemoryTopic>();
  readonly #onCommit: (topics: Topic[]) => void;

  constructor(onCommit: (topics: Topic[]) => void) {
    this.#onCommit = onCommit;
  }

  /** The topic if it exists. */
  find(name: Topic): { text: string; revision: bigint } | undefined {
    const topic = this.#topics.get(name);
    return topic?.text === undefined ? undefined : { text: topic.text, revision: topic.revision };
  }

  /** The topic's counter, which a removed topic has, too. */
  revisionOf(name: Topic): bigint {
    return this.#topics.get(name)?.revision ?? 0n;
  }

  names(): Topic[] {
    return [...this.#topics.keys()].filter((name) => this.find(name) !== undefined);
  }

  register(name: Topic, value: unknown): Revision {
    if (!isTopicName(name)) throw refusal('invalid-topic', `${quoted(name)} is no topic name`);
    if (this.find(name)) {
      throw refusal('already-registered', `topic "${name}" is registered already`, { topic: name });
    }
    return this.#commit({ [name]: value })[name] as Revision;
  }

  write(values: Record<Topic, unknown>): Record<Topic, Revision> {
    for (const name of Object.keys(values)) {
      if (!this.find(name)) throw refusal('unknown-topic', `topic "${name}" does not exist`, { topic: name });
    }
    return this.#commit(values);
  }

  /** Being removed has a revision of its own, so that everybody who has the topic is told. */
  remove(name: Topic): void {
    const topic = this.#topics.get(name);
    if (topic?.text === undefined) return;
    this.#topics.set(name, { text: undefined, revision: topic.revision + 1n });
    this.#onCommit([]);
  }

  #commit(values: Record<Topic, unknown>): Record<Topic, Revision> {
    const revisions: Record<Topic, Revision> = Object.create(null);
    for (const [name, value] of Object.entries(values)) {
      const text = JSON.stringify(value);
      if (text === undefined) throw refusal('unserializable', 'the value is not JSON', { topic: name });
      const revision = (this.#topics.get(name)?.revision ?? 0n) + 1n;
      this.#topics.set(name, { text, revision });
      revisions[name] = textOf(revision);
    }
    this.#onCommit(Object.keys(values));
    return revisions;
  }
}
