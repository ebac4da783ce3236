import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RevisionSyncOptions } from './handle.ts';
import type { Unsubscribe } from './snapshot.ts';
import { createRig, Deferred, rev, settled } from './sync.rig.ts';

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
