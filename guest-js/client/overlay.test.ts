import { describe, expect, test, vi } from 'vitest';
import type { InvalidationEvent, Revision } from '../core/index.ts';
import { createManualClock } from '../testing/index.ts';
import { collectComplaints, outcome, stage } from './client.rig.ts';
import { createHold } from './hold.ts';
import { Overlay } from './overlay.ts';
import { PendingWrites } from './pending.ts';
import { Turns } from './turns.ts';

collectComplaints();

const at = (revision: string, value: unknown, epoch = 'e') => ({
  revision: revision as Revision,
  value,
  epoch,
});

function overlay() {
  const pending = new PendingWrites();
  const one = new Overlay(pending);
  const shown = () => {
    one.render();
    return one.shown && [one.shown.revision, one.shown.value];
  };
  return { one, pending, shown };
}

describe('what is shown', () => {
  test('is the newer of what the engine applied and what a write brought (strictly-newer)', () => {
    const { one, shown } = overlay();
    expect(shown()).toBeUndefined();
    one.take(at('1', 'a'));
    expect(one.learn(at('9', 'c'))).toBe(true);
    expect(shown()).toEqual(['9', 'c']);
    one.take(at('5', 'b'));
    expect(shown()).toEqual(['9', 'c']);
    expect(one.ahead).toMatchObject({ revision: '9' });
    one.take(at('10', 'd'));
    expect(shown()).toEqual(['10', 'd']);
    expect(one.ahead).toBeUndefined();
    expect(one.learn(at('10', 'x'))).toBe(false);
    expect(one.learn(at('9', 'x'))).toBe(false);
    expect(shown()).toEqual(['10', 'd']);
  });

  test('is nothing of another epoch until the engine has it (epoch)', () => {
    const { one, shown } = overlay();
    one.take(at('7', 'a'));
    expect(one.learn(at('8', 'x', 'later'))).toBe(false);
    one.learn(at('9', 'b'));
    one.take(at('2', 'c', 'later'));
    expect(shown()).toEqual(['2', 'c']);
    expect(one.learn(at('10', 'x'))).toBe(false);
    expect(one.learn(at('3', 'd', 'later'))).toBe(true);
    expect(shown()).toEqual(['3', 'd']);
  });

  test('can come from a write before the engine has anything, and goes when that was another epoch', () => {
    const { one, shown } = overlay();
    expect(one.learn(at('5', 'a'))).toBe(true);
    expect(shown()).toEqual(['5', 'a']);
    one.take(at('4', 'old'));
    expect(shown()).toEqual(['5', 'a']);
    one.take(at('1', 'new', 'later'));
    expect(shown()).toEqual(['1', 'new']);
  });

  test('is the same object until something changes', () => {
    const { one, shown } = overlay();
    one.take(at('1', { a: { n: 1 }, b: { n: 1 } }));
    shown();
    const before = one.shown?.value as { a: object; b: object };
    one.learn(at('2', { a: { n: 1 }, b: { n: 1 } }));
    expect(one.render()).toBe(true); // another revision
    expect(one.shown?.value).toBe(before);
    one.take(at('2', { a: { n: 1 }, b: { n: 1 } }));
    expect(one.render()).toBe(false);
    one.learn(at('3', { a: { n: 1 }, b: { n: 2 } }));
    shown();
    expect((one.shown?.value as { a: object }).a).toBe(before.a);
  });

  test('runs what is pending again only where what it is based on has changed', () => {
    const { one, pending, shown } = overlay();
    const preview = vi.fn((value) => ({ ...(value as object), mine: true }));
    one.take(at('1', { n: 1 }));
    pending.add(preview);
    shown();
    pending.add((value) => ({ ...(value as object), more: 1 }));
    expect(shown()).toEqual(['1', { n: 1, mine: true, more: 1 }]);
    expect(preview).toHaveBeenCalledTimes(1);
    one.take(at('2', { n: 2 }));
    expect(shown()).toEqual(['2', { n: 2, mine: true, more: 1 }]);
    expect(preview).toHaveBeenCalledTimes(2);
  });

  test('is what the write left when it has landed and others went on', () => {
    const { one, pending, shown } = overlay();
    one.take(at('1', 1));
    const write = pending.add((n) => (n as number) + 1);
    write.state = 'sent';
    expect(shown()).toEqual(['1', 2]);
    one.take(at('2', 2));
    expect([write.state, shown()]).toEqual(['landed', ['2', 2]]);
    one.take(at('3', 7));
    expect(shown()).toEqual(['3', 7]);
    write.state = 'queued'; // the host says that it did nothing
    expect(shown()).toEqual(['3', 8]);
  });

  test('stands still once only, and moves on when it is told to', () => {
    const { one, pending, shown } = overlay();
    one.take(at('1', 1));
    pending.add((n) => (n as number) + 1).state = 'sent';
    one.take(at('2', 5));
    one.take(at('3', 60));
    expect([one.frozen, shown()]).toEqual([true, ['1', 2]]);
    one.thaw();
    expect([one.frozen, shown()]).toEqual([false, ['3', 61]]);
    one.take(at('4', 20));
    expect([one.frozen, shown()]).toEqual([true, ['3', 61]]);
    one.take(at('5', 21)); // what the write was to make of 20: so it has
    expect([one.frozen, shown()]).toEqual([false, ['5', 21]]);
    one.take(at('6', 30));
    expect([one.frozen, shown()]).toEqual([false, ['6', 30]]);
  });

  test('goes on when the engine has what a write brought before', () => {
    const { one, pending, shown } = overlay();
    one.take(at('1', 1));
    one.learn(at('2', 5));
    pending.add((n) => (n as number) + 1).state = 'sent';
    one.take(at('2', 5));
    expect([one.frozen, shown()]).toEqual([false, ['2', 6]]);
  });

  test('moves on with another epoch (epoch)', () => {
    const { one, pending, shown } = overlay();
    one.take(at('1', 1));
    pending.add((n) => (n as number) + 1).state = 'sent';
    one.take(at('2', 5));
    expect(one.frozen).toBe(true);
    one.take(at('1', 1, 'later'));
    expect([one.frozen, shown()]).toEqual([false, ['1', 2]]);
  });
});

