// Keeps the snapshots that were in the page before its first script (docs/first-paint.md): one cut, each until the first
// subscription to its topic begins with it. Loses what is left as soon as the page hears of anything newer, and after a
// while: nothing a page begins with is older than what it has seen, or half of a change it has seen (`one-cut`).

import { isCanonicalRevision, type Revision, type Topic } from '../core/index.ts';
import type { PageClock } from './environment.ts';
import { StateSyncError } from './error.ts';
import type { Snapshot } from './overlay.ts';
import { isTopicName, readData, readPullAnswer } from './wire.ts';

/** What nobody has subscribed to this long after the client was made is asked for like anything else. */
export const FIRST_PAINT_MS = 10_000;

export class FirstPaint {
  readonly #clock: PageClock;
  readonly #since: number;
  /** Those that are left. */
  readonly #snapshots = new Map<Topic, Snapshot>();
  /** What there was in the beginning. */
  readonly #revisions = new Map<Topic, Revision>();

  /** `text` is the host's answer as it was put into the page, if it was. */
  constructor(text: unknown, clock: PageClock) {
    this.#clock = clock;
    this.#since = clock.now();
    if (text === undefined) return;
    try {
      for (const [topic, snapshot] of readSnapshots(text)) {
        this.#snapshots.set(topic, snapshot);
        this.#revisions.set(topic, snapshot.revision);
      }
    } catch (error) {
      console.error('statesync: the first snapshots of this page are ignored', error);
    }
  }

  /** What the first subscription to the topic would begin with. */
  peek(topic: Topic): Snapshot | undefined {
    if (this.#clock.now() - this.#since > FIRST_PAINT_MS) this.forget();
    return this.#snapshots.get(topic);
  }

  /** The same, for the subscription that does: no other one will. */
  take(topic: Topic): Snapshot | undefined {
    const snapshot = this.peek(topic);
    this.#snapshots.delete(topic);
    return snapshot;
  }

  /** The host has answered data: unless it is what was here from the start, the rest is out of date. */
  heard(topic: Topic, revision: Revision): void {
    if (this.#revisions.get(topic) !== revision) this.forget();
  }

  /** The host is elsewhere by now. */
  forget(): void {
    this.#snapshots.clear();
  }
}

/** As strict as can be: what is not exactly an answer full of snapshots is none of the host's making. */
function readSnapshots(text: unknown): [Topic, Snapshot][] {
  const { epoch, results } = readPullAnswer(JSON.parse(String(text)));
  return results.map((result) => {
    if (!isTopicName(result.topic) || !('data' in result) || !isCanonicalRevision(result.revision)) {
      throw new StateSyncError('protocol', 'one of them is not a snapshot', { topic: result.topic });
    }
    const value = readData(result.data, result.topic);
    return [result.topic, { value, revision: result.revision, epoch }];
  });
}
