import { describe, expect, it, vi } from 'vitest';
import type { RevisionSyncOptions } from './handle.ts';
import type { Unsubscribe } from './snapshot.ts';
import { createRig, Deferred, FakeClock, rev, settled } from './sync.rig.ts';
import { createRevisionSync } from './sync.ts';

describe('createRevisionSync', () => {
  const options = (): RevisionSyncOptions<string> => ({
    topic: 'settings',
    subscriber: { subscribe: async () => () => {} },
    provider: { getSnapshot: async () => ({ revision: rev(1), data: '' }) },
    applier: { apply: () => {} },
  });

  it('refuses an empty topic, one of blanks, and one that is not text', () => {
    for (const topic of ['', ' ', ' \t\n\u00a0', undefined, 5] as string[])
      expect(() => createRevisionSync({ ...options(), topic })).toThrow('topic must be a non-empty string');
  });

  it.each(['subscriber', 'provider', 'applier'])('names a missing %s', (part) => {
    expect(() => createRevisionSync({ ...options(), [part]: undefined })).toThrow(`${part} is missing`);
  });

  it.each([0, -1, Number.NaN, Infinity, 2 ** 31])('refuses timeoutMs %s', (timeoutMs) => {
    expect(() => createRevisionSync({ ...options(), timeoutMs })).toThrow('timeoutMs');
  });

  it('does nothing until it is asked to', async () => {
    const rig = createRig();
    await rig.clock.advance(60_000);
    expect(rig.pulls).toHaveLength(0);
    expect(rig.subscriptions.begun).toBe(0);
    expect(rig.local()).toBe('0');
    expect(rig.engine.getStatus()).toBe('idle');
  });
});

describe('start()', () => {
  it('subscribes, then pulls, then applies, then resolves', async () => {
    const order: string[] = [];
    const subscribed = new Deferred<Unsubscribe>();
    const rig = createRig({
      subscriber: {
        subscribe: () => {
          order.push('subscribe');
          return subscribed.promise;
        },
      },
      applier: { apply: () => void order.push('apply') },
    });
    const start = rig.engine.start().then(() => order.push('started'));
    await settled();
    expect(rig.pulls).toHaveLength(0);
    subscribed.resolve(() => {});
    await settled();
    order.push(`pulls: ${rig.pulls.length}`);
    await rig.last.answer(7);
    await start;
    expect(order).toEqual(['subscribe', 'pulls: 1', 'apply', 'started']);
    expect(rig.local()).toBe('7');
  });

  it('shares its promise while starting, and is a no-op when running', async () => {
    const rig = createRig();
    const first = rig.engine.start();
    expect(rig.engine.start()).toBe(first);
    await settled();
    await rig.last.answer(1);
    await first;
    await rig.engine.start();
    expect(rig.subscriptions.begun).toBe(1);
    expect(rig.pulls).toHaveLength(1);
  });

  it('undoes everything and rejects when the first pull fails, and may then be called again', async () => {
    const rig = createRig();
    const start = rig.engine.start();
    await settled();
    const failure = expect(start).rejects.toThrow('no host');
    await rig.last.fail(new Error('no host'));
    await failure;
    expect(rig.subscriptions).toEqual({ begun: 1, ended: 1 });
    expect(rig.clock.armed).toBe(0);
    expect(rig.engine.getStatus()).toBe('error');
    await rig.emit(9);
    await rig.clock.advance(60_000);
    expect(rig.pulls).toHaveLength(1);
    expect(rig.errors.map(({ phase, willRetry }) => [phase, willRetry])).toEqual([['getSnapshot', false]]);

    await rig.started(3);
    expect(rig.subscriptions.begun).toBe(2);
    expect(rig.local()).toBe('3');
    await rig.emit(4);
    expect(rig.pulls).toHaveLength(3);
  });

  it('rejects when the first pull fails for good (park), and allows a new start', async () => {
    const rig = createRig();
    const start = rig.engine.start();
    await settled();
    const failure = expect(start).rejects.toThrow('forbidden');
    await rig.last.fail(Object.assign(new Error('forbidden'), { permanent: true }));
    await failure;
    expect(rig.subscriptions.ended).toBe(1);
    await rig.started(1);
    expect(rig.engine.getStatus()).toBe('ready');
  });

  it('rejects when the applier throws on the first snapshot', async () => {
    const rig = createRig({
      applier: {
        apply: () => {
          throw new Error('store');
        },
      },
    });
    const start = rig.engine.start();
    await settled();
    const failure = expect(start).rejects.toThrow('store');
    await rig.last.answer(1);
    await failure;
    expect(rig.local()).toBe('0');
    expect(rig.subscriptions.ended).toBe(1);
  });

  it('resolves when the applier deliberately takes nothing', async () => {
    const rig = createRig({ applier: { apply: () => false } });
    await rig.started(5);
    expect(rig.local()).toBe('0');
    expect(rig.errors).toEqual([]);
  });

  it('hears signals raised before its first answer (no event is stale before that)', async () => {
    const rig = createRig();
    const start = rig.engine.start();
    await settled();
    await rig.emit(5);
    await rig.last.answer(4);
    await start;
    expect(rig.pulls).toHaveLength(2);
    await rig.last.answer(5);
    expect(rig.local()).toBe('5');
  });

  it('pulls once when the first answer already covers the signals of its flight', async () => {
    const rig = createRig();
    const start = rig.engine.start();
    await settled();
    await rig.emit(4);
    await rig.emit(5);
    await rig.last.answer(5);
    await start;
    await rig.clock.advance(60_000);
    expect(rig.pulls).toHaveLength(1);
  });
});

