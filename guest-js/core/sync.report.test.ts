import { describe, expect, it, vi } from 'vitest';
import type { InvalidationEvent, Unsubscribe } from './snapshot.ts';
import { createRig, rev, settled } from './sync.rig.ts';

const thrower = (message: string) => () => {
  throw new Error(message);
};

describe('a failure is reported once, in phase', () => {
  it('start: the subscriber returned no function', async () => {
    const rig = createRig({ subscriber: { subscribe: async () => undefined as unknown as Unsubscribe } });
    await expect(rig.engine.start()).rejects.toThrow('unsubscribe function is missing');
    expect(rig.errors).toHaveLength(1);
    expect(rig.errors[0]).toMatchObject({ phase: 'start', topic: 'settings', localRevision: '0' });
    expect(rig.pulls).toHaveLength(0);
  });

  it('subscribe: the subscriber rejected or threw', async () => {
    for (const subscribe of [async () => thrower('offline')(), thrower('offline')]) {
      const rig = createRig({ subscriber: { subscribe } });
      await expect(rig.engine.start()).rejects.toThrow('offline');
      expect(rig.errors.map(({ phase, error }) => [phase, String(error)])).toEqual([
        ['subscribe', 'Error: offline'],
      ]);
      expect(rig.engine.getStatus()).toBe('error');
      expect(rig.clock.armed).toBe(0);
    }
  });

  it('invalidation: shouldRefresh threw, and the signal is taken for a yes', async () => {
    const rig = createRig({ shouldRefresh: thrower('filter') });
    await rig.started(1);
    rig.emitRaw({ topic: 'settings', revision: rev(2), sourceId: 'w1' });
    expect(rig.errors).toHaveLength(1);
    expect(rig.errors[0]).toMatchObject({
      phase: 'invalidation',
      topic: 'settings',
      localRevision: '1',
      eventRevision: '2',
      sourceId: 'w1',
      sourceEvent: { topic: 'settings', revision: '2', sourceId: 'w1' },
    });
    await rig.last.answer(2);
    expect(rig.local()).toBe('2');
  });

  it('throttle: options that can never fire, treated as trailing', async () => {
    const rig = createRig({ throttling: { throttleMs: 100, leading: false, trailing: false } });
    await rig.started(1);
    expect(rig.errors.map(({ phase }) => phase)).toEqual(['throttle']);
    await rig.emit(2);
    expect(rig.pulls).toHaveLength(1);
    await rig.clock.advance(100);
    expect(rig.pulls).toHaveLength(2);
    await rig.last.answer(2);
    expect(rig.errors).toHaveLength(1);
  });

  it('throttle: nonsense durations, which are ignored', async () => {
    const rig = createRig({ throttling: { debounceMs: Number.NaN, throttleMs: -1 } });
    await rig.started(1);
    expect(rig.errors.map(({ phase }) => phase)).toEqual(['throttle', 'throttle']);
    await rig.emit(2);
    expect(rig.pulls).toHaveLength(2);
  });

  it('refresh: what failed is outside the other phases, such as a status listener', async () => {
    const rig = createRig();
    const heard: string[] = [];
    rig.engine.onStatusChange(thrower('listener'));
    rig.engine.onStatusChange((status) => heard.push(status));
    await rig.started(1);
    expect(heard).toEqual(['loading', 'ready']);
    expect(rig.errors.map(({ phase }) => phase)).toEqual(['refresh', 'refresh']);
  });

  it('getSnapshot: the provider rejected or threw, with the signal that asked', async () => {
    const rig = createRig();
    await rig.started(1);
    rig.emitRaw({ topic: 'settings', revision: rev(2), sourceId: 'w1' });
    await rig.last.fail(new Error('offline'));
    expect(rig.errors).toHaveLength(1);
    expect(rig.errors[0]).toEqual({
      phase: 'getSnapshot',
      topic: 'settings',
      error: new Error('offline'),
      localRevision: '1',
      eventRevision: '2',
      snapshotRevision: undefined,
      sourceId: 'w1',
      sourceEvent: { topic: 'settings', revision: '2', sourceId: 'w1' },
      attempt: 1,
      willRetry: true,
      nextDelayMs: 100,
    });
    const broken = createRig({ provider: { getSnapshot: thrower('sync') } });
    await expect(broken.engine.refresh()).rejects.toThrow('sync');
    expect(broken.errors.map(({ phase }) => phase)).toEqual(['getSnapshot']);
  });

  it.each([
    ['null', null],
    ['no object', 'data'],
    ['no envelope', { theme: 'dark' }],
    ['a number for a revision', { revision: 2, data: '' }],
    ['a leading zero', { revision: '02', data: '' }],
    ['a revision above u64::MAX', { revision: '18446744073709551616', data: '' }],
  ])('protocol: a snapshot with %s, whose message says so', async (_, answer) => {
    const rig = createRig();
    await rig.started(1);
    const refresh = expect(rig.engine.refresh()).rejects.toThrow('Non-canonical snapshot revision');
    await rig.last.answerWith(answer);
    await refresh;
    expect(rig.errors).toHaveLength(1);
    expect(rig.errors[0]).toMatchObject({ phase: 'protocol', localRevision: '1', willRetry: true });
    expect(rig.local()).toBe('1');
    expect(rig.applied).toHaveLength(1);
  });

  it('protocol: a snapshot without data', async () => {
    const rig = createRig();
    await rig.started(1);
    const refresh = expect(rig.engine.refresh()).rejects.toThrow('Malformed snapshot');
    await rig.last.answerWith({ revision: '2' });
    await refresh;
    expect(rig.errors[0]).toMatchObject({ phase: 'protocol', snapshotRevision: '2' });
  });

  it.each([
    ['nothing', undefined],
    ['null', null],
    ['text', 'settings'],
    ['no topic', { revision: '2' }],
    ['an empty topic', { topic: '', revision: '2' }],
    ['a topic that is not text', { topic: 5, revision: '2' }],
    ['no revision', { topic: 'settings' }],
    ['a non-canonical revision', { topic: 'settings', revision: '+2' }],
    ['a numeric revision', { topic: 'settings', revision: 2 }],
  ])('protocol: a signal that is or has %s, which causes no pull', async (_, event) => {
    const rig = createRig();
    await rig.started(1);
    rig.emitRaw(event);
    await rig.clock.advance(60_000);
    expect(rig.errors).toHaveLength(1);
    expect(rig.errors[0]).toMatchObject({ phase: 'protocol', localRevision: '1' });
    expect(rig.errors[0]?.sourceEvent).toBe(event);
    expect(rig.errors[0]?.eventRevision).toBeUndefined();
    expect(rig.pulls).toHaveLength(1);
  });

  it('apply: the applier threw, with the revision it did not take', async () => {
    let throws = false;
    const rig = createRig({
      applier: {
        apply: () => {
          if (throws) throw new Error('store');
        },
      },
    });
    await rig.started(1);
    throws = true;
    await rig.emit(2);
    await rig.last.answer(3);
    expect(rig.errors).toHaveLength(1);
    expect(rig.errors[0]).toMatchObject({
      phase: 'apply',
      localRevision: '1',
      eventRevision: '2',
      snapshotRevision: '3',
      attempt: 1,
      willRetry: true,
      nextDelayMs: 100,
    });
  });
});

