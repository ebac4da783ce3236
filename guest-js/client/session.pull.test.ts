import { describe, expect, test } from 'vitest';
import { stage } from './session.rig.ts';

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
