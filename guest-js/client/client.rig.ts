// A client on a host in memory.

import { afterEach, beforeEach, vi } from 'vitest';
import {
  createManualClock,
  createManualVisibility,
  createMemoryHost,
  type MemoryWindow,
} from '../testing/index.ts';
import { createClient } from './client.ts';

export function stage(window: MemoryWindow = {}) {
  const clock = createManualClock();
  const visibility = createManualVisibility();
  const host = createMemoryHost({ clock });
  const client = createClient({ transport: host.transport(window), clock, visibility, random: () => 0.5 });
  const named = () => host.calls.map(({ name }) => name);
  return { clock, visibility, host, client, named };
}

/** What a promise has come to, without waiting for it. */
export function outcome(promise: Promise<unknown>) {
  const seen: { value?: unknown; error?: unknown; settled: boolean } = { settled: false };
  promise.then(
    (value) => Object.assign(seen, { value, settled: true }),
    (error) => Object.assign(seen, { error, settled: true }),
  );
  return seen;
}

/** What goes to `console.error` in the running test, kept from the screen. To be called at the top of a file. */
export function collectComplaints() {
  const complaints = vi.fn();
  beforeEach(() => {
    complaints.mockReset();
    vi.spyOn(console, 'error').mockImplementation(complaints);
  });
  afterEach(() => {
    vi.restoreAllMocks();
  });
  return complaints;
}
