// Keeps a subscription whose every value goes into a store; loses it when it is stopped. Errors are told to whoever asked
// for them, else to the console.

import type { SyncErrorContext, Topic, TopicHandler } from '../index.ts';
import { follow, isServerRendering } from './untyped.ts';

/** What went wrong. `write`: the host refused a change of the store, which has been undone by now. */
export type ConnectErrorContext = SyncErrorContext | { phase: 'write'; topic: Topic; error: unknown };

/** A store and a topic that are kept equal. */
export interface Connection {
  /** Settles once the store has the topic's first value, or it was reported why not. Never rejects. */
  readonly ready: Promise<void>;
  /** Writes what was changed in this very tick, too, and settles when no write is under way. Never rejects. */
  flush(): Promise<void>;
  /** Leaves the store alone. What was changed in this very tick is still written. */
  stop(): void;
}

export type OnError = ((context: ConnectErrorContext) => void) | undefined;

export function complain(context: ConnectErrorContext, onError: OnError): void {
  const { topic, phase, error } = context;
  if (onError === undefined) return console.error(`statesync: "${topic}" failed (${phase})`, error);
  try {
    onError(context);
  } catch (thrown) {
    console.error(`statesync: the onError handler of "${topic}" threw`, thrown);
  }
}

/** The half of a connection that shows the topic. */
export function showTopic<D>(
  topic: Topic,
  show: TopicHandler<D>,
  onError: OnError,
): Pick<Connection, 'ready' | 'stop'> {
  const run = new AbortController();
  const { signal } = run;
  let reported: unknown;
  const report = (context: ConnectErrorContext) => {
    reported = context.error;
    complain(context, onError);
  };
  // Without a handler the client says once for many what it has to say.
  const ready = follow<D>(topic, show, onError ? { signal, onError: report } : { signal }).then(
    () => {},
    (error) => {
      // A refusal is reported first and rejects then.
      if (error !== reported && !isServerRendering(error)) report({ phase: 'start', topic, error });
    },
  );
  return { ready, stop: () => run.abort() };
}
