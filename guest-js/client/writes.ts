// Keeps what a page is writing: per topic the order of its writes, and those that are not settled. A write is sent, again
// under the same operation id when it got lost on its way, and settled in the moment its answer is shown. Loses a write
// only with an error: the host's, or `stopped` for what was not sent when the client was closed.

import { tooDeepAt } from '../core/depth.ts';
import { quoted } from '../core/echo.ts';
import { isCanonicalRevision, type Revision, type Topic, ZERO_REVISION } from '../core/index.ts';
import { FIRST_PAUSE_MS } from './backoff.ts';
import { type AnyChange, type Changed, changed, preview } from './change.ts';
import type { TopicEntry } from './entry.ts';
import type { PageClock } from './environment.ts';
import { StateSyncError, toStateSyncError } from './error.ts';
import type { ActionOptions, PatchOptions, SetOptions, UpdateOptions } from './handle.ts';
import { jsonOf, operationsOf, patched } from './json.ts';
import type { Snapshot } from './overlay.ts';
import { type PendingWrite, PendingWrites } from './pending.ts';
import type { Session } from './session.ts';
import type { PluginTransport } from './transport.ts';
import { Turns } from './turns.ts';
import {
  isActionName,
  readData,
  readRevision,
  readWriteAnswer,
  type WriteAnswer,
  type WriteRequest,
} from './wire.ts';

/** A write is sent at most this often, always under the same operation id. */
const SEND_ATTEMPTS = 3;
/** An update runs its function on this many values before it reports `conflict`. */
const UPDATE_ATTEMPTS = 256;
/**
 * So many conflicts are answered at once, with the value the conflict brought: whoever pauses before it tries again has
 * an old value by then, and loses every time against somebody who does not pause.
 */
const HASTY_ATTEMPTS = 16;
const LONGEST_CONFLICT_PAUSE_MS = 20;

export interface WritesOptions {
  transport: PluginTransport;
  session: Session;
  clock: PageClock;
  random: () => number;
  /** A call with a deadline, whose failure is a `StateSyncError`. */
  call: <T>(name: string, topic: Topic, call: () => Promise<T>) => Promise<T>;
  entryOf: (topic: Topic) => TopicEntry | undefined;
}

/** One topic's writes. */
interface Line {
  turns: Turns;
  pending: PendingWrites;
}

/** What a write sends, and what the page can compute by itself when the host says that it did just that. */
interface Message<A extends WriteAnswer> {
  name: string;
  base: Revision | undefined;
  /** The value it was made of; absent where only the app knows. */
  from?: Snapshot;
  send: (request: WriteRequest) => Promise<A>;
  written: (known: Snapshot | undefined) => unknown;
}

export class Writes {
  readonly #options: WritesOptions;
  readonly #lines = new Map<Topic, Line>();
  readonly #pauses = new Set<(error: unknown) => void>();
  #operations = 0;

  constructor(options: WritesOptions) {
    this.#options = options;
  }

  /** The topic's writes that are not settled; the same object as long as somebody looks at it. */
  of(topic: Topic): PendingWrites {
    return this.#line(topic).pending;
  }

  /** How many writes of the topic are not settled. */
  count(topic: Topic): number {
    return this.#lines.get(topic)?.pending.count ?? 0;
  }

  /** The topic's entry is gone. */
  forget(topic: Topic): void {
    if (this.#lines.get(topic)?.turns.idle === true) this.#lines.delete(topic);
  }

  /** Rejects what was not sent, and what would be sent again. */
  stop(): void {
    const error = new StateSyncError('stopped', 'the client was closed before the write was done.');
    for (const { turns } of this.#lines.values()) turns.cancel(error);
    for (const reject of [...this.#pauses]) reject(error);
  }

  async set(topic: Topic, value: unknown, { base, optimistic }: SetOptions): Promise<Revision> {
    checkBase(topic, base);
    const sent = jsonOf(value, topic);
    return await this.#write(topic, optimistic && (() => sent), async (write) => {
      const answer = await this.#deliver(topic, write, this.#setting(sent, base));
      return answer.revision;
    });
  }

  async patch(topic: Topic, list: unknown, { base, optimistic }: PatchOptions): Promise<Revision> {
    checkBase(topic, base);
    const operations = operationsOf(list, topic);
    const shown = (value: unknown) => patched(value, operations);
    return await this.#write(topic, optimistic && shown, async (write) => {
      const answer = await this.#deliver(topic, write, this.#patching(operations, base));
      return answer.revision;
    });
  }