describe('a signal that is held back', () => {
  const signal = (revision: string, epoch?: string): InvalidationEvent => ({
    topic: 'a',
    revision: revision as Revision,
    ...(epoch === undefined ? {} : { epoch }),
  });

  test('is the newest one, and comes out when it is asked for', async () => {
    const clock = createManualClock();
    const over = vi.fn();
    const hold = createHold(clock, over);
    expect([hold.keep(signal('2')), hold.keep(signal('10')), hold.keep(signal('9'))]).toEqual([
      true,
      true,
      true,
    ]);
    expect(hold.end()).toMatchObject({ revision: '10' });
    expect(hold.end()).toBeUndefined();
    await clock.advance(1000);
    expect(over).not.toHaveBeenCalled();
    expect(clock.pending()).toBe(0);
  });

  test('waits 100 ms from the first one on, however many follow', async () => {
    const clock = createManualClock();
    const over = vi.fn();
    const hold = createHold(clock, over);
    for (let n = 1; n <= 9; n += 1) {
      hold.keep(signal(String(n)));
      await clock.advance(11);
    }
    expect(over).not.toHaveBeenCalled();
    await clock.advance(1);
    expect(over).toHaveBeenCalledTimes(1);
    expect(hold.end()).toMatchObject({ revision: '9' });
  });

  test('does not wait when it names another epoch (epoch)', () => {
    const hold = createHold(createManualClock(), () => {});
    expect(hold.keep(signal('2', 'e'))).toBe(true);
    expect(hold.keep(signal('1', 'later'))).toBe(false);
    expect(hold.end()).toMatchObject({ revision: '2' });
  });
});

