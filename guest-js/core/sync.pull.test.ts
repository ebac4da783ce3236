import { describe, expect, it } from 'vitest';
import { createRig, rev, settled } from './sync.rig.ts';

describe('single-flight', () => {
  it('pulls twice for 100 signals in a burst', async () => {
    const rig = createRig();
    await rig.started(1);
    for (let n = 2; n <= 101; n++) await rig.emit(n);
    expect(rig.pulls).toHaveLength(2);
    await rig.last.answer(2);
    expect(rig.pulls).toHaveLength(3);
    await rig.last.answer(101);
    await rig.clock.advance(60_000);
    expect(rig.pulls).toHaveLength(3);
    expect(rig.revisions()).toEqual(['1', '2', '101']);
  });

  it('pulls once for signals whose answer covers them all', async () => {
    const rig = createRig();
    await rig.started(1);
    await rig.emit(2);
    await rig.emit(3);
    await rig.last.answer(3);
    await rig.clock.advance(60_000);
    expect(rig.pulls).toHaveLength(2);
  });

  it('pulls once for a signal heard many times', async () => {
    const rig = createRig();
    await rig.started(1);
    for (let n = 0; n < 10; n++) await rig.emit(2);
    await rig.last.answer(2);
    for (let n = 0; n < 10; n++) await rig.emit(2);
    await rig.clock.advance(60_000);
    expect(rig.pulls).toHaveLength(2);
  });
});

describe('owed', () => {
  it('refresh() on an engine at rest calls the provider in the same call stack', async () => {
    const rig = createRig();
    await rig.started(1);
    const refresh = rig.engine.refresh();
    expect(rig.pulls).toHaveLength(2);
    await rig.last.answer(2);
    await refresh;
    expect(rig.local()).toBe('2');
  });

  it('a refresh requested during a pull waits for one that begins after it, shared by all who asked', async () => {
    const rig = createRig();
    await rig.started(1);
    const done: string[] = [];
    const calls = ['a', 'b', 'c'].map((name) => rig.engine.refresh().then(() => done.push(name)));
    expect(rig.pulls).toHaveLength(2);
    await rig.last.answer(1);
    expect(done).toEqual(['a']);
    expect(rig.pulls).toHaveLength(3);
    await rig.last.answer(1);
    await Promise.all(calls);
    expect(done).toEqual(['a', 'b', 'c']);
    expect(rig.pulls).toHaveLength(3);
  });

  it('a queued refresh survives the failure of the pull in flight', async () => {
    const rig = createRig();
    await rig.started(1);
    const first = expect(rig.engine.refresh()).rejects.toThrow('pull failed');
    const second = rig.engine.refresh();
    await rig.last.fail();
    await first;
    expect(rig.pulls).toHaveLength(3);
    await rig.last.answer(2);
    await expect(second).resolves.toBeUndefined();
  });

  it('a refresh whose promise was rejected stays owed until a later pull succeeds', async () => {
    const rig = createRig();
    await rig.started(1);
    const refresh = expect(rig.engine.refresh()).rejects.toThrow('pull failed');
    await rig.last.fail();
    await refresh;
    expect(rig.engine.getStatus()).toBe('error');
    await rig.clock.advance(99);
    expect(rig.pulls).toHaveLength(2);
    await rig.clock.advance(1);
    expect(rig.pulls).toHaveLength(3);
    await rig.last.answer(9);
    expect(rig.local()).toBe('9');
    expect(rig.engine.getStatus()).toBe('ready');
    await rig.clock.advance(60_000);
    expect(rig.pulls).toHaveLength(3);
  });

  it('refresh() ends a wait for the next retry at once', async () => {
    const rig = createRig();
    await rig.started(1);
    await rig.emit(2);
    await rig.last.fail();
    const refresh = rig.engine.refresh();
    expect(rig.pulls).toHaveLength(3);
    expect(rig.clock.armed).toBe(1);
    await rig.last.answer(2);
    await refresh;
    expect(rig.clock.armed).toBe(0);
  });

  it('refresh() is never throttled', async () => {
    const rig = createRig({ throttling: { debounceMs: 1000, throttleMs: 1000 } });
    await rig.started(1);
    const refresh = rig.engine.refresh();
    expect(rig.pulls).toHaveLength(2);
    await rig.last.answer(2);
    await refresh;
  });

  it('refresh() before start() pulls and applies, but arms nothing when it fails', async () => {
    const rig = createRig();
    const failed = expect(rig.engine.refresh()).rejects.toThrow('pull failed');
    await rig.last.fail();
    await failed;
    expect(rig.clock.armed).toBe(0);
    expect(rig.errors.map(({ willRetry }) => willRetry)).toEqual([false]);
    const refresh = rig.engine.refresh();
    await rig.last.answer(4);
    await refresh;
    expect(rig.local()).toBe('4');
    expect(rig.subscriptions.begun).toBe(0);
    expect(rig.engine.getStatus()).toBe('idle');
  });

  it('start() after a refresh() still pulls after it subscribed', async () => {
    const rig = createRig();
    const refresh = rig.engine.refresh();
    const start = rig.engine.start();
    await settled();
    expect(rig.pulls).toHaveLength(1);
    await rig.last.answer(1);
    await refresh;
    expect(rig.pulls).toHaveLength(2);
    await rig.last.answer(2);
    await start;
    expect(rig.local()).toBe('2');
  });

  it('a refresh queued behind the first pull is served even when start() fails', async () => {
    const rig = createRig();
    const start = expect(rig.engine.start()).rejects.toThrow('pull failed');
    await settled();
    const refresh = rig.engine.refresh();
    await rig.last.fail();
    await start;
    await rig.last.answer(3);
    await expect(refresh).resolves.toBeUndefined();
    expect(rig.local()).toBe('3');
    expect(rig.clock.armed).toBe(0);
  });
});

