import { describe, expect, test, vi } from 'vitest';
import type { HostCall } from '../testing/index.ts';
import { collectComplaints, outcome, stage } from './client.rig.ts';

collectComplaints();

interface Counter {
  n: number;
  other?: string;
}

const isWrite = (call: HostCall) => call.name === 'set' || call.name === 'patch' || call.name === 'action';

/** Delays the answers of writes, so that signals overtake them. */
const slowWrites = (ms: number) => (call: HostCall) => (isWrite(call) ? { delayMs: ms } : undefined);

describe('a write', () => {
  test('of a topic that is shown costs no pull, though its signal overtakes the answer', async () => {
    const { host, client, clock, named } = stage();
    host.register('a', { n: 1 });
    const handler = vi.fn();
    await client.subscribe('a', handler);
    host.faults.answer = slowWrites(40);
    const written = outcome(client.topic<Counter>('a').set({ n: 2 }));
    await clock.advance(39);
    expect(client.stats().signals).toBe(1);
    expect(handler).toHaveBeenCalledTimes(1);
    await clock.advance(1);
    expect(written.value).toBe('2');
    expect(handler).toHaveBeenLastCalledWith({ n: 2 }, { revision: '2', pending: 0 });
    await clock.advance(5000);
    expect(named().filter((name) => name === 'set' || name === 'subscribe')).toEqual(['subscribe', 'set']);
    expect(client.stats()).toMatchObject({ pulls: 0, writes: 1, acknowledgements: 1 });
    expect(client.stats().topics.a).toMatchObject({ writes: 1, pulls: 1, applies: 2 });
    expect(handler).toHaveBeenCalledTimes(2);
  });

  test('costs no pull when its signal comes after the answer', async () => {
    const { host, client, clock } = stage();
    host.register('a', 1);
    await client.subscribe('a', () => {});
    host.faults.signal = () => ({ delayMs: 30 });
    for (const value of [2, 3, 4]) await client.topic('a').set(value);
    await clock.advance(5000);
    expect(client.stats()).toMatchObject({ pulls: 0, writes: 3 });
    expect(client.topic('a').status).toEqual({ sync: 'ready', pending: 0 });
  });

  test('is shown before its promise resolves, and the topic is never stale in between', async () => {
    const { host, client, clock } = stage();
    host.register('a', 1);
    const live = await client.subscribe<number>('a');
    const seen: unknown[] = [];
    live.onChange(() => seen.push([live.value, live.revision, live.status, live.pending]));
    const written = client.topic<number>('a').set(2);
    await written;
    expect(live.value).toBe(2);
    await clock.advance(1000);
    expect(new Set(seen.map((state) => JSON.stringify(state)))).toEqual(
      new Set(['[1,"1","ready",1]', '[2,"2","ready",0]']),
    );
  });

  test('whose answer takes long lets the signal cause a pull after 100 ms (target)', async () => {
    const { host, client, clock } = stage();
    host.register('a', 1);
    const live = await client.subscribe('a');
    host.faults.answer = slowWrites(3000);
    const written = outcome(client.topic('a').set(2));
    await clock.advance(99);
    expect(client.stats().pulls).toBe(0);
    expect(live.value).toBe(1);
    await clock.advance(2);
    expect(client.stats().pulls).toBe(1);
    expect(live.value).toBe(2);
    await clock.advance(3000);
    expect(written.value).toBe('2');
    expect(client.stats().pulls).toBe(1);
  });

  test('answers every signal in time, also those that are held back (always-seen)', async () => {
    const { host, client, clock } = stage();
    host.register('a', 1);
    await client.subscribe('a', () => {});
    host.faults.answer = slowWrites(90);
    void client.topic('a').set(2);
    await clock.advance(60);
    expect(host.inspect().sessions[0]?.unacknowledged).toBe(null);
    expect(client.stats()).toMatchObject({ acknowledgements: 1, pulls: 0 });
  });

  test('is not undone by an older pull answer that comes later (strictly-newer)', async () => {
    const { host, client, clock } = stage();
    host.register('a', 1);
    host.register('b', 1);
    const values: unknown[] = [];
    await client.subscribe('a', (value) => values.push(value));
    await client.subscribe('b', () => {});
    host.faults.answer = (call) => (call.name === 'pull' ? { delayMs: 500 } : undefined);
    host.set('b', 2);
    await clock.settle();
    expect(client.stats().pulls).toBe(1);
    await client.topic('a').set(2);
    expect(values).toEqual([1, 2]);
    await clock.advance(5000);
    expect(values).toEqual([1, 2]);
    expect(client.topic('a').status).toEqual({ sync: 'ready', pending: 0 });
  });

  test('makes the answer of a pull smaller that the engine asked for before', async () => {
    const { host, client, clock, visibility } = stage();
    const errors = vi.fn();
    host.register('a', { n: 1 });
    const live = await client.subscribe<Counter>('a', { onError: errors });
    visibility.hide(); // the pull waits
    host.set('a', { n: 2 });
    await clock.advance(100);
    await client.topic<Counter>('a').set({ n: 3 });
    host.calls.length = 0;
    await clock.advance(5000);
    const pulls = host.calls.filter((call) => call.name === 'pull' && call.request.topics.length > 0);
    expect(pulls).toMatchObject([{ request: { topics: [{ known: { revision: '3' } }] } }]);
    expect(host.inspect().counters.unchanged).toBe(1);
    expect([live.value, live.status]).toEqual([{ n: 3 }, 'ready']);
    expect(errors).not.toHaveBeenCalled();
  });

  test('brings a change of two topics in one moment (one-cut)', async () => {
    const { host, client, clock } = stage();
    for (const topic of ['a', 'b', 'c']) host.register(topic, 0);
    const a = await client.subscribe<number>('a');
    const b = await client.subscribe<number>('b');
    const seen: unknown[] = [];
    await client.subscribe('a', () => seen.push([a.value, b.value]));
    await client.subscribe('b', () => seen.push([a.value, b.value]));
    await client.subscribe('c', () => {});
    host.faults.signal = () => 'lose';
    host.transaction({ a: 1, b: 1 });
    expect(seen).toEqual([
      [0, 0],
      [0, 0],
    ]);
    await client.topic('c').set(1);
    expect(seen.slice(2)).toEqual([
      [1, 1],
      [1, 1],
    ]);
    expect(client.stats().pulls).toBe(0);
    await clock.advance(10_000);
    expect(seen).toHaveLength(4);
  });

  test('shows the value as Rust stores it where that differs from what was sent', async () => {
    const { host, client } = stage();
    host.register('a', { n: 1 });
    host.normalize<Counter>('a', ({ n }) => ({ n: Math.min(n, 10) }));
    const live = await client.subscribe<Counter>('a');
    await client.topic<Counter>('a').set({ n: 99 });
    expect(live.value).toEqual({ n: 10 });
    await client.topic<Counter>('a').patch([{ op: 'replace', path: '/n', value: 50 }]);
    expect(live.value).toEqual({ n: 10 });
    expect(client.stats().pulls).toBe(0);
  });

  test('sends what the value was at the time of the call, as JSON has it', async () => {
    const { host, client } = stage();
    host.register('a', {});
    const live = await client.subscribe('a');
    const value = { when: new Date(0), list: [1], gone: undefined as unknown };
    const written = client.topic('a').set(value);
    value.list.push(2);
    await written;
    const expected = { when: '1970-01-01T00:00:00.000Z', list: [1] };
    expect(host.value('a')).toEqual(expected);
    expect(live.value).toStrictEqual(expected);
  });

  test('leaves the identity of what did not change alone', async () => {
    const { host, client, clock } = stage();
    host.register('a', { left: { n: 1 }, right: { n: 1 } });
    const live = await client.subscribe<{ left: Counter; right: Counter }>('a');
    const before = live.value;
    await client.topic<typeof before>('a').update((draft) => {
      draft.right.n = 2;
    });
    expect(live.value.left).toBe(before.left);
    expect(live.value.right).toEqual({ n: 2 });
    const { right } = live.value;
    host.update<typeof before>('a', (value) => ({ ...value, left: { n: 5 } }));
    await clock.advance(1000);
    expect(live.value.left).toEqual({ n: 5 });
    expect(live.value.right).toBe(right);
  });

  test('works without a session, and says nothing of topics then', async () => {
    const { host, client } = stage();
    host.register('a', 1);
    expect(await client.topic('a').set(2)).toBe('2');
    expect(await client.topic<number>('a').update((n) => n + 1)).toBe('3');
    expect(host.value('a')).toBe(3);
    expect(host.calls.filter(isWrite).map((call) => 'request' in call && call.request)).toMatchObject([
      { generation: 0, topics: [] },
      { generation: 0, topics: [] },
    ]);
  });

  test('of a topic that is not shown brings what the page does show', async () => {
    const { host, client } = stage();
    host.register('a', 1);
    host.register('b', 1);
    const live = await client.subscribe('a');
    host.faults.signal = () => 'lose';
    host.set('a', 2);
    await client.topic('b').set(2);
    expect(live.value).toBe(2);
  });

  test('heals a session that the host has lost (give-up)', async () => {
    const { host, client, clock } = stage();
    host.register('a', 1);
    const live = await client.subscribe('a');
    host.endSessions();
    await client.topic('a').set(2);
    await clock.settle();
    expect(live.value).toBe(2);
    expect(client.stats().losses).toBe(1);
    host.set('a', 3);
    await clock.settle();
    expect(live.value).toBe(3);
  });

  test('of a host that was started again is shown after the fresh subscribe (epoch)', async () => {
    const { host, client, clock } = stage();
    host.register('a', 1);
    const live = await client.subscribe('a');
    for (const value of [2, 3, 4]) host.set('a', value);
    await clock.settle();
    host.restart();
    await client.topic('a').set(9);
    await clock.advance(1000);
    expect([live.value, live.revision, live.status]).toEqual([9, host.revision('a'), 'ready']);
  });
});

