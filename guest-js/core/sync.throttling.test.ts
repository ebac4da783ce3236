import { describe, expect, it } from 'vitest';
import { createRig } from './sync.rig.ts';

describe('throttled signals', () => {
  it('do not delay the first pull of start()', async () => {
    const rig = createRig({ throttling: { debounceMs: 1000, throttleMs: 1000, leading: false } });
    await rig.started(1);
    expect(rig.clock.time).toBe(0);
    expect(rig.local()).toBe('1');
  });

  it('raise the target at once and wait only with the pull', async () => {
    const rig = createRig({ throttling: { debounceMs: 50 } });
    await rig.started(1);
    await rig.emit(2);
    expect(rig.engine.getStatus()).toBe('stale');
    await rig.clock.advance(49);
    expect(rig.pulls).toHaveLength(1);
    await rig.clock.advance(1);
    expect(rig.pulls).toHaveLength(2);
    await rig.last.answer(2);
    expect(rig.engine.getStatus()).toBe('ready');
    expect(rig.clock.armed).toBe(0);
  });

  it('never starve: a steady stream is bounded by maxWaitMs', async () => {
    const rig = createRig({
      throttling: { debounceMs: 50, maxWaitMs: 200 },
      provider: { getSnapshot: async () => truth() },
    });
    let revision = 1;
    const truth = () => ({ revision: String(revision) as never, data: '' });
    await rig.engine.start();
    for (let n = 0; n < 100; n++) {
      revision++;
      await rig.emit(revision);
      await rig.clock.advance(20);
    }
    expect(rig.applied.length).toBeGreaterThan(8);
    await rig.clock.advance(50);
    expect(rig.local()).toBe('101');
  });

  it('make no pull when a refresh() has already brought what they told of', async () => {
    const rig = createRig({ throttling: { debounceMs: 50 } });
    await rig.started(1);
    await rig.emit(2);
    const refresh = rig.engine.refresh();
    await rig.last.answer(2);
    await refresh;
    await rig.clock.advance(60_000);
    expect(rig.pulls).toHaveLength(2);
  });

  it('with trailing: false still bring the last state, one window after the signal that was dropped', async () => {
    const rig = createRig({ throttling: { throttleMs: 300, trailing: false } });
    await rig.started(1);
    await rig.emit(2);
    await rig.last.answer(2);
    await rig.clock.advance(50);
    await rig.emit(3);
    await rig.clock.advance(299);
    expect(rig.pulls).toHaveLength(2);
    await rig.clock.advance(1);
    expect(rig.pulls).toHaveLength(3);
    await rig.last.answer(3);
    expect(rig.local()).toBe('3');
    expect(rig.engine.getStatus()).toBe('ready');
  });

  it('with trailing: false bring what debounce let through into an open window (target)', async () => {
    const rig = createRig({ throttling: { debounceMs: 50, throttleMs: 300, trailing: false } });
    await rig.started(1);
    await rig.emit(2);
    await rig.clock.advance(50);
    await rig.last.answer(2);
    await rig.emit(3);
    await rig.clock.advance(350);
    expect(rig.pulls).toHaveLength(3);
    await rig.last.answer(3);
    expect(rig.local()).toBe('3');
  });

  it('with trailing: false bring a state told of while a pull was in flight', async () => {
    const rig = createRig({ throttling: { throttleMs: 300, trailing: false } });
    await rig.started(1);
    await rig.emit(2);
    await rig.emit(3);
    await rig.last.answer(2);
    await rig.clock.advance(300);
    await rig.last.answer(3);
    expect(rig.local()).toBe('3');
  });

  it('do not hold back a retry: a failed pull is repeated by backoff', async () => {
    const rig = createRig({ throttling: { throttleMs: 5000 } });
    await rig.started(1);
    await rig.emit(2);
    await rig.emit(3);
    await rig.last.fail();
    await rig.clock.advance(100);
    expect(rig.pulls).toHaveLength(3);
    await rig.last.answer(3);
    expect(rig.local()).toBe('3');
  });

  it('of a start() that failed leave no timer behind', async () => {
    const rig = createRig({ throttling: { debounceMs: 50 } });
    const start = expect(rig.engine.start()).rejects.toThrow('pull failed');
    await rig.emit(5);
    await rig.last.fail();
    await start;
    expect(rig.clock.armed).toBe(0);
  });
});
