// Keeps every value that was ever committed, by its stamp, and where each topic is now: what the windows are measured
// against. It learns from the core's answers, and checks them on the way (`monotone`).

import type { Document } from './host.ts';
import type { World } from './world.ts';

/** One committed value. */
export interface Commit {
  topic: string;
  /** Which life of the counters; lives are numbered from 1. */
  life: number;
  revision: string;
  value: Document;
}

/** A value that cannot become JSON, and one that is longer than the limit. */
export const UNSERIALIZABLE = 'unserializable';
export const MOST_VALUE_BYTES = 400;
export const TOO_LONG = 'x'.repeat(MOST_VALUE_BYTES);

export const hasJson = ({ pad }: Document): boolean => pad !== UNSERIALIZABLE && pad !== TOO_LONG;

/** FNV-1a of the JSON, as the host computes it. */
export function hashOf(value: unknown): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(JSON.stringify(value))) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/** Whether a is an older revision than b; the oracle's own arithmetic. */
export const isOlder = (a: string, b: string): boolean => BigInt(a) < BigInt(b);

export const successor = (revision: string): string => String(BigInt(revision) + 1n);

export class Truth {
  life = 0;
  epoch = '';
  readonly #world: World;
  /** Of each stamp: one commit a life at most. */
  readonly #commits = new Map<number, Commit[]>();
  #current = new Map<string, Commit>();

  constructor(world: World) {
    this.#world = world;
  }

  /** Another life begins; nothing is registered in it. What was is handed back. */
  begin(epoch: string): Map<string, Commit> {
    const before = this.#current;
    this.life += 1;
    this.epoch = epoch;
    this.#current = new Map();
    return before;
  }

  now(topic: string): Commit | undefined {
    return this.#current.get(topic);
  }

  /** "0" while nothing is registered. */
  revision(topic: string): string {
    return this.#current.get(topic)?.revision ?? '0';
  }

  topics(): string[] {
    return [...this.#current.keys()];
  }

  /** Every commit of this stamp. A write repeated after Rust began another life takes effect in both. */
  ofStamp(stamp: number): readonly Commit[] {
    return this.#commits.get(stamp) ?? [];
  }

  /** The commit of this stamp in this life. */
  committed(stamp: number): Commit | undefined {
    return this.ofStamp(stamp).find(({ life }) => life === this.life);
  }

  /** A commit the core has confirmed. */
  commit(topic: string, revision: string, value: Document): void {
    const before = this.#current.get(topic);
    if (before !== undefined && revision !== successor(before.revision)) {
      this.#world.broken('monotone', `${topic} went from revision ${before.revision} to ${revision}`);
    }
    if (this.committed(value.stamp) !== undefined) {
      this.#world.broken('writes', `${topic}: the write ${value.stamp} took effect twice`);
    }
    const commit = { topic, life: this.life, revision, value };
    this.#commits.set(value.stamp, [...this.ofStamp(value.stamp), commit]);
    this.#current.set(topic, commit);
    this.#world.census.updates += 1;
    this.#world.log(() => `commit ${topic} ${revision} stamp ${value.stamp} pair ${value.pair} ${value.pad}`);
  }
}
