import { describe, expect, test, vi } from 'vitest';
import type { Revision } from '../core/index.ts';
import { collectComplaints, outcome, stage } from './client.rig.ts';
import { createClient } from './client.ts';
import type { PullAnswer } from './wire.ts';

const complaints = collectComplaints();

describe('a topic the host does not have', () => {
  test('is reported once, resolves the subscribe, and arrives by itself when it is registered', async () => {
    const { host, client, clock, named } = stage();
    const onError = vi.fn();
    const handler = vi.fn();
    const promise = outcome(client.subscribe('late', handler, { onError }));
    await clock.settle();
    expect(promise.settled).toBe(true);
    expect(promise.error).toBe(undefined);
    expect(onError.mock.calls.map(([context]) => context.error.kind)).toEqual(['unknown-topic']);
    await clock.advance(10_000);
    expect(named()).toEqual(['subscribe']);
    host.register('late', 'here');
    await clock.advance(300);
    expect(handler.mock.calls).toEqual([['here', { revision: '1', pending: 0 }]]);
  });

  test('is asked for again when its signal overtook the refusal (park)', async () => {
    const { host, client, clock } = stage();
    host.faults.answer = () => ({ delayMs: 50 });
    const handler = vi.fn();
    void client.subscribe('late', handler, { onError: () => {} });
    await clock.settle();
    host.register('late', 'here');
    await clock.advance(100);
    expect(handler.mock.calls).toEqual([['here', { revision: '1', pending: 0 }]]);
  });

  test('goes to the console once when nobody listens for errors', async () => {
    const { client, clock } = stage();
    void client.subscribe('late', () => {});
    void client.subscribe('late', () => {});
    await clock.advance(100_000);
    expect(complaints).toHaveBeenCalledTimes(1);
    expect(String(complaints.mock.calls[0])).toContain('late');
  });

  test('is reported to a late subscriber too', async () => {
    const { client } = stage();
    await client.subscribe('late', () => {}, { onError: () => {} });
    const onError = vi.fn();
    await client.subscribe('late', () => {}, { onError });
    expect(onError.mock.calls.map(([context]) => context.error.kind)).toEqual(['unknown-topic']);
  });

  test('does not fail or repeat the pulls of others (park)', async () => {
    const { host, client, clock } = stage();
    host.register('a', 1);
    const onError = vi.fn();
    const handler = vi.fn();
    await Promise.all([
      client.subscribe('a', handler, { onError }),
      client.subscribe('late', () => {}, { onError }),
    ]);
    host.set('a', 2);
    await clock.advance(60_000);
    expect(handler).toHaveBeenCalledTimes(2);
    expect(onError).toHaveBeenCalledTimes(1);
  });

  test('that vanishes while it is shown is reported, and shown again when it comes back (park)', async () => {
    const { host, client, clock } = stage();
    host.register('a', 1);
    const onError = vi.fn();
    const live = await client.subscribe<number>('a', { onError });
    host.remove('a');
    await clock.advance(25_000);
    expect(live.status).toBe('error');
    expect(live.value).toBe(1);
    expect(onError).toHaveBeenCalledTimes(1);
    host.register('a', 2);
    await clock.advance(300);
    expect(live.value).toBe(2);
    expect(live.status).toBe('ready');
  });
});

describe('a first answer that makes no sense', () => {
  test('is reported in phase protocol and asked for again after a pause', async () => {
    const { host, clock, visibility } = stage();
    host.register('a', 1);
    const page = host.transport();
    let nonsense = 2;
    const client = createClient({
      clock,
      visibility,
      transport: {
        ...page,
        subscribe: async (request, onSignal) => spoil(await page.subscribe(request, onSignal)),
        pull: async (request) => spoil(await page.pull(request)),
      },
    });
    function spoil(answer: PullAnswer): PullAnswer {
      if (nonsense-- <= 0) return answer;
      return {
        ...answer,
        results: answer.results.map((result) => ({ ...result, revision: '01' as Revision })),
      };
    }
    const got: unknown[] = [];
    const phases: unknown[] = [];
    void client.subscribe('a', (value) => got.push(value), { onError: ({ phase }) => phases.push(phase) });
    await clock.advance(1000);
    expect(phases).toEqual(['protocol', 'protocol']);
    expect(got).toEqual([1]);
  });

  test('that leaves out a topic is asked for again', async () => {
    const { host, clock, visibility } = stage();
    host.register('a', 1);
    const page = host.transport();
    let short = true;
    const client = createClient({
      clock,
      visibility,
      transport: {
        ...page,
        subscribe: async (request, onSignal) => {
          const answer = await page.subscribe(request, onSignal);
          const results = short ? [] : answer.results;
          short = false;
          return { ...answer, results };
        },
      },
    });
    const got: unknown[] = [];
    void client.subscribe('a', (value) => got.push(value), { onError: () => {} });
    await clock.advance(1000);
    expect(got).toEqual([1]);
  });
});
