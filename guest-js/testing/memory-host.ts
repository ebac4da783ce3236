// Keeps a whole host in memory, with the rules of the Rust side: topics, revisions, sessions, signals, writes. Loses
// what its fault hooks say. For an app's own tests without Tauri, and for this package's.

import { type PageClock, pageClock } from '../client/environment.ts';
import type { PluginTransport } from '../client/transport.ts';
import type { Inspection, PullAnswer, PullRequest, Signal, SubscribeRequest } from '../client/wire.ts';
import { isCanonicalRevision, type Revision, type Topic } from '../core/index.ts';
import { carry, type Faults, type HostCall } from './faults.ts';
import { MemorySessions } from './memory-sessions.ts';
import { MemoryTopics, refusal, textOf } from './memory-topics.ts';

export interface MemoryHostOptions {
  clock?: PageClock;
  epoch?: string;
}

/** A window of the in-memory host: who the caller is, and what it may do (`scope-at-every-read`). */
export interface MemoryWindow {
  label?: string;
  readable?: (topic: Topic) => boolean;
  writable?: (topic: Topic) => boolean;
  /** What Tauri's access control says when the window has no permission for the plugin at all. */
  forbidden?: boolean;
}

export interface MemoryHost {
  /** One run of the host; `restart` makes another. */
  readonly epoch: string;
  /** Every call that left a page, in order; also those that got lost. */
  readonly calls: HostCall[];
  /** What goes wrong; set its hooks at any time. */
  readonly faults: Faults;
  register(topic: Topic, value: unknown): Revision;
  set(topic: Topic, value: unknown): Revision;
  update<T>(topic: Topic, change: (value: T) => T): Revision;
  /** Several topics at once: seen whole or not at all (`one-cut`). */
  transaction(values: Record<Topic, unknown>): void;
  /** The topic is gone, its counter is not (`monotone`). */
  drop(topic: Topic): void;
  value<T>(topic: Topic): T;
  revision(topic: Topic): Revision;
  /** A page of a window: what its session talks to. Every call is another page load. */
  transport(window?: MemoryWindow): PluginTransport;
  /** Ends the sessions of a window, or of all, as a reload does. The pages are not told. */
  endSessions(label?: string): void;
  /** Another life of the counters: a new epoch, revisions from 1, no sessions. */
  restart(): void;
  inspect(): Inspection;
}

