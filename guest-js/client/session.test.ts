import { describe, expect, test } from 'vitest';
import {
  createManualClock,
  createManualVisibility,
  createMemoryHost,
  type HostCall,
} from '../testing/index.ts';
import { createClient } from './client.ts';
import type { SessionTimes } from './session.ts';

function stage(timeouts: Partial<SessionTimes> = {}) {
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

describe('a pull', () => {
  test('names every topic of the session, whichever caused it (one-cut)', async () => {
    const { host, calls, watch, clock } = stage();
    host.register('a', 1);
    host.register('b', 1);
    await Promise.all([watch('a'), watch('b')]);
    calls();
    host.set('a', 2);
    await clock.settle();
    expect(calls()).toEqual(['pull 1 [a@1,b@1] seen 1']);
  });

  test('shows both halves of a transaction in the same moment (one-cut)', async () => {
    const { host, client, clock } = stage();
    host.register('cart', 0);
    host.register('total', 0);
    const seen: string[] = [];
    const state = { cart: 0, total: 0 };
    const show = () => seen.push(`${state.cart}/${state.total}`);
    await Promise.all([
      client.subscribe<number>('cart', (value) => {
        state.cart = value;
        queueMicrotask(() => queueMicrotask(() => queueMicrotask(() => queueMicrotask(show))));
      }),
      client.subscribe<number>('total', (value) => {
        state.total = value;
      }),
    ]);
    host.transaction({ cart: 5, total: 50 });
    await clock.settle();
    expect(seen).toEqual(['0/0', '5/50']);
  });

  test('shows its cut whole although newer signals overtook it (one-cut)', async () => {
    const { host, calls, client, clock, visibility } = stage();
    host.register('a', 0);
    host.register('b', 0);
    const state = { a: 0, b: 0 };
    const apart: string[] = [];
    const look = () => {
      if (state.a !== state.b) apart.push(`${state.a}/${state.b}`);
    };
    for (const name of ['a', 'b'] as const) {
      await client.subscribe<number>(name, (value) => {
        state[name] = value;
        clock.setTimeout(look, 0);
      });
    }
    await clock.advance(1000);
    calls();
    host.faults.answer = () => ({ delayMs: 30 });
    host.transaction({ a: 1, b: 1 });
    host.faults.signal = () => ({ delayMs: 10 });
    visibility.focus();
    await clock.settle();
    host.set('a', 2);
    host.set('b', 2);
    await clock.advance(1000);
    expect(apart).toEqual([]);
    expect(state).toEqual({ a: 2, b: 2 });
  });

  test('brings along a topic that changed after the signal, without a pull of its own', async () => {
    const { host, calls, watch, clock } = stage();
    host.register('a', 1);
    host.register('b', 1);
    const [a, b] = await Promise.all([watch('a'), watch('b')]);
    calls();
    host.faults.request = () => {
      if (host.revision('b') === '1') host.set('b', 2);
      return undefined;
    };
    host.set('a', 2);
    await clock.advance(1000);
    expect([a.values, b.values]).toEqual([
      [1, 2],
      [1, 2],
    ]);
    expect(calls()).toEqual(['pull 1 [a@1,b@1] seen 1', 'pull 1 [] seen 2']);
  });

  test('is made at once for what the answer in flight was too old for (target)', async () => {
    const { host, watch, clock } = stage();
    host.register('a', 1);
    host.register('b', 1);
    const [, b] = await Promise.all([watch('a'), watch('b')]);
    host.faults.answer = (call) =>
      call.name === 'pull' && call.request.topics.length > 0 ? { delayMs: 30 } : undefined;
    host.set('a', 2);
    await clock.settle();
    host.set('b', 2);
    await clock.advance(59);
    expect(b.values).toEqual([1]);
    await clock.advance(1);
    expect(b.values).toEqual([1, 2]);
  });

  test('that follows another at once states what that one brought (stated-not-answered)', async () => {
    const { host, calls, watch, clock } = stage();
    host.register('a', 1);
    host.register('b', 1);
    await Promise.all([watch('a'), watch('b')]);
    calls();
    host.faults.answer = (call) =>
      call.name === 'pull' && call.request.topics.length > 0 ? { delayMs: 30 } : undefined;
    host.set('a', 2);
    await clock.settle();
    host.set('b', 2);
    await clock.advance(100);
    expect(calls()).toEqual(['pull 1 [a@1,b@1] seen 1', 'pull 1 [a@2,b@1] seen 2']);
  });

  test('leaves out a parked topic until there is news of it (park)', async () => {
    const { host, calls, watch, clock } = stage();
    host.register('a', 1);
    const [, missing] = await Promise.all([watch('a'), watch('missing')]);
    calls();
    host.set('a', 2);
    await clock.settle();
    expect(calls()).toEqual(['pull 1 [a@1] seen 1']);
    host.register('missing', 'found');
    await clock.settle();
    expect(calls()).toEqual(['pull 1 [a@2,missing] seen 2']);
    expect(missing.values).toEqual(['found']);
  });

  test('of a hundred changes in a burst is made at most twice (single-flight)', async () => {
    const { host, calls, watch, clock } = stage();
    host.register('a', 0);
    const a = await watch('a');
    calls();
    host.faults.answer = () => ({ delayMs: 5 });
    for (let n = 1; n <= 50; n += 1) host.set('a', n);
    await clock.settle();
    for (let n = 51; n <= 100; n += 1) host.set('a', n);
    await clock.advance(100);
    expect(a.values.at(-1)).toBe(100);
    expect(calls().filter((call) => !call.includes('[]')).length).toBeLessThanOrEqual(2);
  });

  test('never runs beside another pull that carries topics (single-flight)', async () => {
    const { host, watch, clock } = stage();
    host.register('a', 0);
    await watch('a');
    let running = 0;
    let most = 0;
    host.faults.request = (call) => {
      if (call.name === 'pull' && call.request.topics.length > 0) most = Math.max(most, ++running);
      return undefined;
    };
    host.faults.answer = (call) => {
      if (call.name === 'pull' && call.request.topics.length > 0) clock.setTimeout(() => running--, 50);
      return { delayMs: 50 };
    };
    for (let n = 1; n <= 20; n += 1) {
      host.set('a', n);
      await clock.advance(17);
    }
    await clock.advance(1000);
    expect(most).toBe(1);
  });

  test('that failed is made again by the engine that needs it (target)', async () => {
    const { host, watch, clock } = stage();
    host.register('a', 1);
    const a = await watch('a');
    let failures = 3;
    host.faults.request = () => (failures-- > 0 ? { error: new Error('broken') } : undefined);
    host.set('a', 2);
    await clock.advance(3000);
    expect(a.values).toEqual([1, 2]);
    expect(a.errors).toEqual(['transport', 'transport', 'transport']);
  });

  test('that was never answered is abandoned and made again (no-hang)', async () => {
    const { host, watch, clock } = stage({ callMs: 1000 });
    host.register('a', 1);
    const a = await watch('a');
    let once = true;
    host.faults.request = () => {
      const fault = once ? ('lose' as const) : undefined;
      once = false;
      return fault;
    };
    host.set('a', 2);
    await clock.advance(2000);
    expect(a.values).toEqual([1, 2]);
    expect(a.errors).toEqual(['timeout']);
  });

  test("leaves out throttled topics until they ask, and the throttle's last state arrives", async () => {
    const { host, calls, watch, clock } = stage();
    host.register('slow', 0);
    host.register('a', 0);
    const slow = await watch('slow', { throttling: { throttleMs: 1000, leading: false } });
    await watch('a');
    await clock.advance(2000);
    calls();
    host.set('a', 1);
    await clock.settle();
    expect(calls()).toEqual(['pull 2 [a@1] seen 1']);
    host.set('slow', 1);
    host.set('slow', 2);
    await clock.advance(500);
    expect(calls()).toEqual(['pull 2 [] seen 2']);
    await clock.advance(1000);
    expect(slow.values).toEqual([0, 2]);
  });

  test('of data from another epoch makes the page forget what it knew (epoch)', async () => {
    const { host, watch, clock } = stage();
    host.register('a', 1);
    for (let n = 2; n <= 9; n += 1) host.set('a', n);
    const a = await watch('a');
    expect(a.values).toEqual([9]);
    host.restart();
    host.set('a', 'new life');
    await clock.advance(25_000);
    expect(a.values).toEqual([9, 'new life']);
    host.set('a', 'goes on');
    await clock.advance(1000);
    expect(a.values.at(-1)).toBe('goes on');
  });
});

describe('a signal', () => {
  test('is answered by the pull it causes, and by nothing else', async () => {
    const { host, calls, watch, clock } = stage();
    host.register('a', 1);
    await watch('a');
    calls();
    host.set('a', 2);
    await clock.advance(1000);
    expect(calls()).toEqual(['pull 1 [a@1] seen 1']);
    expect(host.inspect().sessions[0]?.unacknowledged).toBe(null);
  });

  test('that is stale is answered by an empty pull within 250 ms (always-seen)', async () => {
    const { host, calls, watch, client, clock } = stage();
    host.register('a', 1);
    await watch('a');
    calls();
    host.faults.signal = () => ({ delayMs: 40 });
    host.set('a', 2);
    await clock.settle();
    await client.topic('a').set(3);
    await clock.advance(30);
    expect(calls()).toEqual(['set', 'pull 1 [a@1] seen 0']);
    await clock.advance(260);
    expect(calls()).toEqual(['pull 1 [] seen 1']);
    await clock.advance(300);
    expect(host.inspect().sessions[0]?.unacknowledged).toBe(null);
    expect(host.inspect().counters.resends).toBe(0);
  });

  test('that overtakes the answer in flight is answered in parallel (always-seen)', async () => {
    const { host, calls, watch, clock } = stage();
    host.register('a', 1);
    const a = await watch('a');
    calls();
    host.faults.answer = (call) =>
      call.name === 'pull' && call.request.topics.length > 0 ? { delayMs: 600 } : undefined;
    host.set('a', 2);
    await clock.settle();
    host.set('a', 3);
    await clock.advance(250);
    expect(calls()).toEqual(['pull 1 [a@1] seen 1', 'pull 1 [] seen 2']);
    await clock.advance(1500);
    expect(a.values.at(-1)).toBe(3);
    expect(host.inspect().counters.resends).toBe(0);
  });

  test('of an earlier generation changes nothing (one-session-a-page)', async () => {
    const { host, calls, watch, clock } = stage();
    host.register('a', 1);
    host.register('b', 1);
    await watch('a');
    host.faults.signal = ({ generation }) => (generation === 1 ? { delayMs: 100 } : undefined);
    host.set('a', 2);
    await clock.settle();
    await watch('b');
    calls();
    await clock.advance(1000);
    expect(calls()).toEqual([]);
  });

  test('is numbered from 1 in each generation, and so is the answer (one-session-a-page)', async () => {
    const { host, calls, watch, clock } = stage();
    host.register('a', 1);
    host.register('b', 1);
    await watch('a');
    for (let n = 0; n < 3; n += 1) {
      host.set('a', n);
      await clock.settle();
    }
    await watch('b');
    calls();
    host.set('a', 9);
    await clock.settle();
    expect(calls()).toEqual(['pull 2 [a@4,b@1] seen 1']);
  });

  test('that names too many topics makes the page pull everything', async () => {
    const { host, calls, client, clock } = stage();
    const names = Array.from({ length: 100 }, (_, n) => `t${n}`);
    for (const name of names) host.register(name, 0);
    const last = new Map<string, unknown>();
    await Promise.all(names.map((name) => client.subscribe(name, (value) => last.set(name, value))));
    calls();
    host.transaction(Object.fromEntries(names.map((name) => [name, 1])));
    await clock.settle();
    expect(calls()).toHaveLength(1);
    expect(new Set(last.values())).toEqual(new Set([1]));
  });

  test('that makes no sense is ignored', async () => {
    const { host, watch, clock, calls } = stage();
    host.register('a', 1);
    const a = await watch('a');
    calls();
    host.faults.signal = ({ signal }) => {
      (signal as { number: unknown }).number = 'one';
      return undefined;
    };
    host.set('a', 2);
    await clock.advance(500);
    expect(calls()).toEqual([]);
    host.faults.signal = undefined;
    await clock.advance(2000);
    expect(a.values).toEqual([1, 2]);
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