describe('turns', () => {
  test('are taken in order, one at a time', async () => {
    const turns = new Turns();
    const order: number[] = [];
    const all = [1, 2, 3].map((n) => turns.enter().then(() => order.push(n)));
    await all[0];
    expect([order, turns.idle]).toEqual([[1], false]);
    turns.leave();
    await all[1];
    turns.leave();
    await all[2];
    expect(order).toEqual([1, 2, 3]);
    turns.leave();
    expect(turns.idle).toBe(true);
  });

  test('are lost by those who wait when they are told so', async () => {
    const turns = new Turns();
    await turns.enter();
    const waiting = turns.enter();
    turns.cancel(new Error('closed'));
    await expect(waiting).rejects.toThrow('closed');
    turns.leave();
    expect(turns.idle).toBe(true);
  });
});

describe('a topic that is written', () => {
  test('and throttled shows its writes at once, and makes no pull for them', async () => {
    const { host, client, clock } = stage();
    host.register('a', 1);
    const live = await client.subscribe('a', { throttling: { throttleMs: 500 } });
    for (const value of [2, 3, 4]) {
      await client.topic('a').set(value);
      expect(live.value).toBe(value);
    }
    await clock.advance(5000);
    expect([live.value, live.revision, live.status]).toEqual([4, '4', 'ready']);
    expect(client.stats()).toMatchObject({ pulls: 0, writes: 3 });
    host.set('a', 5);
    await clock.advance(1000);
    expect([live.value, client.stats().pulls]).toEqual([5, 1]);
  });

  test('and throttled is asked for when the host was started again (epoch)', async () => {
    const { host, client, clock, visibility } = stage();
    host.register('a', 1);
    const live = await client.subscribe('a', { throttling: { debounceMs: 5000, maxWaitMs: 5000 } });
    for (const value of [2, 3, 4]) await client.topic('a').set(value);
    expect([live.value, live.revision]).toEqual([4, '4']); // the engine is behind: it is throttled
    host.restart();
    host.set('a', 'later');
    visibility.focus(); // brings the page to the host of now
    await clock.advance(15_000);
    expect([live.value, live.revision, live.status]).toEqual(['later', host.revision('a'), 'ready']);
  });

  test('is asked for all the same while a refresh is due, though a later write brought its value (owed)', async () => {
    const { host, client, clock, visibility } = stage();
    host.register('a', 1);
    const live = await client.subscribe('a');
    visibility.hide(); // no heartbeat that would pull anyway
    host.faults.signal = () => 'lose';
    host.faults.answer = (call) => {
      if (call.name === 'pull') return { error: new Error('broken') };
      return call.name === 'set' && call.value === 2 ? 'lose' : undefined;
    };
    const unknown = outcome(client.topic('a').set(2));
    while (!unknown.settled) await clock.advance(10);
    expect(unknown.error).toMatchObject({ kind: 'timeout' });
    host.faults.answer = undefined;
    const { pulls } = client.stats();
    await client.topic('a').set(3);
    expect([live.value, client.stats().pulls]).toEqual([3, pulls]);
    await clock.advance(15_000);
    expect([live.status, client.stats().pulls]).toEqual(['ready', pulls + 1]);
  });

  test('that was not there yet comes up with the write that follows (park)', async () => {
    const { host, client, clock } = stage();
    const live = await client.subscribe('a', { onError: () => {} });
    expect([live.value, live.status]).toEqual([undefined, 'error']);
    host.faults.signal = () => 'lose';
    host.register('a', 1);
    await client.topic('a').set(2);
    await clock.advance(1000);
    expect([live.value, live.status]).toEqual([2, 'ready']);
  });

  test('and removed keeps what it showed until there is something newer (monotone)', async () => {
    const { host, client, clock } = stage();
    host.register('a', 1);
    const live = await client.subscribe('a', { onError: () => {} });
    await client.topic('a').set(2);
    host.remove('a');
    await clock.advance(1000);
    expect([live.value, live.status]).toEqual([2, 'error']);
    await expect(client.topic('a').set(3)).rejects.toMatchObject({ kind: 'unknown-topic' });
    host.register('a', 'again');
    await clock.advance(1000);
    expect([live.value, live.status]).toEqual(['again', 'ready']);
  });
});