export function createMemoryHost(options: MemoryHostOptions = {}): MemoryHost {
  const clock = options.clock ?? pageClock;
  const calls: HostCall[] = [];
  const faults: Faults = {};
  const counters = { updates: 0, pulls: 0, snapshots: 0, unchanged: 0, denied: 0 };
  const written = new Map<string, { answer?: { revision: Revision }; error?: unknown }>();
  let lives = 1;
  let epoch = options.epoch ?? 'memory-1';

  const onCommit = (names: Topic[]) => {
    counters.updates += names.length;
    sessions.schedule();
  };
  let topics = new MemoryTopics(onCommit);
  let sessions = new MemorySessions(topics, clock, () => epoch);

  const found = (topic: Topic, readable: (topic: Topic) => boolean) => {
    const state = readable(topic) ? topics.find(topic) : undefined;
    if (state === undefined) counters.denied += 1;
    return state;
  };
  const unknown = (topic: Topic) =>
    refusal('unknown-topic', `topic "${topic}" does not exist or this window has no permission for it`, {
      topic,
    });

  const answer = (request: SubscribeRequest, readable: (topic: Topic) => boolean): PullAnswer => {
    if (request.topics.length > 0) counters.pulls += 1;
    return {
      epoch,
      results: request.topics.map(({ topic, known }) => {
        const state = found(topic, readable);
        if (state === undefined) return { topic, error: unknown(topic) };
        const revision = textOf(state.revision);
        if (known?.epoch === epoch && known.revision === revision) {
          counters.unchanged += 1;
          return { topic, revision, unchanged: true };
        }
        counters.snapshots += 1;
        return { topic, revision, data: JSON.parse(state.text) };
      }),
    };
  };

  const write = (page: string, operation: string, topic: Topic, base: unknown, value: unknown) => {
    const key = `${page} ${operation}`;
    const earlier = written.get(key);
    if (earlier?.error !== undefined) throw earlier.error;
    if (earlier?.answer !== undefined) return earlier.answer;
    try {
      const current = topics.find(topic);
      if (current === undefined) throw unknown(topic);
      if (base !== undefined && !isCanonicalRevision(base)) {
        throw refusal('invalid-revision', `"${String(base)}" is no canonical revision`, { topic });
      }
      const revision = textOf(current.revision);
      if (base !== undefined && base !== revision) {
        throw refusal('conflict', `topic "${topic}" is at revision ${revision} by now`, { topic, revision });
      }
      const result = { revision: topics.write({ [topic]: value })[topic] as Revision };
      written.set(key, { answer: result });
      return result;
    } catch (error) {
      written.set(key, { error });
      throw error;
    }
  };

  const transport = (window: MemoryWindow = {}): PluginTransport => {
    const { label = 'main', forbidden = false } = window;
    const readable = (topic: Topic) => window.readable?.(topic) ?? true;
    const writable = (topic: Topic) => window.writable?.(topic) ?? true;

    const run = async <T>(call: HostCall, work: () => T): Promise<T> => {
      calls.push(call);
      await carry(clock, faults.request?.(call));
      if (forbidden)
        throw `statesync.${call.name} not allowed. Permissions associated with this command: none`;
      let outcome: { value: T } | { error: unknown };
      try {
        outcome = { value: work() };
      } catch (error) {
        outcome = { error };
      }
      await carry(clock, faults.answer?.(call));
      if ('error' in outcome) throw structuredClone(outcome.error);
      return outcome.value;
    };

    return {
      subscribe(request, onSignal) {
        const receive = inOrder(onSignal);
        let sent = 0;
        const send = (signal: Signal) => {
          const index = sent;
          sent += 1;
          const { page, generation } = request;
          const fault = faults.signal?.({ window: label, page, generation, signal });
          carry(clock, fault).then(
            () => receive(index, structuredClone(signal)),
            () => {},
          );
        };
        return run({ name: 'subscribe', window: label, request }, () => {
          sessions.subscribe(label, request, readable, send);
          return answer(request, readable);
        });
      },
      pull: (request: PullRequest) =>
        run({ name: 'pull', window: label, request }, () => {
          sessions.pull(label, request);
          return answer(request, readable);
        }),
      set: (request, value) =>
        run({ name: 'set', window: label, request, value }, () => {
          if (!readable(request.topic)) throw unknown(request.topic);
          if (!writable(request.topic)) {
            throw refusal('forbidden', `this window may not write "${request.topic}"`, {
              topic: request.topic,
            });
          }
          return write(`${label} ${request.page}`, request.operation, request.topic, request.base, value);
        }),
      snapshot: (topic) =>
        run({ name: 'snapshot', window: label, topic }, () => {
          const state = found(topic, readable);
          if (state === undefined) throw unknown(topic);
          return { revision: textOf(state.revision), data: JSON.parse(state.text) };
        }),
      inspect: () => run({ name: 'inspect', window: label }, inspect),
    };
  };

  const inspect = (): Inspection => ({
    epoch,
    topics: topics.names().map((topic) => ({
      topic,
      revision: textOf(topics.revisionOf(topic)),
      bytes: topics.find(topic)?.text.length ?? null,
      subscribers: sessions.all().filter((session) => session.topics.has(topic)).length,
    })),
    sessions: sessions.all().map((session) => ({
      page: session.page,
      generation: session.generation,
      window: session.window,
      topics: [...session.topics].map(([topic, { known, signalled }]) => ({
        topic,
        known: known === 0n ? null : textOf(known),
        signalled: textOf(signalled),
        lag: Number(topics.revisionOf(topic) - known),
      })),
      unacknowledged: session.slot
        ? { number: session.slot.number, attempts: session.slot.resends + 1 }
        : null,
    })),
    counters: { ...counters, ...sessions.counters },
  });

  const currentValue = (topic: Topic) => {
    const state = topics.find(topic);
    if (state === undefined) throw unknown(topic);
    return JSON.parse(state.text);
  };

  return {
    get epoch() {
      return epoch;
    },
    calls,
    faults,
    register: (topic, value) => topics.register(topic, value),
    set: (topic, value) => topics.write({ [topic]: value })[topic] as Revision,
    update: (topic, change) => topics.write({ [topic]: change(currentValue(topic)) })[topic] as Revision,
    transaction: (values) => {
      topics.write(values);
    },
    drop: (topic) => topics.drop(topic),
    value: (topic) => currentValue(topic),
    revision: (topic) => textOf(topics.revisionOf(topic)),
    transport,
    endSessions: (label) => sessions.endAll((session) => label === undefined || session.window === label),
    restart() {
      const texts = topics.names().map((topic) => [topic, currentValue(topic)] as const);
      sessions.forget();
      written.clear();
      lives += 1;
      epoch = `memory-${lives}`;
      topics = new MemoryTopics(onCommit);
      sessions = new MemorySessions(topics, clock, () => epoch);
      for (const [topic, value] of texts) topics.register(topic, value);
    },
    inspect,
  };
}

/** A Channel delivers in order and waits for ever behind a gap: only a new Channel heals a lost message. */
function inOrder(onSignal: (signal: Signal) => void): (index: number, signal: Signal) => void {
  const early = new Map<number, Signal>();
  let next = 0;
  return (index, signal) => {
    early.set(index, signal);
    for (let ready = early.get(next); ready !== undefined; ready = early.get(next)) {
      early.delete(next);
      next += 1;
      onSignal(ready);
    }
  };
}
