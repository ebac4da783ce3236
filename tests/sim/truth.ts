// Keeps every value that was ever committed, by its stamp and by its revision, and where each topic is now: what the
// windows are measured against. It learns from the core's answers, and checks them on the way (`monotone`).

import type { Document } from './host.ts';
import type { World } from './world.ts';

/** One committed value. */
export interface Commit {
  topic: string;
  /** Which life of the counters; lives are numbered from 1. */
  life: number;
  revision: string;
  value: Document;
  /** When. */
  at: number;
}

/** What a write is to make of a value, whichever one it meets; throws where it does not apply. */
export type Change = (before: Document) => Document;

/** A value that cannot become JSON, and one that is longer than the limit. */
export const UNSERIALIZABLE = 'unserializable';
export const MOST_VALUE_BYTES = 400;
export const TOO_LONG = 'x'.repeat(MOST_VALUE_BYTES);

export const hasJson = ({ pad }: Document): boolean => pad !== UNSERIALIZABLE && pad !== TOO_LONG;

/** The value as Rust keeps it. */
export const normalized = (value: Document): Document => ({ ...value, pad: value.pad.replace(/ +$/, '') });

/** The JSON with its fields in the order of the alphabet, in which Rust writes them. */
export function textOf(value: unknown): string {
  return JSON.stringify(value, (_, part) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}

export const isSame = (a: unknown, b: unknown): boolean => textOf(a) === textOf(b);

/** FNV-1a of the JSON, as the host computes it. */
export function hashOf(value: unknown): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(textOf(value))) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/** Whether a is an older revision than b; the oracle's own arithmetic. */
export const isOlder = (a: string, b: string): boolean => BigInt(a) < BigInt(b);

export const successor = (revision: string): string => String(BigInt(revision) + 1n);

export class Truth {
  life = 0;
  epoch = '';
  /** What is registered from now on begins above this. */
  floor = '0';
  /** What each write is to do, by its stamp. */
  readonly changes = new Map<number, Change>();
  readonly #world: World;
  /** Of each stamp: one commit a life at most. */
  readonly #commits = new Map<number, Commit[]>();
  /** Of each topic and revision: one commit a life at most. */
  readonly #places = new Map<string, Commit[]>();
  #current = new Map<string, Commit>();
  /** The revisions at which topics were taken out. */
  #removed = new Map<string, string>();

  constructor(world: World) {
    this.#world = world;
  }

  /** Another life begins; nothing is registered in it. */
  begin(epoch: string, floor: string): void {
    this.life += 1;
    this.epoch = epoch;
    this.floor = floor;
    this.#current = new Map();
    this.#removed = new Map();
  }

  now(topic: string): Commit | undefined {
    return this.#current.get(topic);
  }

  /** While nothing is registered: where it was taken out, or "0". */
  revision(topic: string): string {
    return this.#current.get(topic)?.revision ?? this.#removed.get(topic) ?? '0';
  }

  topics(): string[] {
    return [...this.#current.keys()];
  }

  /** Every commit of this stamp. A write repeated after Rust began another life takes effect in both. */
  ofStamp(stamp: number): readonly Commit[] {
    return this.#commits.get(stamp) ?? [];
  }

  /** The commit of this stamp in this life. */
  committed(stamp: number, life = this.life): Commit | undefined {
    return this.ofStamp(stamp).find((commit) => commit.life === life);
  }

  /** What the topic was at this revision, in each life that had it. */
  at(topic: string, revision: string): readonly Commit[] {
    return this.#places.get(`${topic} ${revision}`) ?? [];
  }

  /** A commit the core has confirmed. */
  commit(topic: string, revision: string, value: Document): void {
    const before = this.#current.get(topic)?.revision ?? this.floor;
    if (revision !== successor(before)) {
      this.#world.broken('monotone', `${topic} went from revision ${before} to ${revision}`);
    }
    if (this.committed(value.stamp) !== undefined) {
      this.#world.broken('once', `${topic}: the write ${value.stamp} took effect twice`);
    }
    const commit = { topic, life: this.life, revision, value, at: this.#world.now };
    this.#commits.set(value.stamp, [...this.ofStamp(value.stamp), commit]);
    this.#places.set(`${topic} ${revision}`, [...this.at(topic, revision), commit]);
    this.#current.set(topic, commit);
    this.#world.census.updates += 1;
    this.#world.log(() => `commit ${topic} ${revision} ${textOf(value)}`);
  }

  /** The topic is taken out: that counts as one more revision, and nothing of its name begins below it again. */
  remove(topic: string): void {
    const revision = successor(this.revision(topic));
    this.#current.delete(topic);
    this.#removed.set(topic, revision);
    if (isOlder(this.floor, revision)) this.floor = revision;
    this.#world.log(() => `${topic} is removed at ${revision}`);
  }
}