describe('the writes of a page to one topic', () => {
  test('go one after another, in the order of the calls', async () => {
    const { host, client, clock } = stage();
    host.register('a', 0);
    host.register('b', 0);
    host.faults.request = (call) => (call.name === 'set' && call.value === 1 ? { delayMs: 500 } : undefined);
    const a = client.topic<number>('a');
    const done = [a.set(1), a.patch([{ op: 'replace', path: '', value: 2 }]), a.update((n) => n + 1)];
    void client.topic('b').set(7);
    await clock.settle();
    expect(host.calls.map(({ name }) => name)).toEqual(['set', 'set']);
    expect(host.value('b')).toBe(7);
    expect(a.status.pending).toBe(3);
    await clock.advance(500);
    expect(await Promise.all(done)).toEqual(['2', '3', '4']);
    expect(host.value('a')).toBe(3);
    expect(a.status.pending).toBe(0);
  });

  test('go on after one that was refused', async () => {
    const { host, client } = stage();
    host.register('a', 0);
    const first = outcome(client.topic('a').set(1, { base: '7' as never }));
    const second = client.topic('a').set(2);
    expect(await second).toBe('2');
    expect(first.error).toMatchObject({ kind: 'conflict' });
  });

  test('that wait are rejected with kind stopped when the client is closed; the one on its way goes on', async () => {
    const { host, client, clock } = stage();
    host.register('a', 0);
    await client.subscribe('a', () => {});
    host.faults.answer = slowWrites(300);
    const first = outcome(client.topic('a').set(1));
    const second = outcome(client.topic('a').set(2));
    await clock.settle();
    client.close();
    await clock.settle();
    expect(second.error).toMatchObject({ kind: 'stopped' });
    expect(first.settled).toBe(false);
    await clock.advance(300);
    expect(first.value).toBe('2');
    expect(host.value('a')).toBe(1);
    expect(clock.pending()).toBe(0);
  });

  test('that would be sent again are rejected when the client is closed, and no timer stays (quiet-after-stop)', async () => {
    const { host, client, clock } = stage();
    host.register('a', 0);
    host.faults.request = () => ({ error: new Error('broken') });
    const written = outcome(client.topic('a').set(1));
    await clock.settle();
    client.close();
    await clock.settle();
    expect(written.error).toMatchObject({ kind: 'stopped' });
    expect(clock.pending()).toBe(0);
    expect(client.topic('a').status.pending).toBe(0);
  });

  test('of unknown outcome leave a refresh behind (owed)', async () => {
    const { host, client, clock } = stage();
    host.register('a', 1);
    const live = await client.subscribe('a');
    host.faults.answer = (call) => (isWrite(call) ? 'lose' : undefined);
    host.faults.signal = () => 'lose';
    const written = outcome(client.topic('a').set(2));
    await clock.advance(29_000);
    const { pulls } = client.stats();
    await clock.advance(4000);
    expect(written.error).toMatchObject({ kind: 'timeout', topic: 'a' });
    expect(client.stats().pulls).toBe(pulls + 1);
    expect(live.value).toBe(2);
    expect(host.revision('a')).toBe('2');
  });
});
