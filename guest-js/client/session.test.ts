import { describe, expect, test } from 'vitest';
import { stage } from './session.rig.ts';

describe('a subscribe', () => {
  test('names the complete set, gathered over one moment (whole-set)', async () => {
    const { host, calls, watch, clock } = stage();
    for (const topic of ['a', 'b', 'c']) host.register(topic, topic);
    const watchers = await Promise.all(['a', 'b', 'c'].map((topic) => watch(topic)));
    await clock.settle();
    expect(watchers.map(({ values }) => values)).toEqual([['a'], ['b'], ['c']]);
    expect(calls()).toEqual(['subscribe 1 [a,b,c]']);
  });

  test('that grows the set states what is known and supersedes nothing else', async () => {
    const { host, calls, watch } = stage();
    host.register('a', 1);
    host.register('b', 2);
    await watch('a');
    const b = await watch('b');
    expect(calls()).toEqual(['subscribe 1 [a]', 'subscribe 2 [a@1,b]']);
    expect(b.values).toEqual([2]);
  });

  test('that shrinks the set leaves the others subscribed, and an empty one ends the session', async () => {
    const { host, calls, watch, clock } = stage();
    host.register('a', 1);
    host.register('b', 2);
    const [a, b] = await Promise.all([watch('a'), watch('b')]);
    await a.stop();
    await clock.settle();
    await b.stop();
    await clock.settle();
    expect(calls()).toEqual(['subscribe 1 [a,b]', 'subscribe 2 [b@1]', 'subscribe 3 []']);
    expect(host.inspect().sessions).toEqual([]);
  });

  test('start-stop-start of one moment changes nothing', async () => {
    const { host, calls, watch, client, clock } = stage();
    host.register('a', 1);
    await watch('a');
    const first = new AbortController();
    host.register('b', 1);
    const values: unknown[] = [];
    void client.subscribe('b', () => values.push('first'), { signal: first.signal });
    first.abort();
    void client.subscribe('b', () => values.push('second'));
    await clock.settle();
    expect(calls()).toEqual(['subscribe 1 [a]', 'subscribe 2 [a@1,b]']);
    expect(values).toEqual(['second']);
  });

  test('stop-start of a running topic keeps its engine and its value, without any call', async () => {
    const { host, calls, client, clock } = stage();
    host.register('a', 1);
    const stop = await client.subscribe('a', () => {});
    calls();
    const values: unknown[] = [];
    stop();
    await client.subscribe('a', (value) => values.push(value));
    await clock.advance(1000);
    expect(values).toEqual([1]);
    expect(calls()).toEqual([]);
  });

  test('whose answer got lost is ended when nothing is wanted any more', async () => {
    const { host, calls, watch, clock } = stage({ callMs: 1000 });
    host.register('a', 1);
    host.faults.answer = () => 'lose';
    const controller = new AbortController();
    await watch('a', { signal: controller.signal });
    await clock.advance(1001);
    expect(host.inspect().sessions).toHaveLength(1);
    controller.abort();
    await clock.settle();
    expect(calls()).toEqual(['subscribe 1 [a]', 'subscribe 2 []']);
    expect(host.inspect().sessions).toEqual([]);
  });

  test('in flight is superseded at once when the set changes, and serves those who waited (single-flight)', async () => {
    const { host, calls, watch } = stage();
    host.register('a', 1);
    host.register('b', 2);
    host.faults.request = (call) =>
      call.name === 'subscribe' && call.request.generation === 1 ? 'lose' : undefined;
    const a = await watch('a');
    const b = await watch('b');
    expect(calls()).toEqual(['subscribe 1 [a]', 'subscribe 2 [a,b]']);
    expect([a.values, b.values]).toEqual([[1], [2]]);
    expect(a.errors).toEqual([]);
  });

  test('that timed out is followed by a higher generation, and its late answer changes nothing (no-hang)', async () => {
    const { host, calls, watch, clock } = stage({ callMs: 1000 });
    host.register('a', 1);
    host.faults.answer = (call) =>
      call.name === 'subscribe' && call.request.generation === 1 ? { delayMs: 5000 } : undefined;
    const a = await watch('a');
    await clock.advance(1000);
    expect(a.values).toEqual([]);
    expect(a.errors).toEqual(['timeout']);
    await clock.advance(300);
    expect(calls()).toEqual(['subscribe 1 [a]', 'subscribe 2 [a]']);
    expect(a.values).toEqual([1]);
    host.set('a', 2);
    await clock.advance(10_000);
    expect(a.values).toEqual([1, 2]);
  });

  test('that keeps failing is tried again with growing pauses', async () => {
    const { host, calls, watch, clock } = stage();
    host.register('a', 1);
    host.faults.request = () => ({ error: new Error('no host') });
    await watch('a');
    await clock.advance(60_000);
    const tries = calls().length;
    expect(tries).toBeGreaterThan(6);
    expect(tries).toBeLessThan(20);
  });
});