describe('a signal for another topic', () => {
  it('is ignored without a word, whatever else it holds', async () => {
    const asked = vi.fn(() => true);
    const rig = createRig({ shouldRefresh: asked });
    await rig.started(1);
    rig.emitRaw({ topic: 'other', revision: rev(9) });
    rig.emitRaw({ topic: 'other', revision: 'nonsense' });
    await settled();
    expect(rig.pulls).toHaveLength(1);
    expect(rig.errors).toEqual([]);
    expect(asked).not.toHaveBeenCalled();
  });
});

describe('a logger and an onError that throw or reject', () => {
  it('change nothing', async () => {
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    const bad = thrower('logger');
    for (const onError of [thrower('onError'), async () => thrower('onError')()]) {
      const rig = createRig({ logger: { debug: bad, warn: bad, error: bad }, onError });
      await rig.started(1);
      await rig.emit(2);
      await rig.last.fail();
      await rig.clock.advance(100);
      await rig.last.answer(2);
      rig.emitRaw(null);
      await rig.emit(3);
      await rig.last.answer(3);
      expect(rig.local()).toBe('3');
      rig.engine.stop();
    }
    process.off('unhandledRejection', unhandled);
    expect(unhandled).not.toHaveBeenCalled();
  });
});

describe('the logger', () => {
  it('hears of every failure as an error and of every pull that ended well as a debug line', async () => {
    const logger = { debug: vi.fn(), warn: vi.fn(), error: vi.fn() };
    const rig = createRig({ logger });
    await rig.started(1);
    expect(logger.debug).toHaveBeenLastCalledWith('pull fine', { topic: 'settings', revision: '1' });
    await rig.emit(2);
    await rig.last.fail();
    expect(logger.error).toHaveBeenCalledExactlyOnceWith('getSnapshot failed', rig.errors[0]);
  });
});

