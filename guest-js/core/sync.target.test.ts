import { describe, expect, it } from 'vitest';
import { createRig, rev } from './sync.rig.ts';

describe('target', () => {
  it('an answer older than a signal of its flight is followed by another pull at once', async () => {
    const rig = createRig();
    await rig.started(1);
    await rig.emit(2);
    await rig.emit(3);
    await rig.last.answer(2);
    expect(rig.pulls).toHaveLength(3);
    await rig.last.answer(3);
    expect(rig.local()).toBe('3');
  });

  it('a failed pull is repeated after 100 ms, doubling up to 10 s, until the target is reached', async () => {
    const rig = createRig();
    await rig.started(1);
    await rig.emit(2);
    const delays = [100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000];
    for (const [n, delay] of delays.entries()) {
      await rig.last.fail();
      expect(rig.errors.at(-1)).toMatchObject({ attempt: n + 1, willRetry: true, nextDelayMs: delay });
      await rig.clock.advance(delay - 1);
      expect(rig.pulls).toHaveLength(2 + n);
      await rig.clock.advance(1);
      expect(rig.pulls).toHaveLength(3 + n);
    }
    await rig.last.answer(2);
    expect(rig.local()).toBe('2');
    await rig.emit(3);
    await rig.last.fail();
    expect(rig.errors.at(-1)).toMatchObject({ attempt: 1, nextDelayMs: 100 });
  });

  it('a clock with chance stretches the waits by up to half, never above 10 s', async () => {
    const rig = createRig();
    Object.assign(rig.clock, { random: () => 0.8 });
    await rig.started(1);
    await rig.emit(2);
    for (let n = 0; n < 8; n++) {
      await rig.last.fail();
      await rig.clock.advance(10_000);
    }
    expect(rig.errors.map(({ nextDelayMs }) => nextDelayMs)).toEqual([
      140, 280, 560, 1120, 2240, 4480, 8960, 10_000,
    ]);
  });

  it('a newer signal ends the wait before a retry', async () => {
    const rig = createRig();
    await rig.started(1);
    await rig.emit(2);
    await rig.last.fail();
    await rig.emit(3);
    expect(rig.pulls).toHaveLength(3);
    await rig.last.answer(3);
    expect(rig.local()).toBe('3');
    expect(rig.clock.armed).toBe(0);
  });

  it('100 signals during a pull that fails cost one more pull, then a wait', async () => {
    const rig = createRig();
    await rig.started(1);
    for (let n = 2; n <= 101; n++) await rig.emit(n);
    await rig.last.fail();
    expect(rig.errors.at(-1)).toMatchObject({ willRetry: true, nextDelayMs: 0 });
    expect(rig.pulls).toHaveLength(3);
    await rig.last.fail();
    expect(rig.pulls).toHaveLength(3);
    expect(rig.errors.at(-1)).toMatchObject({ willRetry: true, nextDelayMs: 200 });
  });

  it('a pull that began after the signal and answers older is repeated with backoff', async () => {
    const rig = createRig();
    await rig.started(1);
    await rig.emit(3);
    await rig.last.answer(2);
    expect(rig.local()).toBe('2');
    expect(rig.engine.getStatus()).toBe('stale');
    expect(rig.pulls).toHaveLength(2);
    await rig.clock.advance(100);
    await rig.last.answer(3);
    expect(rig.local()).toBe('3');
  });

  it('a signal repeated during such a pull does not end the wait', async () => {
    const rig = createRig();
    await rig.started(1);
    await rig.emit(3);
    await rig.emit(3);
    await rig.last.answer(2);
    expect(rig.pulls).toHaveLength(2);
    await rig.clock.advance(100);
    expect(rig.pulls).toHaveLength(3);
  });

  it('an older signal never lowers it', async () => {
    const rig = createRig();
    await rig.started(1);
    await rig.emit(5);
    await rig.emit(3);
    await rig.last.answer(3);
    expect(rig.local()).toBe('3');
    expect(rig.engine.getStatus()).toBe('stale');
    await rig.clock.advance(100);
    await rig.last.answer(5);
    expect(rig.local()).toBe('5');
  });

  it('a target no pull ever reaches is dropped after five of them', async () => {
    const rig = createRig();
    await rig.started(1);
    await rig.emit(1000);
    for (let n = 0; n < 20; n++) {
      await rig.last.answer(1);
      await rig.clock.advance(10_000);
    }
    expect(rig.pulls).toHaveLength(1 + 5);
    expect(rig.engine.getStatus()).toBe('ready');
    expect(rig.errors).toEqual([]);
    expect(rig.clock.armed).toBe(0);
    await rig.emit(2);
    await rig.last.answer(2);
    expect(rig.local()).toBe('2');
  });

  it.each([
    ['a lower', 2],
    ['the same', 1000],
  ])('%s revision, told of during the last pull for it, is pulled for', async (_, revision) => {
    const rig = createRig();
    await rig.started(1);
    await rig.emit(1000);
    for (let n = 0; n < 4; n++) {
      await rig.last.answer(1);
      await rig.clock.advance(10_000);
    }
    await rig.emit(revision);
    await rig.last.answer(1);
    expect(rig.engine.getStatus()).toBe('stale');
    await rig.clock.advance(1600);
    await rig.last.answer(revision);
    expect(rig.local()).toBe(String(revision));
    await rig.clock.advance(60_000);
    expect(rig.pulls).toHaveLength(1 + 5 + 1);
    expect(rig.engine.getStatus()).toBe('ready');
  });

  it('a hundred signals during the first pull for a target no pull ever reaches cost no more', async () => {
    const rig = createRig();
    await rig.started(1);
    for (let n = 0; n < 100; n++) await rig.emit(1000);
    for (let n = 0; n < 20; n++) {
      await rig.last.answer(1);
      await rig.clock.advance(10_000);
    }
    expect(rig.pulls).toHaveLength(1 + 5);
  });

  it('a stale or repeated signal causes no pull', async () => {
    const rig = createRig();
    await rig.started(10);
    await rig.emit(9);
    await rig.emit(10);
    await rig.emit(0);
    await rig.clock.advance(60_000);
    expect(rig.pulls).toHaveLength(1);
    expect(rig.errors).toEqual([]);
  });

  it('a signal for which shouldRefresh says no does not raise it', async () => {
    const asked: string[] = [];
    const rig = createRig({
      shouldRefresh: (event) => {
        asked.push(event.revision);
        return event.sourceId !== 'me';
      },
    });
    await rig.started(1);
    rig.emitRaw({ topic: 'settings', revision: rev(5), sourceId: 'me' });
    await rig.clock.advance(60_000);
    expect(rig.pulls).toHaveLength(1);
    expect(rig.engine.getStatus()).toBe('ready');
    rig.emitRaw({ topic: 'settings', revision: rev(4), sourceId: 'you' });
    await rig.last.answer(4);
    await rig.clock.advance(60_000);
    expect(rig.pulls).toHaveLength(2);
    expect(asked).toEqual(['5', '4']);
  });

  it('a failed apply is repeated and does not advance the local revision', async () => {
    const results: (() => void)[] = [
      () => {},
      () => {
        throw new Error('sync');
      },
      async () => {
        throw new Error('async');
      },
      () => {},
    ];
    const rig = createRig({ applier: { apply: () => results.shift()?.() } });
    await rig.started(1);
    await rig.emit(2);
    await rig.last.answer(2);
    expect(rig.local()).toBe('1');
    await rig.clock.advance(100);
    await rig.last.answer(2);
    expect(rig.local()).toBe('1');
    await rig.clock.advance(200);
    await rig.last.answer(2);
    expect(rig.local()).toBe('2');
    expect(rig.errors.map(({ phase, snapshotRevision }) => [phase, snapshotRevision])).toEqual([
      ['apply', '2'],
      ['apply', '2'],
    ]);
  });

  it('a refresh() whose apply fails stays owed, without any signal', async () => {
    let broken = false;
    const rig = createRig({
      applier: {
        apply: () => {
          if (broken) throw new Error('store');
        },
      },
    });
    await rig.started(1);
    broken = true;
    const refresh = expect(rig.engine.refresh()).rejects.toThrow('store');
    await rig.last.answer(2);
    await refresh;
    broken = false;
    await rig.clock.advance(100);
    await rig.last.answer(2);
    expect(rig.local()).toBe('2');
  });
});
