// Keeps what one page was asked to write, from the call until its promise is settled, and says what the page may show
// meanwhile: the newest value it has from Rust with everything unsettled in it, once.

import type { Document } from './host.ts';
import type { App } from './page.ts';
import type { Commit } from './truth.ts';
import { type Change, isOlder, isSame, textOf } from './truth.ts';
import { type Message, stampOf, type WriteAnswer } from './writes.ts';

export type WriteKind = 'set' | 'patch' | 'update' | 'action';

/**
 * What the last call came to in this page. `late`: when the page had given up waiting, or just before. `rebasing`: it lost
 * against a newer value, and is about to try that one.
 */
type Answer = 'none' | 'ok' | 'refused' | 'failed' | 'late' | 'rebasing';

export interface Write {
  readonly kind: WriteKind;
  readonly topic: string;
  readonly stamp: number;
  readonly optimistic: boolean;
  readonly change: Change;
  /** As its promise says. `unknown`: the page was told that it cannot know. */
  outcome: 'open' | 'done' | 'refused' | 'unknown';
  operation: string;
  sends: number;
  sentAt: number;
  /** When it was sent for the first time under this operation: what the page holds back, it holds back since then. */
  since: number;
  answer: Answer;
  /** It asked for the value it is to change. */
  asked: boolean;
  /** The page had nothing to compare with when its first value came, so that nobody could tell whether that had it. */
  blind: boolean;
  /** What the answer had of the topics of the page. */
  cut: { life: number; at: number; revisions: Map<string, string> } | undefined;
}

/** What an app is to be shown of a write over one value of its topic. */
type Place = 'shown' | 'either' | 'gone';

/** Until then a page may hold back what may have its own write in it already. */
const HOLD_MS = 100;
const MOST_SENDS = 3;
const GRAIN_MS = 0.01;

export class Journal {
  readonly #app: App;
  readonly #name: string;
  readonly #writes: Write[] = [];
  readonly #flights = new Map<string, { began: number }>();

  constructor(app: App, name: string) {
    this.#app = app;
    this.#name = name;
  }

  begin(write: Pick<Write, 'kind' | 'topic' | 'stamp' | 'optimistic' | 'change'>): Write {
    const { truth } = this.#app.backend;
    const begun: Write = {
      ...write,
      outcome: 'open',
      operation: '',
      sends: 0,
      sentAt: 0,
      since: 0,
      answer: 'none',
      asked: false,
      blind: false,
      cut: undefined,
    };
    truth.changes.set(write.stamp, write.change);
    this.#writes.push(begun);
    return begun;
  }

