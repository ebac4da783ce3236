import { describe, expect, it } from 'vitest';
import { createRig, rev, settled } from './sync.rig.ts';

describe('epoch', () => {
  it('an answer of another epoch is dropped, and the next one is applied whatever its revision', async () => {
    const rig = createRig();
    await rig.started(50, 'e');
    const refresh = rig.engine.refresh();
    await rig.last.answer(3, 'f');
    expect(rig.revisions()).toEqual(['50']);
    expect(rig.pulls).toHaveLength(3);
    await rig.last.answer(3, 'f');
    await refresh;
    expect(rig.revisions()).toEqual(['50', '3']);
    expect(rig.local()).toBe('3');
    expect(rig.errors).toEqual([]);
    expect(rig.engine.getStatus()).toBe('ready');
  });

  it('an answer of another epoch is followed by another pull also when only a signal asked', async () => {
    const rig = createRig();
    await rig.started(50, 'e');
    await rig.emit(51, 'e');
    await rig.last.answer(1, 'f');
    expect(rig.pulls).toHaveLength(3);
    await rig.last.answer(1, 'f');
    expect(rig.local()).toBe('1');
    await rig.clock.advance(60_000);
    expect(rig.pulls).toHaveLength(3);
  });

  it('an answer of another epoch is followed by another pull also right after a failure', async () => {
    const rig = createRig();
    await rig.started(50, 'e');
    await rig.emit(51, 'e');
    await rig.last.fail();
    await rig.clock.advance(100);
    await rig.last.answer(1, 'f');
    expect(rig.pulls).toHaveLength(4);
    await rig.last.answer(1, 'f');
    expect(rig.local()).toBe('1');
    expect(rig.engine.getStatus()).toBe('ready');
  });

  it('a signal of another epoch asks for a pull, however small its revision', async () => {
    const rig = createRig();
    await rig.started(50, 'e');
    await rig.emit(2, 'f');
    expect(rig.pulls).toHaveLength(2);
    await rig.last.answer(2, 'f');
    await rig.last.answer(2, 'f');
    expect(rig.local()).toBe('2');
    await rig.emit(2, 'f');
    await rig.clock.advance(60_000);
    expect(rig.pulls).toHaveLength(3);
  });

  it('a late signal of a past epoch costs one pull and changes nothing', async () => {
    const rig = createRig();
    await rig.started(2, 'f');
    await rig.emit(900, 'e');
    await rig.last.answer(2, 'f');
    await rig.clock.advance(60_000);
    expect(rig.pulls).toHaveLength(2);
    expect(rig.revisions()).toEqual(['2']);
    expect(rig.engine.getStatus()).toBe('ready');
  });

  it('the pull a signal of another epoch asked for is owed until it succeeds', async () => {
    const rig = createRig();
    await rig.started(50, 'e');
    await rig.emit(1, 'f');
    await rig.last.fail();
    await rig.clock.advance(100);
    await rig.last.answer(1, 'f');
    await rig.last.answer(1, 'f');
    expect(rig.local()).toBe('1');
  });

  it('a signal of another epoch during the first pull asks for one more', async () => {
    const rig = createRig();
    const start = rig.engine.start();
    await settled();
    await rig.emit(7, 'e');
    await rig.last.answer(1, 'f');
    await start;
    expect(rig.pulls).toHaveLength(2);
    await rig.last.answer(1, 'f');
    await rig.clock.advance(60_000);
    expect(rig.pulls).toHaveLength(2);
    expect(rig.local()).toBe('1');
  });

  it('signals of two epochs during the first pull are both heard', async () => {
    const rig = createRig();
    const start = rig.engine.start();
    await settled();
    await rig.emit(7, 'e');
    await rig.emit(2, 'f');
    await rig.last.answer(1, 'f');
    await start;
    expect(rig.pulls).toHaveLength(2);
    await rig.last.answer(2, 'f');
    expect(rig.local()).toBe('2');
  });

  it('a signal without an epoch is compared by revision only', async () => {
    const rig = createRig();
    await rig.started(50, 'e');
    await rig.emit(50);
    expect(rig.pulls).toHaveLength(1);
    await rig.emit(51);
    await rig.last.answer(51, 'e');
    expect(rig.local()).toBe('51');
  });

  it('snapshots without an epoch belong together, and differ from those with one', async () => {
    const rig = createRig();
    await rig.started(5);
    await rig.emit(6);
    await rig.last.answer(6);
    expect(rig.pulls).toHaveLength(2);
    rig.engine.refresh();
    await rig.last.answer(1, 'e');
    expect(rig.local()).toBe('6');
    await rig.last.answer(1, 'e');
    expect(rig.local()).toBe('1');
  });

  it('an apply that failed in a new epoch does not make signals of it look stale', async () => {
    let broken = false;
    const rig = createRig({
      applier: {
        apply: () => {
          if (broken) throw new Error('store');
        },
      },
    });
    await rig.started(50, 'e');
    broken = true;
    await rig.emit(1, 'f');
    await rig.last.answer(1, 'f');
    await rig.last.answer(1, 'f');
    expect(rig.local()).toBe('50');
    broken = false;
    await rig.emit(2, 'f');
    expect(rig.pulls).toHaveLength(4);
    await rig.last.answer(2, 'f');
    expect(rig.local()).toBe('2');
  });

  it('a new start() forgets the epoch of the one before', async () => {
    const rig = createRig();
    const refresh = rig.engine.refresh();
    await rig.last.answer(50, 'e');
    await refresh;
    await rig.started(1, 'f');
    expect(rig.pulls).toHaveLength(2);
    expect(rig.revisions()).toEqual(['50', '1']);
  });

  it.each([7, '', null, {}])('a snapshot whose epoch is %j is a protocol error', async (epoch) => {
    const rig = createRig();
    await rig.started(1, 'e');
    const refresh = expect(rig.engine.refresh()).rejects.toThrow('Malformed snapshot');
    await rig.last.answerWith({ revision: rev(2), data: '', epoch });
    await refresh;
    expect(rig.errors.map(({ phase }) => phase)).toEqual(['protocol']);
  });

  it('a signal whose epoch is no text asks for one pull, like any other epoch', async () => {
    const rig = createRig();
    await rig.started(1, 'e');
    rig.emitRaw({ topic: 'settings', revision: rev(1), epoch: {} });
    await settled();
    await rig.last.answer(1, 'e');
    await rig.clock.advance(60_000);
    expect(rig.pulls).toHaveLength(2);
  });
});
