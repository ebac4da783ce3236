// Keeps counts of what a page did, for footers, tests and benchmarks. Loses everything at the next page load, and a
// topic's own counts when it has not been wanted for a while and the table is full.

import type { Topic } from '../core/index.ts';

/** Counts of one topic in this page. */
export interface TopicStatistics {
  /** Signals that named it. */
  signals: number;
  /** Calls (subscribe or pull) that named it. */
  pulls: number;
  /** Values applied. */
  applies: number;
  /** Calls that wrote it, repeated ones too. Their answers carry values, but they are no pulls. */
  writes: number;
}

/** Counts of the whole page since it was loaded. */
export interface ClientStatistics {
  page: string;
  generation: number;
  signals: number;
  pulls: number;
  subscribes: number;
  /** Calls that wrote a topic, repeated ones too. */
  writes: number;
  /** Empty pulls that only acknowledge a signal. */
  acknowledgements: number;
  /** Calls that failed, were refused or took too long. */
  failures: number;
  /** Times the host no longer knew the session. */
  losses: number;
  topics: Record<Topic, TopicStatistics>;
}

const MOST_TOPICS = 4096;

export class Statistics {
  signals = 0;
  pulls = 0;
  subscribes = 0;
  writes = 0;
  acknowledgements = 0;
  failures = 0;
  losses = 0;
  readonly #topics = new Map<Topic, TopicStatistics>();

  of(topic: Topic): TopicStatistics {
    let counts = this.#topics.get(topic);
    if (counts === undefined) {
      if (this.#topics.size >= MOST_TOPICS) this.#topics.delete(this.#topics.keys().next().value as Topic);
      counts = { signals: 0, pulls: 0, applies: 0, writes: 0 };
      this.#topics.set(topic, counts);
    }
    return counts;
  }

  report(page: string, generation: number): ClientStatistics {
    const { signals, pulls, subscribes, writes, acknowledgements, failures, losses } = this;
    // Not by assignment: a topic may be called `__proto__`, or `constructor` where prototypes are frozen.
    const topics: Record<Topic, TopicStatistics> = Object.fromEntries(
      [...this.#topics].map(([topic, counts]) => [topic, { ...counts }]),
    );
    return {
      page,
      generation,
      signals,
      pulls,
      subscribes,
      writes,
      acknowledgements,
      failures,
      losses,
      topics,
    };
  }
}