describe('strictly-newer', () => {
  it('applies the very first snapshot whatever its revision', async () => {
    const rig = createRig();
    await rig.started(0);
    expect(rig.revisions()).toEqual(['0']);
  });

  it('applies neither an equal nor an older snapshot, and such a pull still counts', async () => {
    const rig = createRig();
    await rig.started(10);
    for (const revision of [10, 9, 2]) {
      const refresh = rig.engine.refresh();
      await rig.last.answer(revision);
      await refresh;
    }
    expect(rig.revisions()).toEqual(['10']);
    expect(rig.local()).toBe('10');
    expect(rig.engine.getStatus()).toBe('ready');
  });

  it('compares revisions as numbers beyond what a JavaScript number holds', async () => {
    const rig = createRig();
    await rig.started('18446744073709551614');
    await rig.emit('18446744073709551615');
    await rig.last.answer('18446744073709551615');
    expect(rig.local()).toBe('18446744073709551615');
    await rig.emit('9');
    expect(rig.pulls).toHaveLength(2);
  });

  it('tells the provider what it has applied', async () => {
    const rig = createRig();
    await rig.started(1, 'e');
    expect(rig.pulls[0]?.context?.known).toBeUndefined();
    rig.engine.refresh();
    expect(rig.last.context?.known).toEqual({ epoch: 'e', revision: '1' });
    await rig.last.answer(2, 'e');
    rig.engine.refresh();
    expect(rig.last.context?.known).toEqual({ epoch: 'e', revision: '2' });
    await rig.last.answer(2, 'e');
  });
});

describe('unchanged', () => {
  it('is a success that applies nothing', async () => {
    const rig = createRig();
    await rig.started(3, 'e');
    const refresh = rig.engine.refresh();
    await rig.last.answerWith({ revision: rev(3), epoch: 'e', unchanged: true });
    await refresh;
    expect(rig.revisions()).toEqual(['3']);
    expect(rig.errors).toEqual([]);
  });

  it('never lowers the target', async () => {
    const rig = createRig();
    await rig.started(3, 'e');
    await rig.emit(4, 'e');
    await rig.last.answerWith({ revision: rev(3), epoch: 'e', unchanged: true });
    expect(rig.engine.getStatus()).toBe('stale');
    await rig.clock.advance(100);
    await rig.last.answer(4, 'e');
    expect(rig.local()).toBe('4');
  });

  it.each([
    ['newer than the copy', { revision: '4', epoch: 'e' }],
    ['older than the copy', { revision: '2', epoch: 'e' }],
    ['of another epoch', { revision: '3', epoch: 'f' }],
    ['without the epoch', { revision: '3' }],
  ])('is a protocol error when it is %s', async (_, answer) => {
    const rig = createRig();
    await rig.started(3, 'e');
    const refresh = expect(rig.engine.refresh()).rejects.toThrow('Malformed snapshot');
    await rig.last.answerWith({ ...answer, unchanged: true });
    await refresh;
    expect(rig.errors.map(({ phase }) => phase)).toEqual(['protocol']);
    expect(rig.local()).toBe('3');
  });

  it('is a protocol error before anything was applied', async () => {
    const rig = createRig();
    const start = expect(rig.engine.start()).rejects.toThrow('Malformed snapshot');
    await settled();
    await rig.last.answerWith({ revision: rev(0), unchanged: true });
    await start;
  });
});