  /** Those that are not settled. */
  open(topic?: string): Write[] {
    return this.#writes.filter(
      (write) => write.outcome === 'open' && (topic === undefined || write.topic === topic),
    );
  }

  /** The page asks for a value: an update that has none, unless it is the app itself. */
  asks(topic: string): void {
    // One that has just been refused may still look open when the next one asks.
    const update = this.open(topic).find((write) => isWaiting(write) && !write.asked);
    if (update?.kind === 'update') update.asked = true;
  }

  /** A call of the page with a write in it. */
  async send(message: Message, call: () => Promise<WriteAnswer>): Promise<WriteAnswer> {
    const { world, pace, backend } = this.#app;
    const { topic, operation } = message.request;
    const before = this.#flights.get(topic);
    if (before !== undefined && world.now - before.began < pace.callMs - GRAIN_MS) {
      this.#broken('in-turn', `sends a write of ${topic} while one is under way`);
    }
    const write = this.#writes.find(({ stamp }) => stamp === stampOf(message));
    if (write === undefined) return await call();
    this.#onSend(write, operation);
    const flight = { began: world.now };
    this.#flights.set(topic, flight);
    const { life } = backend.truth;
    const conclude = (answer: Answer) => {
      const late = world.now - flight.began >= pace.callMs - GRAIN_MS;
      if (this.#flights.get(topic) !== flight) return;
      this.#flights.delete(topic);
      write.answer = late && answer !== 'rebasing' ? 'late' : answer;
    };
    try {
      const answer = await call();
      conclude('ok');
      // What is unchanged is what the page had when it asked; it may have stopped and begun anew since.
      const shown = answer.results.flatMap(({ topic, revision, unchanged }) =>
        revision === undefined || unchanged ? [] : [[topic, revision] as const],
      );
      const answered = life === backend.truth.life && write.answer === 'ok';
      write.cut = answered ? { life, at: world.now, revisions: new Map(shown) } : undefined;
      return answer;
    } catch (error) {
      const { kind } = error as { kind?: string };
      // An update tries again by itself.
      const goesOn = kind === 'conflict' && write.kind === 'update';
      if (goesOn) world.faults.count('updateRebased');
      conclude(kind === undefined ? 'failed' : goesOn ? 'rebasing' : 'refused');
      throw error;
    }
  }

  #onSend(write: Write, operation: string): void {
    const { world } = this.#app;
    if (write.operation !== operation) {
      if (write.answer === 'failed' || write.answer === 'late') {
        this.#broken('once', `sends write ${write.stamp} again as another operation`);
      }
      write.sends = 0;
      write.since = world.now;
    } else if (write.answer === 'ok' || write.answer === 'refused') {
      this.#broken('once', `sends write ${write.stamp} again although it was answered`);
    }
    write.operation = operation;
    write.sends += 1;
    write.sentAt = world.now;
    write.answer = 'none';
    write.asked = false;
  }

  /** Whether this is what the page may show over a commit. `first`: it has shown nothing of this life of it yet. */
  explains(commit: Commit, data: unknown, first: boolean): boolean {
    if (first) for (const write of this.#writes) write.blind ||= write.topic === commit.topic;
    let values = new Map<string, Document>([[textOf(commit.value), commit.value]]);
    for (const write of this.#writes) {
      if (write.topic !== commit.topic || !write.optimistic) continue;
      const place = this.#place(write, commit);
      if (place === 'gone') continue;
      const next = [...values.values()].map((value) => attempt(write.change, value));
      const kept = place === 'either' ? [...values] : [];
      values = new Map([...kept, ...next.map((value) => [textOf(value), value] as const)]);
    }
    const shown = values.has(textOf(data));
    if (shown && !isSame(commit.value, data)) this.#app.world.faults.count('overlayShown');
    return shown;
  }

  #place(write: Write, commit: Commit): Place {
    const { world, backend } = this.#app;
    const taken = backend.truth.committed(write.stamp, commit.life);
    const included = taken !== undefined && !isOlder(commit.revision, taken.revision);
    if (write.outcome === 'open') {
      if (included) {
        const once = attempt(write.change, commit.value);
        const twice = isSame(attempt(write.change, once), once);
        return twice || write.blind || world.now - write.since >= HOLD_MS - GRAIN_MS ? 'either' : 'gone';
      }
      // Rust may have kept it from an earlier life.
      if (taken === undefined && backend.truth.ofStamp(write.stamp).length > 0) return 'either';
      if (write.answer === 'ok') return write.blind ? 'either' : 'shown';
      return this.#isOver(write) ? 'either' : 'shown';
    }
    if (write.outcome !== 'done' || included) return 'gone';
    // What took effect is shown until the value it made is there; in a later life, until its first value is.
    if (taken === undefined)
      return backend.truth.ofStamp(write.stamp).some(({ life }) => life > commit.life) ? 'either' : 'gone';
    return write.blind ? 'either' : 'shown';
  }

  /** The client may have learned that nothing will come of it, or that it will never know. */
  #isOver(write: Write): boolean {
    if (write.answer === 'refused' || write.answer === 'late') return true;
    if (write.asked) return true;
    const { world, pace } = this.#app;
    const failed = write.answer === 'failed' || world.now - write.sentAt >= pace.callMs - GRAIN_MS;
    return write.sends >= MOST_SENDS && failed;
  }

  /** `pending` is what the page says of the topic. */
  checkPending(topic: string, pending: number): void {
    const open = this.open(topic);
    const least = open.filter((write) => write.answer !== 'ok' && !this.#isOver(write)).length;
    if (pending < least || pending > open.length) {
      this.#broken('pending', `has ${pending} writes of ${topic} pending, not ${least} to ${open.length}`);
    }
  }

  #broken(rule: string, message: string): void {
    this.#app.world.broken(rule, `${this.#name} ${message}`);
  }
}

/** Neither sent nor answered for good. */
function isWaiting({ answer, sends }: Write): boolean {
  return answer === 'rebasing' || (answer === 'none' && sends === 0);
}

function attempt(change: Change, value: Document): Document {
  try {
    return change(value);
  } catch {
    return value;
  }
}