describe('a session', () => {
  test('that the host no longer knows is replaced, with data for all topics (give-up)', async () => {
    const { host, calls, watch, clock } = stage();
    host.register('a', 1);
    host.register('b', 1);
    const [a, b] = await Promise.all([watch('a'), watch('b')]);
    calls();
    host.endSessions();
    host.set('a', 2);
    host.set('b', 2);
    await clock.advance(25_000);
    expect(calls()).toEqual(['pull 1 [a@1,b@1] seen 0', 'subscribe 2 [a@1,b@1]']);
    expect([a.values, b.values]).toEqual([
      [1, 2],
      [1, 2],
    ]);
    expect(a.errors).toEqual([]);
  });

  test('that is lost again and again is subscribed with pauses', async () => {
    const { host, watch, clock, client } = stage();
    host.register('a', 1);
    await watch('a');
    host.faults.request = (call) => {
      if (call.name === 'pull') host.endSessions();
      return undefined;
    };
    for (let n = 0; n < 100; n += 1) {
      host.set('a', n);
      await clock.advance(10);
    }
    expect(client.stats().subscribes).toBeLessThan(12);
  });

  test('survives a Channel that lost a message (give-up)', async () => {
    const { host, watch, clock, client } = stage();
    host.register('a', 1);
    const a = await watch('a');
    host.faults.signal = ({ generation }) => (generation === 1 ? 'lose' : undefined);
    host.set('a', 2);
    await clock.advance(90_000);
    host.set('a', 3);
    await clock.advance(250);
    expect(a.values.at(-1)).toBe(3);
    expect(client.stats().generation).toBeGreaterThan(1);
  });

  test('goes quiet with its last topic: no timer, no listener (quiet-after-stop)', async () => {
    const { host, watch, clock, visibility } = stage();
    host.register('a', 1);
    const a = await watch('a');
    host.set('a', 2);
    await clock.settle();
    expect(clock.pending()).toBeGreaterThan(0);
    expect(visibility.listeners()).toBe(1);
    await a.stop();
    await clock.settle();
    expect(clock.pending()).toBe(0);
    expect(visibility.listeners()).toBe(0);
  });

  test('can be stopped at any moment of a failing start without leaving a timer', async () => {
    const { host, clock, client } = stage();
    host.faults.request = () => ({ error: new Error('no host') });
    for (const ms of [0, 1, 99, 100, 500, 3000]) {
      const controller = new AbortController();
      void client.subscribe('a', () => {}, { signal: controller.signal, onError: () => {} });
      await clock.advance(ms);
      controller.abort();
      await clock.settle();
      expect(clock.pending()).toBe(0);
    }
  });
});

describe('self-heal', () => {
  test('pulls everything once when the page is shown, focused and visible in one moment', async () => {
    const { host, calls, watch, visibility, clock } = stage();
    host.register('a', 1);
    await watch('a');
    await clock.advance(1000);
    calls();
    visibility.hide();
    visibility.show();
    visibility.focus();
    visibility.pageShow();
    await clock.settle();
    expect(calls()).toEqual(['pull 1 [a@1] seen 0']);
    await clock.advance(250);
    expect(calls()).toEqual(['pull 1 [a@1] seen 0']);
    await clock.advance(5000);
    expect(calls()).toEqual([]);
  });

  test('checks about every 20 s while visible and never while hidden', async () => {
    const { host, calls, watch, visibility, clock } = stage();
    host.register('a', 1);
    await watch('a');
    calls();
    await clock.advance(100_000);
    expect(calls()).toHaveLength(5);
    visibility.hide();
    await clock.advance(100_000);
    expect(calls()).toEqual([]);
  });

  test('repeats a check that failed, long before the next one is due (owed)', async () => {
    const { host, calls, watch, visibility, clock } = stage();
    host.register('a', 1);
    const a = await watch('a');
    calls();
    let failures = 2;
    host.faults.request = () => (failures-- > 0 ? { error: new Error('broken') } : undefined);
    visibility.focus();
    await clock.advance(1000);
    expect(calls()).toHaveLength(3);
    expect(a.errors).toEqual([]);
  });

  test('does not show a ready topic as stale while nothing changed', async () => {
    const { host, client, visibility, clock } = stage();
    host.register('a', 1);
    const live = await client.subscribe<number>('a');
    const statuses: string[] = [];
    live.onChange(() => statuses.push(live.status));
    visibility.focus();
    await clock.advance(30_000);
    expect(statuses).toEqual([]);
    expect(live.status).toBe('ready');
  });

  test('of a hidden page pulls at most once a second, answers signals meanwhile, and ends up right', async () => {
    const { host, calls, watch, visibility, clock } = stage();
    host.register('a', 0);
    const a = await watch('a');
    await clock.advance(2000);
    visibility.hide();
    calls();
    for (let n = 1; n <= 300; n += 1) {
      host.set('a', n);
      await clock.advance(10);
    }
    const pulls = calls().filter((call) => !call.includes('[]')).length;
    expect(pulls).toBeGreaterThan(1);
    expect(pulls).toBeLessThanOrEqual(4);
    await clock.advance(2000);
    expect(a.values.at(-1)).toBe(300);
    expect(host.inspect().counters.resends).toBe(0);
  });

  test('of a page that was blocked for long brings a whole cut (one-cut)', async () => {
    const { host, watch, visibility, clock } = stage();
    host.register('a', 0);
    host.register('b', 0);
    const [a, b] = await Promise.all([watch('a'), watch('b')]);
    visibility.hide();
    host.set('a', 1);
    await clock.settle();
    clock.block(60_000);
    host.transaction({ a: 2, b: 2 });
    host.faults.answer = () => ({ delayMs: 5 });
    await clock.advance(0);
    visibility.focus();
    await clock.advance(60);
    expect([a.values, b.values]).toEqual([
      [0, 2],
      [0, 2],
    ]);
  });

  test('of a page that becomes visible pulls at once what was held back', async () => {
    const { host, watch, visibility, clock } = stage();
    host.register('a', 0);
    const a = await watch('a');
    visibility.hide();
    host.set('a', 1);
    await clock.advance(300);
    expect(a.values).toEqual([0]);
    visibility.show();
    await clock.settle();
    expect(a.values).toEqual([0, 1]);
  });
});