  async action<T>(topic: Topic, action: string, input: unknown, options: ActionOptions<T>): Promise<unknown> {
    checkAction(topic, action);
    const args = input === undefined ? null : jsonOf(input, topic);
    const change: AnyChange | undefined = options.optimistic;
    const shown = change && ((value: unknown) => preview(value, change, topic));
    return await this.#write(topic, shown, async (write) => {
      const answer = await this.#deliver(topic, write, {
        name: 'action',
        base: undefined,
        send: (request) => this.#options.transport.action({ ...request, action }, args),
        written: () => undefined,
      });
      return answer.result;
    });
  }

  /** Runs `change` on the newest value, and again on newer ones while somebody else is faster. */
  async update(topic: Topic, change: AnyChange, options: UpdateOptions): Promise<Revision> {
    const { optimistic, maxAttempts = UPDATE_ATTEMPTS } = options;
    const shown = (value: unknown) => preview(value, change, topic);
    return await this.#write(topic, optimistic && shown, async (write) => {
      let found: Snapshot | undefined;
      for (let attempt = 1; ; attempt += 1) {
        const paused = attempt > HASTY_ATTEMPTS;
        if (paused) await this.#pause(1 + this.#options.random() * (LONGEST_CONFLICT_PAUSE_MS - 1));
        // What lost against something that the page was not shown is not tried again.
        const useless = paused || (attempt > 1 && found === undefined);
        const base = (!useless && this.#newest(topic, found)) || (await this.#ask(topic));
        const result = changed(base.value, change, topic);
        if (result.by === 'nothing') return base.revision;
        try {
          const message = { ...this.#sending(result, base.revision), from: base };
          const answer = await this.#deliver(topic, write, message);
          return answer.revision;
        } catch (error) {
          if (!isConflict(error) || attempt >= maxAttempts) throw error;
          found = snapshotIn(error);
          this.#learn(topic, found); // where that may not be shown, the next answer brings it
        }
      }
    });
  }

  #setting(value: unknown, base: Revision | undefined): Message<WriteAnswer> {
    const send = (request: WriteRequest) => this.#options.transport.set(request, value);
    return { name: 'set', base, send, written: () => value };
  }

  #patching(operations: ReturnType<typeof operationsOf>, base: Revision | undefined): Message<WriteAnswer> {
    return {
      name: 'patch',
      base,
      send: (request) => this.#options.transport.patch(request, operations),
      written: (known) => (known === undefined ? undefined : patchedIfPossible(known.value, operations)),
    };
  }

  #sending(result: Exclude<Changed, { by: 'nothing' }>, base: Revision): Message<WriteAnswer> {
    return result.by === 'patch'
      ? this.#patching(result.operations, base)
      : this.#setting(result.value, base);
  }

  /** Waits for its turn, does it, and settles it. What it shows is shown from now on. */
  async #write<R>(
    topic: Topic,
    shown: PendingWrite['preview'] | false,
    work: (write: PendingWrite) => Promise<R>,
  ): Promise<R> {
    this.#options.transport.assertUsable?.();
    const { turns, pending } = this.#line(topic);
    const write = pending.add(shown || undefined);
    const turn = turns.enter(); // before a handler that hears of it writes too
    this.#options.entryOf(topic)?.show();
    try {
      await turn;
      try {
        return await work(write);
      } finally {
        turns.leave();
      }
    } catch (error) {
      this.#settle(topic, write, isConflict(error) ? snapshotIn(error) : undefined);
      throw error;
    } finally {
      this.#settle(topic, write); // where nothing was to be changed
      if (this.#options.entryOf(topic) === undefined) this.forget(topic);
    }
  }

  /** One operation until it is answered, and its answer shown. */
  async #deliver<A extends WriteAnswer>(topic: Topic, write: PendingWrite, message: Message<A>): Promise<A> {
    const { session, entryOf, call } = this.#options;
    const { name, base, from, send, written } = message;
    this.#operations += 1;
    const operation = `w${this.#operations}`;
    write.state = 'sent';
    for (let attempt = 1; ; attempt += 1) {
      const newest = entryOf(topic)?.newest;
      // What the page states of the topic says which life of the host the base is from (`epoch`).
      const known = from === undefined || from.epoch === newest?.epoch ? newest : undefined;
      const scope = session.writeFrom(topic, known !== undefined);
      const request: WriteRequest = { ...scope, operation, topic, ...(base && { base }) };
      this.#count(topic);
      try {
        const answer = readWriteAnswer(await call(name, topic, () => send(request)));
        this.#onAnswer(topic, write, answer, newest, written(known));
        return answer;
      } catch (reason) {
        const error = toStateSyncError(reason, topic);
        // Only a call that may or may not have arrived is sent again: Rust answers the operation it knows with its
        // first result, so nothing is written twice.
        if (!isLost(error)) {
          write.state = 'queued';
          throw error;
        }
        if (attempt === SEND_ATTEMPTS) {
          this.#settle(topic, write);
          entryOf(topic)?.refresh(); // nobody knows what became of it (`owed`)
          throw error;
        }
        await this.#pauseAfter(attempt);
      }
    }
  }

  #onAnswer(
    topic: Topic,
    write: PendingWrite,
    answer: WriteAnswer,
    known: Snapshot | undefined,
    written: unknown,
  ): void {
    const { session, entryOf } = this.#options;
    const { epoch, revision } = answer;
    // A window that may not read the topic learns no revision, and never gets the value.
    const blind = revision === ZERO_REVISION;
    const places = { sent: known, now: blind ? undefined : entryOf(topic)?.newest };
    this.#line(topic).pending.answer(write, { epoch, revision }, places);
    entryOf(topic)?.settled();
    session.learn(answer, written);
    const entry = entryOf(topic);
    entry?.show();
    // Where the answer did not bring it, the engine gets it (`target`).
    if (!blind) entry?.told({ topic, revision, epoch });
  }

  /** Takes it from what is pending, if it is still there, and shows what there is without it. */
  #settle(topic: Topic, write: PendingWrite, found?: Snapshot): void {
    if (this.#lines.get(topic)?.pending.remove(write) !== true) return;
    this.#learn(topic, found);
    if (found !== undefined) this.#options.entryOf(topic)?.told({ topic, ...found }); // `target`
  }

  /**
   * Nothing of the topic is on its way any more; `snapshot` is what a conflict has brought. In a page with more topics
   * it is not shown, for it is no cut of them all: half of what changed in one step (`one-cut`).
   */
  #learn(topic: Topic, snapshot: Snapshot | undefined): void {
    const { entryOf, session } = this.#options;
    const entry = entryOf(topic);
    entry?.settled();
    if (snapshot !== undefined && session.size === 1) entry?.learn(snapshot);
    entry?.show();
  }

  /** The newest value the page has: what it shows under everything pending, or what a conflict has brought. */
  #newest(topic: Topic, found: Snapshot | undefined): Snapshot | undefined {
    const held = this.#options.entryOf(topic)?.newest;
    if (held === undefined || found === undefined) return found ?? held;
    const current = held.epoch === found.epoch && BigInt(held.revision) >= BigInt(found.revision);
    return current ? held : found;
  }

  /** Asks the host; again when the question got lost. */
  async #ask(topic: Topic): Promise<Snapshot> {
    const { call, transport } = this.#options;
    for (let attempt = 1; ; attempt += 1) {
      try {
        const snapshot = await call('snapshot', topic, () => transport.snapshot(topic));
        const value = readData(snapshot.data, topic);
        return { value, revision: readRevision(snapshot), epoch: undefined };
      } catch (reason) {
        const error = toStateSyncError(reason, topic);
        if (!isLost(error) || attempt === SEND_ATTEMPTS) throw error;
        await this.#pauseAfter(attempt);
      }
    }
  }

  #line(topic: Topic): Line {
    const line = this.#lines.get(topic) ?? { turns: new Turns(), pending: new PendingWrites() };
    this.#lines.set(topic, line);
    return line;
  }

  #count(topic: Topic): void {
    const { statistics } = this.#options.session;
    statistics.writes += 1;
    statistics.of(topic).writes += 1;
  }

  #pauseAfter(attempt: number): Promise<void> {
    return this.#pause(FIRST_PAUSE_MS * 2 ** (attempt - 1) * (1 + this.#options.random() * 0.25));
  }

  #pause(ms: number): Promise<void> {
    const { clock } = this.#options;
    return new Promise((resolve, reject) => {
      const stop = (error: unknown) => {
        this.#pauses.delete(stop);
        clock.clearTimeout(timer);
        reject(error);
      };
      const timer = clock.setTimeout(() => {
        this.#pauses.delete(stop);
        resolve();
      }, ms);
      this.#pauses.add(stop);
    });
  }
}

