import { describe, expect, test, vi } from 'vitest';
import { collectComplaints, outcome, stage } from './client.rig.ts';
import { StateSyncError } from './error.ts';

const complaints = collectComplaints();

describe('subscribe', () => {
  test('resolves once the first value was delivered', async () => {
    const { host, client, clock } = stage();
    host.register('a', { n: 1 });
    host.faults.answer = () => ({ delayMs: 50 });
    const got: unknown[] = [];
    const promise = outcome(client.subscribe('a', (value, info) => got.push(value, info.revision)));
    await clock.advance(49);
    expect(promise.settled).toBe(false);
    await clock.advance(1);
    expect(promise.settled).toBe(true);
    expect(got).toEqual([{ n: 1 }, '1']);
  });

  test('gives a late subscriber the current value at once, from the one shared engine', async () => {
    const { host, client, named } = stage();
    host.register('a', 1);
    await client.subscribe('a', () => {});
    const late = vi.fn();
    await client.subscribe('a', late);
    expect(late.mock.calls).toEqual([[1, { revision: '1', pending: 0 }]]);
    expect(named()).toEqual(['subscribe']);
  });

  test('keeps the engine until its last subscriber has stopped', async () => {
    const { host, client, clock } = stage();
    host.register('a', 1);
    const first = vi.fn();
    const second = vi.fn();
    const stopFirst = await client.subscribe('a', first);
    const stopSecond = await client.subscribe('a', second);
    stopFirst();
    stopFirst();
    host.set('a', 2);
    await clock.advance(300);
    expect(first).toHaveBeenCalledTimes(1);
    expect(second).toHaveBeenCalledTimes(2);
    expect(host.inspect().topics[0]?.subscribers).toBe(1);
    stopSecond();
    await clock.settle();
    expect(host.inspect().topics[0]?.subscribers).toBe(0);
  });

  test('a handler that throws is reported in phase apply and stops nobody else (isolation)', async () => {
    const { host, client, clock } = stage();
    host.register('a', 1);
    const onError = vi.fn();
    const good = vi.fn();
    await client.subscribe(
      'a',
      () => {
        throw new Error('bad handler');
      },
      { onError },
    );
    await client.subscribe('a', good);
    host.set('a', 2);
    await clock.advance(300);
    expect(good.mock.calls.map(([value]) => value)).toEqual([1, 2]);
    expect(onError.mock.calls.map(([context]) => [context.phase, context.snapshotRevision])).toEqual([
      ['apply', '1'],
      ['apply', '2'],
    ]);
  });

  test('a handler whose promise rejects is reported like one that throws', async () => {
    const { host, client, clock } = stage();
    host.register('a', 1);
    await client.subscribe('a', async () => {
      throw new Error('later');
    });
    await clock.settle();
    expect(complaints).toHaveBeenCalledTimes(1);
    expect(String(complaints.mock.calls[0])).toContain('"a"');
  });

  test('stops when its signal aborts, also before the first value (quiet-after-stop)', async () => {
    const { host, client, clock } = stage();
    host.register('a', 1);
    const controller = new AbortController();
    const handler = vi.fn();
    const promise = outcome(client.subscribe('a', handler, { signal: controller.signal }));
    controller.abort();
    await clock.settle();
    expect(promise.settled).toBe(true);
    expect(promise.error).toBe(undefined);
    expect(handler).not.toHaveBeenCalled();
    expect(clock.pending()).toBe(0);
    expect(host.inspect().sessions).toEqual([]);
  });

  test('with a signal that is aborted already makes no call', async () => {
    const { host, client } = stage();
    const stop = await client.subscribe('a', () => {}, { signal: AbortSignal.abort() });
    const live = await client.subscribe('a', { signal: AbortSignal.abort() });
    stop();
    expect(live.status).toBe('idle');
    expect(host.calls).toEqual([]);
  });

  test('a handler that stops itself while it is called is not called again', async () => {
    const { host, client, clock } = stage();
    host.register('a', 1);
    const got: unknown[] = [];
    const controller = new AbortController();
    await client.subscribe(
      'a',
      (value) => {
        got.push(value);
        controller.abort();
      },
      { signal: controller.signal },
    );
    host.set('a', 2);
    await clock.advance(300);
    expect(got).toEqual([1]);
  });

  test('refuses what is no topic name with kind invalid-topic', async () => {
    const { client, named } = stage();
    for (const name of ['', 'a b', 'ä', 'x'.repeat(129), 7 as unknown as string]) {
      await expect(client.subscribe(name, () => {})).rejects.toMatchObject({ kind: 'invalid-topic' });
    }
    expect(named()).toEqual([]);
  });

  test('refuses the 1025th topic of a page with kind too-many-topics (bounded)', async () => {
    const { client, clock } = stage();
    for (let n = 0; n < 1024; n += 1) void client.subscribe(`t${n}`, () => {}, { onError: () => {} });
    await expect(client.subscribe('one-more', () => {})).rejects.toMatchObject({ kind: 'too-many-topics' });
    await clock.settle();
    client.close();
  });

  test('rejects with kind forbidden when Tauri refuses the command altogether, and leaves nothing behind', async () => {
    const { client, clock } = stage({ forbidden: true });
    const promise = outcome(client.subscribe('a', () => {}));
    await clock.settle();
    expect(promise.error).toBeInstanceOf(StateSyncError);
    expect(promise.error).toMatchObject({ kind: 'forbidden' });
    expect(String(promise.error)).toContain('statesync:default');
    expect(clock.pending()).toBe(0);
    expect(complaints).not.toHaveBeenCalled();
  });

  test('rejects with kind bad-scope when a capability of the window is malformed, and does not keep asking', async () => {
    const { host, client, clock, named } = stage();
    const message = 'window "main" gets no topics: "cart:**" is not a scope entry';
    host.faults.request = () => ({ error: { kind: 'bad-scope', message } });
    const promise = outcome(client.subscribe('a', () => {}));
    await clock.settle();
    expect(promise.error).toMatchObject({ kind: 'bad-scope' });
    expect(String(promise.error)).toContain('"cart:**"');
    await clock.advance(60_000);
    expect(named()).toEqual(['subscribe']);
    expect(complaints).not.toHaveBeenCalled();
  });
});

