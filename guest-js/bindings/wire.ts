// Generated from Rust by `cargo xtask bindings`. Do not edit.
// What travels between a page and the plugin; see docs/protocol.md.

/**
 * The complete set of topics a page wants from now on (`whole-set`).
 */
export type SubscribeRequest = { 
/**
 * Random id of the page load.
 */
page: string, 
/**
 * Counts up with every subscribe of the page; the first is 1.
 */
generation: number, 
/**
 * Every topic the page wants. None at all ends the session.
 */
topics: Array<TopicRequest>, };

/**
 * "This is what I have, give me what is newer."
 */
export type PullRequest = { 
/**
 * Random id of the page load.
 */
page: string, 
/**
 * The page's current generation.
 */
generation: number, 
/**
 * Number of the newest signal received, 0 when there was none.
 */
seen: number, 
/**
 * Every topic of the session; none at all is the empty pull that only acknowledges.
 */
topics: Array<TopicRequest>, };

/**
 * One topic of a request.
 */
export type TopicRequest = { 
/**
 * Its name.
 */
topic: string, 
/**
 * What the page has of it, if anything.
 */
known?: Known, };

/**
 * A page's copy of a topic.
 */
export type Known = { 
/**
 * The epoch it is from.
 */
epoch: string, 
/**
 * The revision it has.
 */
revision: string, };

/**
 * The answer to a pull or a subscribe, as `pull.rs` writes it.
 */
export type PullAnswer = { 
/**
 * This life of the counters.
 */
epoch: string, 
/**
 * One result per topic of the request, in its order.
 */
results: Array<PullResult>, };

/**
 * One topic's part of an answer.
 */
export type PullResult = { topic: string, revision: string, data: unknown, } | { topic: string, revision: string, unchanged: true, } | { topic: string, error: TopicFailure, };

/**
 * Why one topic has no snapshot.
 */
export type TopicFailure = { kind: string, message: string, };

/**
 * A single topic's snapshot for simple clients.
 */
export type SnapshotAnswer = { revision: string, data: unknown, };

/**
 * "Your copies of these may be old": a message on a session's Channel. Carries no state.
 */
export type Signal = { 
/**
 * Counts from 1 in each session.
 */
number: number, 
/**
 * The dirty topics.
 */
topics: Array<SignalTopic>, 
/**
 * True when there are too many to name: pull everything.
 */
all?: boolean, };

/**
 * One topic of a signal, and the whole of a plain event.
 */
export type SignalTopic = { 
/**
 * Its name.
 */
topic: string, 
/**
 * The revision it is at now.
 */
revision: string, };

/**
 * A write: of a whole value, of a patch, or by an action. What is written travels beside it.
 */
export type WriteRequest = { 
/**
 * Random id of the page load.
 */
page: string, 
/**
 * The page's current generation; 0 when it has no session.
 */
generation: number, 
/**
 * Unique among the page's writes: a repeated one is answered with the first result.
 */
operation: string, 
/**
 * Which topic.
 */
topic: string, 
/**
 * Which action, when it is one.
 */
action?: string, 
/**
 * The revision the write is based on; when it is no longer current, the answer is `conflict`.
 */
base?: string, 
/**
 * The topics of the session that the answer is to show as they are after the write.
 */
topics?: Array<TopicRequest>, };

/**
 * The answer to a write, as `write.rs` writes it.
 */
export type WriteAnswer = { 
/**
 * The revision this write made.
 */
revision: string, 
/**
 * What an action returned.
 */
result?: unknown, 
/**
 * This life of the counters.
 */
epoch: string, 
/**
 * What the topics of the request are after the write, all at the same moment.
 */
results: Array<WriteResult>, };

/**
 * One topic's part of the answer to a write.
 */
export type WriteResult = PullResult | { topic: string, revision: string, written: true, };

/**
 * Every error a page gets.
 */
export type ErrorBody = { 
/**
 * Stable name of the kind of error.
 */
kind: string, 
/**
 * What happened and what to do.
 */
message: string, 
/**
 * Which topic it is about.
 */
topic?: string, 
/**
 * Which field of the value or arguments it is about.
 */
path?: string, 
/**
 * The topic's current revision, with `conflict`.
 */
revision?: string, 
/**
 * The epoch of that revision, when `data` is there.
 */
epoch?: string, 
/**
 * The data at that revision, when the page's session may read it.
 */
data?: unknown, };

/**
 * What a registry holds at one moment.
 */
export type Inspection = { 
/**
 * This life of the counters.
 */
epoch: string, 
/**
 * Every topic that is registered or wanted, by name.
 */
topics: Array<TopicInspection>, 
/**
 * Every session.
 */
sessions: Array<SessionInspection>, 
/**
 * What happened since the start.
 */
counters: Counters, };

/**
 * One topic.
 */
export type TopicInspection = { 
/**
 * Its name.
 */
topic: string, 
/**
 * Its revision; zero when sessions want it and nobody has registered it.
 */
revision: string, 
/**
 * Bytes of its JSON, if anybody has pulled this revision.
 */
bytes: number | null, 
/**
 * How many sessions want it.
 */
subscribers: number, };

/**
 * One session.
 */
export type SessionInspection = { 
/**
 * The page's id.
 */
page: string, 
/**
 * The session's number.
 */
generation: number, 
/**
 * Label of the window.
 */
window: string, 
/**
 * What it wants and has.
 */
topics: Array<SubscriptionInspection>, 
/**
 * The signal under way, if any.
 */
unacknowledged: UnacknowledgedSignal | null, };

/**
 * One topic of one session.
 */
export type SubscriptionInspection = { 
/**
 * Its name.
 */
topic: string, 
/**
 * What the page last said it has.
 */
known: string | null, 
/**
 * The revision last named in a signal.
 */
signalled: string, 
/**
 * How many revisions the page is behind, by its own word.
 */
lag: number, };

/**
 * A signal the page has not answered.
 */
export type UnacknowledgedSignal = { 
/**
 * Its number.
 */
number: number, 
/**
 * How often it was sent.
 */
attempts: number, };

/**
 * Sums since the start.
 */
export type Counters = { 
/**
 * Commits.
 */
updates: number, 
/**
 * Signals, re-sent ones not counted.
 */
signals: number, 
/**
 * Signals sent again.
 */
resends: number, 
/**
 * Pulls, subscribes and single snapshots; empty pulls not counted.
 */
pulls: number, 
/**
 * Snapshots given out.
 */
snapshots: number, 
/**
 * "Unchanged" given out.
 */
unchanged: number, 
/**
 * Topics refused: unknown, or not for that window.
 */
denied: number, 
/**
 * Sessions given up.
 */
dropped: number, };
