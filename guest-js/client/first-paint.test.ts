import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import {
  createManualClock,
  createManualVisibility,
  createMemoryHost,
  type MemoryWindow,
} from '../testing/index.ts';
import { collectComplaints, outcome } from './client.rig.ts';
import { createClient } from './client.ts';
import { FIRST_PAINT_MS } from './first-paint.ts';

const complaints = collectComplaints();

/** A page that begins with these topics, as far as its window may read them. */
function page(topics: Record<string, unknown>, window: MemoryWindow = {}) {
  const clock = createManualClock();
  const host = createMemoryHost({ clock, firstPaint: (topic) => !topic.startsWith('later:') });
  for (const [topic, value] of Object.entries(topics)) host.register(topic, value);
  const visibility = createManualVisibility();
  const open = () =>
    createClient({ transport: host.transport(window), clock, visibility, random: () => 0.5 });
  const named = () => host.calls.map(({ name }) => name);
  return { clock, host, open, client: open(), named };
}

/** A page into which this text was put. */
function pageWith(text: unknown) {
  const clock = createManualClock();
  const host = createMemoryHost({ clock, epoch: 'e' });
  const transport = { ...host.transport(), firstPaint: () => text };
  return { clock, host, client: createClient({ transport, clock, visibility: createManualVisibility() }) };
}

function values(handler: ReturnType<typeof vi.fn>): unknown[] {
  return handler.mock.calls.map(([value]) => value);
}

describe('a topic that was in the page from the start', () => {
  test('is there synchronously, and makes no call', () => {
    const { client, host } = page({ a: { n: 1 } });
    const a = client.topic<{ n: number }>('a');
    expect(a.value).toEqual({ n: 1 });
    expect(a.value).toBe(a.value);
    expect(client.topic('missing').value).toBe(undefined);
    expect(host.calls).toEqual([]);
  });

  test('is handed to the handler of the first subscription before any call was made, and only once', async () => {
    const { client, clock, host, named } = page({ a: 1 });
    host.faults.request = () => 'lose';
    const handler = vi.fn();
    await client.subscribe('a', handler);
    expect(handler.mock.calls).toEqual([[1, { revision: '1', pending: 0 }]]);
    host.faults.request = undefined;
    await clock.advance(30_000);
    expect(handler).toHaveBeenCalledTimes(1);
    expect(new Set(named())).toEqual(new Set(['subscribe', 'pull']));
  });

  test('costs no data again: the subscribe states it and is answered unchanged, and nothing changes', async () => {
    const { client, clock, host, named } = page({ a: 1, b: 2 });
    const live = await client.subscribe<number>('a');
    expect([live.value, live.revision, live.status, host.calls]).toEqual([1, '1', 'stale', []]);
    const handler = vi.fn();
    await client.subscribe('a', handler);
    await clock.settle();
    expect([values(handler), live.status]).toEqual([[1], 'ready']);
    expect(named()).toEqual(['subscribe']);
    expect(host.calls[0]).toMatchObject({
      request: { topics: [{ topic: 'a', known: { epoch: host.epoch, revision: '1' } }] },
    });
    expect(host.inspect().counters).toMatchObject({ unchanged: 1, snapshots: 2 });
    host.set('a', 7);
    await clock.advance(300);
    expect(live.value).toBe(7);
  });

  test('is replaced by what the host answers when that is newer (strictly-newer)', async () => {
    const { client, clock, host } = page({ a: 1 });
    host.set('a', 2);
    const handler = vi.fn();
    await client.subscribe('a', handler);
    await clock.settle();
    expect(values(handler)).toEqual([1, 2]);
  });

  test('is replaced when the host lives another life (epoch)', async () => {
    const { client, clock, host } = page({ a: 1 });
    host.set('a', 2);
    host.restart();
    const handler = vi.fn();
    await client.subscribe('a', handler);
    await clock.settle();
    expect(handler.mock.calls).toEqual([
      [1, { revision: '1', pending: 0 }],
      [2, { revision: '1', pending: 0 }],
    ]);
  });

  test('is the base of the first writes, which need no pull', async () => {
    const { client, host, named } = page({ a: { n: 1 } });
    await client.subscribe('a');
    await client.topic<{ n: number }>('a').update((draft) => {
      draft.n += 1;
    });
    expect(host.value('a')).toEqual({ n: 2 });
    expect(named()).not.toContain('snapshot');
  });

  test('is shown through a failing call, and right once the host answers', async () => {
    const { client, clock, host } = page({ a: 1 });
    host.faults.request = () => ({ error: new Error('broken') });
    const live = await client.subscribe<number>('a', { onError: () => {} });
    await clock.settle();
    expect([live.value, live.status]).toEqual([1, 'error']);
    host.faults.request = undefined;
    host.set('a', 2);
    await clock.advance(1000);
    expect([live.value, live.status]).toEqual([2, 'ready']);
  });

  test('is only there as far as the window may read it (scope-at-every-read)', () => {
    const { client } = page({ a: 1, secret: 2 }, { readable: (topic) => topic !== 'secret' });
    expect([client.topic('a').value, client.topic('secret').value]).toEqual([1, undefined]);
    expect(page({ a: 1 }, { forbidden: true }).client.topic('a').value).toBe(undefined);
  });

  test('is that of the moment of the reload in the next page', () => {
    const { host, open } = page({ a: 1 });
    host.set('a', 2);
    expect(open().topic('a').value).toBe(2);
  });
});

