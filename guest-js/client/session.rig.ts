// A page on a host in memory, and what the page asked of it, in short.

import {
  createManualClock,
  createManualVisibility,
  createMemoryHost,
  type HostCall,
} from '../testing/index.ts';
import { createClient } from './client.ts';
import type { SessionTimes } from './session.ts';

export function stage(timeouts: Partial<SessionTimes> = {}) {
  const clock = createManualClock();
  const visibility = createManualVisibility();
  const host = createMemoryHost({ clock });
  const client = createClient({
    transport: host.transport(),
    clock,
    visibility,
    random: () => 0.5,
    timeouts,
  });
  /** Calls since the last time this was asked, in short. */
  const calls = () => host.calls.splice(0).map(short);
  /** A subscriber that keeps what it got. */
  const watch = async (topic: string, options = {}) => {
    const values: unknown[] = [];
    const errors: unknown[] = [];
    const stopped = client.subscribe(topic, (value) => values.push(value), {
      onError: (context) => errors.push((context.error as { kind?: unknown }).kind ?? context.error),
      ...options,
    });
    stopped.catch(() => {});
    await clock.settle();
    return { values, errors, stop: async () => (await stopped)() };
  };
  return { clock, visibility, host, client, calls, watch };
}

function short(call: HostCall): string {
  if (call.name === 'subscribe' || call.name === 'pull') {
    const names = call.request.topics.map(({ topic, known }) =>
      known ? `${topic}@${known.revision}` : topic,
    );
    const seen = call.name === 'pull' ? ` seen ${call.request.seen}` : '';
    return `${call.name} ${call.request.generation} [${names}]${seen}`;
  }
  return call.name;
}