describe('no-hang', () => {
  it('gives up a subscribe after timeoutMs in phase start, and unsubscribes its late answer', async () => {
    const subscribed = new Deferred<Unsubscribe>();
    const rig = createRig({ subscriber: { subscribe: () => subscribed.promise } });
    const start = rig.engine.start();
    const failure = expect(start).rejects.toThrow('No answer in 10000 ms');
    await rig.clock.advance(9_999);
    expect(rig.errors).toEqual([]);
    await rig.clock.advance(1);
    await failure;
    expect(rig.errors.map(({ phase }) => phase)).toEqual(['start']);
    const unsubscribe = vi.fn();
    subscribed.resolve(unsubscribe);
    await settled();
    expect(unsubscribe).toHaveBeenCalledOnce();
    expect(rig.clock.armed).toBe(0);
  });

  it('gives up a pull after timeoutMs, pulls again, and never applies the late answer', async () => {
    const rig = createRig({ timeoutMs: 500 });
    await rig.started(1);
    await rig.emit(3);
    const late = rig.last;
    await rig.clock.advance(500);
    expect(rig.errors.map(({ phase }) => phase)).toEqual(['getSnapshot']);
    await rig.clock.advance(100);
    expect(rig.pulls).toHaveLength(3);
    await late.answer(2);
    expect(rig.revisions()).toEqual(['1']);
    await rig.last.answer(3);
    expect(rig.revisions()).toEqual(['1', '3']);
    expect(late.context?.signal.aborted).toBe(false);
  });

  it('gives up an asynchronous apply after timeoutMs, and applies again', async () => {
    const gates: Deferred<void>[] = [];
    const rig = createRig({
      timeoutMs: 500,
      applier: {
        apply: () => {
          gates.push(new Deferred());
          return gates.at(-1)?.promise;
        },
      },
    });
    const start = rig.engine.start();
    await settled();
    await rig.last.answer(1);
    gates[0]?.resolve();
    await start;
    await rig.emit(2);
    await rig.last.answer(2);
    await rig.clock.advance(500);
    expect(rig.errors.map(({ phase }) => phase)).toEqual(['apply']);
    expect(rig.local()).toBe('1');
    gates[1]?.resolve();
    await settled();
    expect(rig.local()).toBe('1');
    await rig.clock.advance(100);
    await rig.last.answer(2);
    gates[2]?.resolve();
    await settled();
    expect(rig.local()).toBe('2');
  });

  it('leaves no timer behind when every call answers in time', async () => {
    const rig = createRig();
    await rig.started();
    expect(rig.clock.armed).toBe(0);
  });
});

describe('the default clock', () => {
  it('is the global one at the moment of each call', async () => {
    vi.useFakeTimers();
    try {
      const rig = createRig({ clock: undefined, provider: { getSnapshot: () => new Promise(() => {}) } });
      const failure = expect(rig.engine.start()).rejects.toThrow('No answer');
      await vi.advanceTimersByTimeAsync(10_000);
      await failure;
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it('may be replaced by one whose timers are counted', async () => {
    const clock = new FakeClock();
    const rig = createRig({ clock });
    rig.engine.start().catch(() => {});
    expect(clock.armed).toBe(1);
    rig.engine.stop();
    expect(clock.armed).toBe(0);
  });
});
