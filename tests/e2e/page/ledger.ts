// Keeps count of the plugin's signals and calls as they pass between this page and Tauri, below the guest and without
// its help. Loses what goes over the postMessage interface, which is used only when the fast path is blocked.
// Imported before the guest makes its first call.
//
// `single-flight`: the signals that arrive while one pull is in flight cost at most two pulls. So between two causes (a
// signal, an own write, a look at the page) at most two pulls begin, and never two at a time.

import { internals } from './host.ts';

/** What the test program reads. */
export interface LedgerReport {
  signals: number;
  subscribes: number;
  pulls: number;
  emptyPulls: number;
  writes: number;
  /** Looks at the page: focus, page show, change of visibility. */
  looks: number;
  /** Most pulls that began between two causes. */
  mostPullsPerCause: number;
  /** Most pulls in flight at a time in one session. */
  mostInFlight: number;
  /** Signals that no call has answered. */
  unanswered: number;
  /** Longest time from a signal to the call that answered it (`always-seen`). */
  slowestAnswerMs: number;
  /** Topics that signals named. */
  signalled: string[];
  /** How many subscribes and pulls named each topic. */
  asked: Record<string, number>;
}

const report: Omit<LedgerReport, 'signalled' | 'asked'> = {
  signals: 0,
  subscribes: 0,
  pulls: 0,
  emptyPulls: 0,
  writes: 0,
  looks: 0,
  mostPullsPerCause: 0,
  mostInFlight: 0,
  unanswered: 0,
  slowestAnswerMs: 0,
};
let pullsSinceCause = 0;
const inFlight = new Map<number, number>();
let pending: { number: number; at: number }[] = [];
const channels = new Set<number>();
let deaf: ReadonlySet<number> = new Set();
const signalled = new Set<string>();
const asked: Record<string, number> = {};

export function ledger(): LedgerReport {
  return { ...report, unanswered: pending.length, signalled: [...signalled], asked };
}

/** From now on no message of the Channels of this moment reaches the page. Returns how many there are. */
export function swallowChannels(): number {
  deaf = new Set(channels);
  return deaf.size;
}

function cause(): void {
  pullsSinceCause = 0;
}

interface Request {
  generation: number;
  topics: { topic: string }[];
  seen?: number;
}

function onPull(request: Request): () => void {
  const now = performance.now();
  const seen = request.seen ?? 0;
  for (const signal of pending) {
    if (signal.number <= seen) report.slowestAnswerMs = Math.max(report.slowestAnswerMs, now - signal.at);
  }
  pending = pending.filter((signal) => signal.number > seen);
  if (request.topics.length === 0) {
    report.emptyPulls += 1;
    return () => {};
  }
  report.pulls += 1;
  pullsSinceCause += 1;
  report.mostPullsPerCause = Math.max(report.mostPullsPerCause, pullsSinceCause);
  const { generation } = request;
  const together = (inFlight.get(generation) ?? 0) + 1;
  inFlight.set(generation, together);
  report.mostInFlight = Math.max(report.mostInFlight, together);
  return () => inFlight.set(generation, (inFlight.get(generation) ?? 1) - 1);
}

/** Notes a call that leaves; what is returned runs when it is answered. */
function onCall(command: string, body: unknown): () => void {
  const { request } = (typeof body === 'string' ? JSON.parse(body) : {}) as { request?: Request };
  // What a write names is answered with it; only what was asked for is counted.
  const asks = command === 'subscribe' || command === 'pull' ? request?.topics : [];
  for (const { topic } of asks ?? []) asked[topic] = (asked[topic] ?? 0) + 1;
  if (command === 'subscribe') {
    report.subscribes += 1;
    pending = [];
    cause();
  } else if (command === 'pull' && request) {
    return onPull(request);
  } else if (command === 'set' || command === 'patch' || command === 'action') {
    report.writes += 1;
    return cause;
  }
  return () => {};
}

function onSignal(message: unknown): void {
  const { number, topics } = (message ?? {}) as { number?: unknown; topics?: { topic: string }[] };
  if (typeof number !== 'number') return;
  for (const { topic } of topics ?? []) signalled.add(topic);
  report.signals += 1;
  pending.push({ number, at: performance.now() });
  cause();
}

const plainFetch = window.fetch.bind(window);
window.fetch = (input, init) => {
  const url = String(input instanceof Request ? input.url : input);
  const command = /^(?:ipc:\/\/localhost|http:\/\/ipc\.localhost)\/plugin%3Astatesync%7C(\w+)$/.exec(
    url,
  )?.[1];
  const onAnswer = command === undefined ? () => {} : onCall(command, init?.body);
  const answer = plainFetch(input, init);
  answer.then(onAnswer, onAnswer);
  return answer;
};

const setCallback = internals.callbacks.set.bind(internals.callbacks);
internals.callbacks.set = (id, callback) =>
  setCallback(id, (data) => {
    if (typeof data === 'object' && data !== null && 'index' in data && 'message' in data) {
      channels.add(id);
      if (deaf.has(id)) return;
      onSignal(data.message);
    }
    return callback(data);
  });

for (const look of ['focus', 'pageshow']) {
  window.addEventListener(look, () => {
    report.looks += 1;
    cause();
  });
}
document.addEventListener('visibilitychange', () => {
  report.looks += 1;
  cause();
});
