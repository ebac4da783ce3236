import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RevisionSyncOptions } from './handle.ts';
import type { Unsubscribe } from './snapshot.ts';
import { createRig, Deferred, FakeClock, rev, settled } from './sync.rig.ts';
import { createRevisionSync } from './sync.ts';

const unhandled: unknown[] = [];
const onUnhandled = (error: unknown) => {
  unhandled.push(error);
};

beforeEach(() => {
  unhandled.length = 0;
  process.on('unhandledRejection', onUnhandled);
});

afterEach(() => {
  process.off('unhandledRejection', onUnhandled);
});

describe('createRevisionSync', () => {
  const options = (): RevisionSyncOptions<string> => ({
    topic: 'settings',
    subscriber: { subscribe: async () => () => {} },
    provider: { getSnapshot: async () => ({ revision: rev(1), data: '' }) },
    applier: { apply: () => {} },
  });

  it('refuses an empty topic, and one that is not text', () => {
    for (const topic of ['', undefined, 5] as string[])
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

describe('stop() (quiet-after-stop)', () => {
  const silent = async (rig: ReturnType<typeof createRig>) => {
    const before = [rig.pulls.length, rig.applied.length, rig.errors.length];
    expect(rig.clock.armed).toBe(0);
    await rig.emit(99);
    await rig.clock.advance(60_000);
    expect([rig.pulls.length, rig.applied.length, rig.errors.length]).toEqual(before);
    expect(rig.clock.armed).toBe(0);
    expect(unhandled).toEqual([]);
  };

  it('is idempotent and final: start() rejects, refresh() does nothing', async () => {
    const rig = createRig();
    await rig.started();
    rig.engine.stop();
    rig.engine.stop();
    expect(rig.subscriptions.ended).toBe(1);
    await expect(rig.engine.start()).rejects.toThrow('start() called after stop()');
    await expect(rig.engine.refresh()).resolves.toBeUndefined();
    expect(rig.engine.getStatus()).toBe('idle');
    await silent(rig);
  });

  it('before start() makes start() reject', async () => {
    const rig = createRig();
    rig.engine.stop();
    await expect(rig.engine.start()).rejects.toThrow('start() called after stop()');
    await silent(rig);
  });

  it('during an awaited subscribe rejects start() and unsubscribes the late answer', async () => {
    const subscribed = new Deferred<Unsubscribe>();
    const rig = createRig({ subscriber: { subscribe: () => subscribed.promise } });
    const start = rig.engine.start();
    rig.engine.stop();
    await expect(start).rejects.toThrow('settings was stopped');
    const unsubscribe = vi.fn();
    subscribed.resolve(unsubscribe);
    await settled();
    expect(unsubscribe).toHaveBeenCalledOnce();
    await silent(rig);
  });

  it('between the answer of subscribe and what follows it leaves no listener', async () => {
    const subscribed = new Deferred<Unsubscribe>();
    const unsubscribe = vi.fn();
    const rig = createRig({ subscriber: { subscribe: () => subscribed.promise } });
    const start = rig.engine.start();
    subscribed.resolve(unsubscribe);
    for (let turns = 0; turns < 3; turns++) await Promise.resolve();
    rig.engine.stop();
    await expect(start).rejects.toThrow('settings was stopped');
    expect(unsubscribe).toHaveBeenCalledOnce();
    await silent(rig);
  });

  it('during an awaited pull applies nothing of its answer, and nobody has to handle the rejections', async () => {
    const rig = createRig();
    rig.engine.start();
    await settled();
    rig.engine.refresh();
    rig.engine.stop();
    await rig.last.answer(5);
    expect(rig.applied).toEqual([]);
    expect(rig.errors).toEqual([]);
    expect(rig.local()).toBe('0');
    await silent(rig);
  });

  it('at any turn between an answer and its application applies nothing or advances nothing', async () => {
    for (let turns = 0; turns < 12; turns++) {
      const rig = createRig();
      await rig.started(1);
      await rig.emit(2);
      const answered = rig.last.answerWith({ revision: rev(2), data: 'v2' });
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      rig.engine.stop();
      const applied = rig.applied.length;
      const local = rig.local();
      await answered;
      expect(rig.applied).toHaveLength(applied);
      if (local === '2') expect(applied).toBe(2);
      await silent(rig);
    }
  });

  it('during an awaited apply leaves the local revision where it was', async () => {
    const applying = new Deferred<void>();
    const rig = createRig({ applier: { apply: () => applying.promise } });
    const start = rig.engine.start();
    await settled();
    await rig.last.answer(5);
    rig.engine.stop();
    applying.resolve();
    await expect(start).rejects.toThrow('settings was stopped');
    expect(rig.local()).toBe('0');
    await silent(rig);
  });

  it('rejects pending refresh() promises, and aborts the signal the provider was given', async () => {
    const rig = createRig();
    await rig.started();
    const refresh = rig.engine.refresh();
    expect(rig.last.context?.signal.aborted).toBe(false);
    rig.engine.stop();
    expect(rig.last.context?.signal.aborted).toBe(true);
    await expect(refresh).rejects.toThrow('settings was stopped');
    await silent(rig);
  });

  it('during a wait before a retry disarms the timer', async () => {
    const rig = createRig();
    await rig.started(1);
    await rig.emit(2);
    await rig.last.fail();
    expect(rig.clock.armed).toBe(1);
    rig.engine.stop();
    await silent(rig);
  });

  it('drops a pending throttled signal', async () => {
    for (const throttling of [{ debounceMs: 50 }, { throttleMs: 50, leading: false }]) {
      const rig = createRig({ throttling });
      await rig.started(1);
      await rig.emit(2);
      expect(rig.clock.armed).toBeGreaterThan(0);
      rig.engine.stop();
      await silent(rig);
    }
  });

  it('from inside the applier, the provider, shouldRefresh, onError or a status listener is obeyed', async () => {
    const doors: Record<string, (stop: () => void) => Partial<RevisionSyncOptions<string>>> = {
      applier: (stop) => ({ applier: { apply: stop } }),
      provider: (stop) => ({
        provider: {
          getSnapshot: async () => {
            stop();
            return { revision: rev(2), data: '' };
          },
        },
      }),
      shouldRefresh: (stop) => ({
        shouldRefresh: () => {
          stop();
          return true;
        },
      }),
      onError: (stop) => ({ onError: stop }),
    };
    for (const [door, options] of Object.entries(doors)) {
      const rig = createRig(options(() => rig.engine.stop()));
      const start = rig.engine.start().catch(() => {});
      await settled();
      if (door === 'shouldRefresh') await rig.emit(2);
      if (door === 'onError') await rig.last.fail();
      if (door === 'applier') await rig.last.answer(1);
      await start;
      expect(rig.engine.getStatus(), door).toBe('idle');
      await silent(rig);
    }
    const rig = createRig();
    const heard: string[] = [];
    rig.engine.onStatusChange((status) => status === 'ready' && rig.engine.stop());
    rig.engine.onStatusChange((status) => heard.push(status));
    await rig.started().catch(() => {});
    expect(heard).toEqual(['loading', 'idle']);
    await silent(rig);
  });

  it('survives an unsubscribe that throws or rejects, without an unhandled rejection', async () => {
    for (const unsubscribe of [
      () => {
        throw new Error('sync');
      },
      async () => {
        throw new Error('async');
      },
    ]) {
      const rig = createRig({ subscriber: { subscribe: async () => unsubscribe } });
      await rig.started();
      rig.engine.stop();
      await silent(rig);
    }
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