describe('getStatus() and onStatusChange()', () => {
  it('go through idle, loading, ready, stale, error and back to idle', async () => {
    const rig = createRig();
    expect(rig.engine.getStatus()).toBe('idle');
    await rig.started(1);
    await rig.emit(2);
    expect(rig.engine.getStatus()).toBe('stale');
    await rig.last.fail();
    await rig.clock.advance(100);
    expect(rig.engine.getStatus()).toBe('error');
    await rig.last.answer(2);
    rig.engine.stop();
    expect(rig.statuses).toEqual(['loading', 'ready', 'stale', 'error', 'ready', 'idle']);
    expect(rig.engine.getStatus()).toBe('idle');
  });

  it('tell a listener nothing once it has left', async () => {
    const rig = createRig();
    const heard: string[] = [];
    const leave = rig.engine.onStatusChange((status) => heard.push(status));
    rig.engine.start().catch(() => {});
    leave();
    await settled();
    await rig.last.answer(1);
    expect(heard).toEqual(['loading']);
  });

  it('never tell a listener of a state that is already over', async () => {
    const rig = createRig();
    const heard: string[] = [];
    rig.engine.onStatusChange((status) => {
      if (status === 'ready') rig.engine.refresh();
    });
    rig.engine.onStatusChange((status) => heard.push(status));
    await rig.started(1);
    rig.engine.stop();
    expect(heard).toEqual(['loading', 'stale', 'idle']);
  });

  it('say stale during a start that already has data, and error after a start that failed', async () => {
    const rig = createRig();
    const refresh = rig.engine.refresh();
    await rig.last.answer(1);
    await refresh;
    const start = rig.engine.start();
    expect(rig.engine.getStatus()).toBe('stale');
    await settled();
    await Promise.all([expect(start).rejects.toThrow(), rig.last.fail()]);
    expect(rig.engine.getStatus()).toBe('error');
  });
});

describe('a signal handed over by a subscriber that shares its handler', () => {
  it('is heard by the current start only', async () => {
    const handlers: ((event: InvalidationEvent) => void)[] = [];
    const rig = createRig({
      subscriber: {
        subscribe: async (handler) => {
          handlers.push(handler);
          return () => {};
        },
      },
    });
    const start = rig.engine.start();
    await settled();
    await Promise.all([expect(start).rejects.toThrow(), rig.last.fail()]);
    await rig.started(1);
    const event = { topic: 'settings', revision: rev(2) };
    handlers[0]?.(event);
    await settled();
    expect(rig.pulls).toHaveLength(2);
    handlers[1]?.(event);
    await settled();
    expect(rig.pulls).toHaveLength(3);
  });
});