describe('a live handle', () => {
  test('has value, revision and status, and tells when they change', async () => {
    const { host, client, clock } = stage();
    host.register('a', 1);
    const live = await client.subscribe<number>('a');
    expect([live.value, live.revision, live.status]).toEqual([1, '1', 'ready']);
    const seen: unknown[] = [];
    const unlisten = live.onChange(() => seen.push([live.value, live.status]));
    host.set('a', 2);
    await clock.advance(300);
    expect(seen.at(-1)).toEqual([2, 'ready']);
    unlisten();
    const before = seen.length;
    host.set('a', 3);
    await clock.advance(300);
    expect(seen.length).toBe(before);
    live.stop();
    await clock.settle();
    expect(live.status).toBe('idle');
    expect(clock.pending()).toBe(0);
  });

  test('of a topic the host does not have is in status error and becomes ready by itself', async () => {
    const { host, client, clock } = stage();
    const live = await client.subscribe<number>('late', { onError: () => {} });
    expect([live.value, live.status]).toEqual([undefined, 'error']);
    host.register('late', 5);
    await clock.advance(300);
    expect([live.value, live.status]).toEqual([5, 'ready']);
  });
});

describe('the client', () => {
  test("tells the host's view through inspect and its own through stats", async () => {
    const { host, client, clock } = stage();
    host.register('a', 1);
    await client.subscribe('a', () => {});
    host.set('a', 2);
    await clock.advance(300);
    const inspection = await client.inspect();
    expect(inspection.topics).toEqual([{ topic: 'a', revision: '2', bytes: 1, subscribers: 1 }]);
    expect(inspection.sessions[0]?.page).toBe(client.stats().page);
    expect(client.stats()).toMatchObject({
      generation: 1,
      signals: 1,
      pulls: 1,
      subscribes: 1,
      topics: { a: { signals: 1, pulls: 2, applies: 2 } },
    });
  });

  test('can be closed, which stops everything, and used again', async () => {
    const { host, client, clock } = stage();
    host.register('a', 1);
    const handler = vi.fn();
    await client.subscribe('a', handler);
    const pending = outcome(client.subscribe('late', handler));
    client.close();
    await clock.settle();
    expect(pending.settled).toBe(true);
    expect(clock.pending()).toBe(0);
    host.set('a', 2);
    await clock.advance(1000);
    expect(handler).toHaveBeenCalledTimes(1);
    await client.subscribe('a', handler);
    expect(handler).toHaveBeenLastCalledWith(2, { revision: '2', pending: 0 });
  });
});