describe('what was in the page from the start is forgotten', () => {
  test('for a second subscription: what was stopped begins anew (quiet-after-stop)', async () => {
    const { client, clock } = page({ a: 1 });
    const handler = vi.fn();
    (await client.subscribe('a', handler))();
    await clock.settle();
    expect(client.topic('a').value).toBe(undefined);
    const again = client.subscribe('a', handler);
    expect(outcome(again).settled).toBe(false);
    expect(handler).toHaveBeenCalledTimes(1);
    await again;
    expect(values(handler)).toEqual([1, 1]);
    client.close();
    await clock.settle();
    expect(clock.pending()).toBe(0);
  });

  test('but not between two subscriptions of one moment, as StrictMode makes them', async () => {
    const { client, clock, named } = page({ a: 1 });
    const [first, second] = [vi.fn(), vi.fn()];
    const run = new AbortController();
    void client.subscribe('a', first, { signal: run.signal });
    run.abort();
    await client.subscribe('a', second);
    await clock.settle();
    expect([values(first), values(second), named()]).toEqual([[], [1], ['subscribe']]);
  });

  test('once the host has answered anything newer, so that nobody shows half of a change (one-cut)', async () => {
    const { client, clock, host } = page({ a: 1, b: 1 });
    host.transaction({ a: 2, b: 2 });
    await client.subscribe('a');
    expect(client.topic('b').value).toBe(1); // as old as the `a` that is shown
    await clock.settle();
    expect([client.topic('a').value, client.topic('b').value]).toEqual([2, undefined]);
    const handler = vi.fn();
    await client.subscribe('b', handler);
    expect(values(handler)).toEqual([2]);
  });

  test('once a topic that was not part of it was answered: that one is newer than the rest', async () => {
    const { client } = page({ a: 1, 'later:b': 1 });
    await client.subscribe('later:b');
    expect(client.topic('a').value).toBe(undefined);
  });

  test('but not when all was still current', async () => {
    const { client, clock } = page({ a: 1, b: 1 });
    await client.subscribe('a');
    await client.topic('a').get();
    await clock.settle();
    expect(client.topic('b').value).toBe(1);
  });

  test('once the page has read something newer by itself', async () => {
    const { client, host } = page({ a: 1 });
    host.set('a', 2);
    expect(await client.topic('a').get()).toBe(2);
    expect(client.topic('a').value).toBe(undefined);
  });

  test('once the page has written, also when it was refused or nobody knows', async () => {
    for (const fault of [undefined, { error: new Error('broken') }]) {
      const { client, clock, host } = page({ a: 1, b: 1 });
      host.faults.answer = () => fault;
      const writing = client.topic('b').set(2);
      const ended = outcome(writing);
      await clock.advance(30_000);
      expect(ended.settled).toBe(true);
      expect([client.topic('a').value, client.topic('b').value]).toEqual([undefined, undefined]);
    }
  });

  test('after a while: a page that shows a topic for the first time much later asks for it', async () => {
    const { client, clock } = page({ a: 1 });
    await clock.advance(FIRST_PAINT_MS);
    expect(client.topic('a').value).toBe(1);
    await clock.advance(1);
    expect(client.topic('a').value).toBe(undefined);
    expect(clock.pending()).toBe(0);
  });
});

describe('what makes no sense is ignored, reported once, and asked for as always', () => {
  const result = { topic: 'a', revision: '1', data: 1 };
  test.each([
    ['no JSON', '{'],
    ['no text', 7],
    ['null', 'null'],
    ['no epoch', JSON.stringify({ results: [result] })],
    ['an empty epoch', JSON.stringify({ epoch: '', results: [result] })],
    ['no results', JSON.stringify({ epoch: 'e' })],
    ['a result that is null', JSON.stringify({ epoch: 'e', results: [null] })],
    ['no topic name', JSON.stringify({ epoch: 'e', results: [{ ...result, topic: 'no name' }] })],
    ['a revision that is a number', JSON.stringify({ epoch: 'e', results: [{ ...result, revision: 1 }] })],
    [
      'a revision that is not canonical',
      JSON.stringify({ epoch: 'e', results: [{ ...result, revision: '01' }] }),
    ],
    ['no data', JSON.stringify({ epoch: 'e', results: [result, { topic: 'b', revision: '1' }] })],
    ['an error', JSON.stringify({ epoch: 'e', results: [{ topic: 'a', error: { kind: 'unknown-topic' } }] })],
  ])('%s', async (_, text) => {
    const { client, host } = pageWith(text);
    host.register('a', 5);
    expect(client.topic('a').value).toBe(undefined);
    const live = await client.subscribe('a');
    expect(live.value).toBe(5);
    expect(complaints).toHaveBeenCalledTimes(1);
    expect(complaints.mock.calls[0]?.[0]).toContain('first snapshots');
  });

  test('nothing at all is no reason to complain', () => {
    expect(pageWith(undefined).client.topic('a').value).toBe(undefined);
    expect(complaints).not.toHaveBeenCalled();
  });
});

describe('values', () => {
  test('called __proto__ are data and change no prototype', async () => {
    const text = '{"epoch":"e","results":[{"topic":"a","revision":"1","data":{"__proto__":{"evil":true}}}]}';
    const { client } = pageWith(text);
    const value = client.topic<object>('a').value ?? {};
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(Object.keys(value)).toEqual(['__proto__']);
    expect('evil' in {}).toBe(false);
    const handler = vi.fn();
    await client.subscribe('a', handler, { onError: () => {} });
    expect(JSON.stringify(handler.mock.calls[0]?.[0])).toBe('{"__proto__":{"evil":true}}');
  });

  test('of any kind arrive as they are', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        const results = [{ topic: 'a', revision: '1', data: value }];
        const { client } = pageWith(JSON.stringify({ epoch: 'e', results }));
        expect(client.topic('a').value).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});