function checkBase(topic: Topic, base: unknown): void {
  if (base === undefined || isCanonicalRevision(base)) return;
  throw new StateSyncError('invalid-revision', `\`base\` is no canonical revision: ${quoted(base)}.`, {
    topic,
  });
}

function checkAction(topic: Topic, action: unknown): void {
  if (isActionName(action)) return;
  const advice = 'use 1 to 64 characters of A-Z a-z 0-9 _ . -';
  throw new StateSyncError('invalid-action', `${quoted(action)} is no name of an action: ${advice}`, {
    topic,
  });
}

function patchedIfPossible(value: unknown, operations: ReturnType<typeof operationsOf>): unknown {
  try {
    return patched(value, operations);
  } catch {
    return undefined; // the engine asks for it
  }
}

/** The call may or may not have arrived. */
function isLost({ kind }: StateSyncError): boolean {
  return kind === 'timeout' || kind === 'transport';
}

function isConflict(error: unknown): error is StateSyncError {
  return error instanceof StateSyncError && error.kind === 'conflict';
}

/** The current snapshot, where the host sent it along. */
function snapshotIn({ cause }: StateSyncError): Snapshot | undefined {
  const { revision, epoch, data } = (cause ?? {}) as Record<string, unknown>;
  if (!isCanonicalRevision(revision) || typeof epoch !== 'string' || data === undefined) return undefined;
  if (tooDeepAt(data) !== undefined) return undefined;
  return { value: data, revision, epoch };
}
