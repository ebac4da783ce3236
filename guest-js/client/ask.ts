// Keeps the engines that wait for a snapshot, topic by topic, until a call is answered. An ask is never lost: it
// moves from call to call until it is answered or its call failed.

import type { Revision, Topic } from '../core/index.ts';
import type { Known } from './wire.ts';

/** What an engine gets: a snapshot, or that its copy is still the current one. */
export type PulledTopic =
  | { revision: Revision; data: unknown; epoch: string }
  | { revision: Revision; unchanged: true; epoch: string };

/** One topic's engine, waiting. `known` is what it has, and what `unchanged` would be about. */
export interface Ask {
  known: Known | undefined;
  resolve(answer: PulledTopic): void;
  reject(error: unknown): void;
}

export type Asks = Map<Topic, Ask>;

/** Adds an ask. An older one of the same topic (its engine gave up waiting) settles together with it. */
export function addAsk(asks: Asks, topic: Topic, ask: Ask): void {
  const older = asks.get(topic);
  asks.set(
    topic,
    older === undefined
      ? ask
      : {
          known: ask.known,
          resolve(answer) {
            older.resolve(answer);
            ask.resolve(answer);
          },
          reject(error) {
            older.reject(error);
            ask.reject(error);
          },
        },
  );
}

/** Moves asks to the front: those that already waited keep what newer ones of the same topic know. */
export function carryAsks(into: Asks, from: Asks): void {
  for (const [topic, ask] of from) {
    const newer = into.get(topic);
    into.delete(topic);
    addAsk(into, topic, ask);
    if (newer !== undefined) addAsk(into, topic, newer);
  }
}

export function rejectAsks(asks: Asks, error: unknown): void {
  for (const ask of asks.values()) ask.reject(error);
}
