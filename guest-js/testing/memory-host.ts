// Keeps a whole host in memory, with the rules of the Rust side: topics, revisions, sessions, signals, writes. Loses
// what its fault hooks say. For an app's own tests without Tauri, and for this package's.

import { type PageClock, pageClock } from '../client/environment.ts';
import type { PluginTransport } from '../client/transport.ts';
import type {
  ActionAnswer,
  Inspection,
  PullRequest,
  Signal,
  TopicRequest,
  TopicResult,
  WriteAnswer,
  WriteRequest,
} from '../client/wire.ts';
import type { Revision, Topic } from '../core/index.ts';
import { carry, type Faults, type HostCall } from './faults.ts';
import { copyOf } from './memory-json.ts';
import { type Action, MemoryRules, type Normalize, type Validate } from './memory-rules.ts';
import { checkTopics, MemorySessions } from './memory-sessions.ts';
import { MemoryTopics, refusal, textOf } from './memory-topics.ts';
import { type Change, MemoryWrites } from './memory-writes.ts';

export interface MemoryHostOptions {
  clock?: PageClock;
  epoch?: string;
  /** The topics that a page gets before its first script, as far as its window may read them; none by default. */
  firstPaint?: (topic: Topic) => boolean;
}

/** A window of the in-memory host: who the caller is, and what it may do (`scope-at-every-read`). */
export interface MemoryWindow {
  label?: string;
  /** What it may see. */
  readable?: (topic: Topic) => boolean;
  /** What it may set; a patch needs to read as well. */
  writable?: (topic: Topic) => boolean;
  /** Which actions it may run. */
  callable?: (topic: Topic, action: string) => boolean;
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
  /** `readOnly`: windows can run its actions, but not set or patch it. */
  register(topic: Topic, value: unknown, options?: { readOnly?: boolean }): Revision;
  /** The topic is gone, its counter is not (`monotone`): everybody who has it is told. */
  remove(topic: Topic): void;
  set(topic: Topic, value: unknown): Revision;
  update<T>(topic: Topic, change: (value: T) => T): Revision;
  /** Several topics at once: seen whole or not at all (`one-cut`). */
  transaction(values: Record<Topic, unknown>): void;
  /** A named action of a topic, or of a family such as `cart:{id}`: a topic's own counts before its family's. */
  action<T, Args>(target: string, name: string, action: Action<T, Args>): void;
  /** Refuses values of windows for a topic or family that do not fit: `invalid-value` with their path. */
  validate<T>(target: string, validate: Validate<T>): void;
  /** Changes values of windows for a topic or family, as a Rust type does that knows other fields than the window. */
  normalize<T>(target: string, normalize: Normalize<T>): void;
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
  const rules = new MemoryRules();
  let lives = 1;
  let epoch = options.epoch ?? 'memory-1';

  const onCommit = (names: Topic[]) => {
    counters.updates += names.length;
    sessions.schedule();
  };
  const live = () => {
    const topics = new MemoryTopics(onCommit);
    const sessions = new MemorySessions(topics, clock, () => epoch);
    return { topics, sessions };
  };
  let { topics, sessions } = live();

  const found = (topic: Topic, readable: (topic: Topic) => boolean) => {
    const state = readable(topic) ? topics.find(topic) : undefined;
    if (state === undefined) counters.denied += 1;
    return state;
  };
  const unknown = (topic: Topic) =>
    refusal('unknown-topic', `topic "${topic}" does not exist or this window has no permission for it`, {
      topic,
    });

  const cut = (wanted: TopicRequest[], readable: (topic: Topic) => boolean): TopicResult[] =>
    wanted.map(({ topic, known }) => {
      const state = found(topic, readable);
      if (state === undefined) return { topic, error: unknown(topic) };
      const revision = textOf(state.revision);
      if (known?.epoch === epoch && known.revision === revision) {
        counters.unchanged += 1;
        return { topic, revision, unchanged: true };
      }
      counters.snapshots += 1;
      return { topic, revision, data: JSON.parse(state.text) };
    });

  const writes = new MemoryWrites({ rules, host: () => ({ topics, sessions, epoch }), cut, unknown });

  const transport = (window: MemoryWindow = {}): PluginTransport => {
    const { label = 'main', forbidden = false } = window;
    const readable = (topic: Topic) => window.readable?.(topic) ?? true;
    const writer = {
      window: label,
      readable,
      writable: (topic: Topic) => window.writable?.(topic) ?? true,
      callable: (topic: Topic, action: string) => window.callable?.(topic, action) ?? true,
    };

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
    const pulled = (wanted: TopicRequest[]) => {
      if (wanted.length > 0) counters.pulls += 1;
      return { epoch, results: cut(wanted, readable) };
    };
    const write = (call: HostCall, request: WriteRequest, change: Change): Promise<ActionAnswer> =>
      run(call, () => {
        checkTopics({ page: request.page, topics: [{ topic: request.topic }, ...(request.topics ?? [])] });
        return writes.run(writer, request, change);
      });

    // Every transport is a page load: this is its moment.
    const first = forbidden
      ? []
      : topics.names().filter((topic) => options.firstPaint?.(topic) && readable(topic));
    let text: string | undefined =
      first.length === 0
        ? undefined
        : JSON.stringify({
            epoch,
            results: cut(
              first.map((topic) => ({ topic })),
              readable,
            ),
          });

    return {
      firstPaint() {
        const taken = text;
        text = undefined;
        return taken;
      },
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
          return pulled(request.topics);
        });
      },
      pull: (request: PullRequest) =>
        run({ name: 'pull', window: label, request }, () => {
          sessions.pull(label, request);
          return pulled(request.topics);
        }),
      // What an app does to its objects after the call does not travel.
      set: async (request, value): Promise<WriteAnswer> => {
        const call: HostCall = { name: 'set', window: label, request, value: copyOf(value) };
        const { result: _, ...answer } = await write(call, request, { by: 'set', value: call.value });
        return answer;
      },
      patch: async (request, operations): Promise<WriteAnswer> => {
        const call: HostCall = { name: 'patch', window: label, request, operations: copyOf(operations) };
        const { result: _, ...answer } = await write(call, request, {
          by: 'patch',
          operations: call.operations,
        });
        return answer;
      },
      action: async (request, args) => {
        const call: HostCall = { name: 'action', window: label, request, args: copyOf(args) };
        return await write(call, request, { by: 'action', name: request.action, args: call.args });
      },
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
    sessions: sessions.inspect(),
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
    register(topic, value, { readOnly = false } = {}) {
      const revision = topics.register(topic, value);
      rules.setReadOnly(topic, readOnly);
      return revision;
    },
    remove: (topic) => topics.remove(topic),
    set: (topic, value) => topics.write({ [topic]: value })[topic] as Revision,
    update: (topic, change) => topics.write({ [topic]: change(currentValue(topic)) })[topic] as Revision,
    transaction: (values) => {
      topics.write(values);
    },
    action: (target, name, action) => rules.addAction(target, name, action),
    validate: (target, validate) => rules.validations.add(target, validate),
    normalize: (target, normalize) => rules.normalizations.add(target, normalize),
    value: (topic) => currentValue(topic),
    revision: (topic) => textOf(topics.find(topic)?.revision ?? 0n),
    transport,
    endSessions: (label) => sessions.endAll((session) => label === undefined || session.window === label),
    restart() {
      const texts = topics.names().map((topic) => [topic, currentValue(topic)] as const);
      sessions.forget();
      writes.forget();
      lives += 1;
      epoch = `memory-${lives}`;
      ({ topics, sessions } = live());
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
