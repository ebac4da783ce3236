import { describe, expect, it } from 'vitest';
import { createRig, Deferred, settled } from './sync.rig.ts';

const permanent = (message = 'forbidden') => Object.assign(new Error(message), { permanent: true });

describe('park', () => {
  it('a permanent error is not repeated, until a newer signal', async () => {
    const rig = createRig();
    await rig.started(1);
    await rig.emit(2);
    await rig.last.fail(permanent());
    expect(rig.errors.at(-1)).toMatchObject({ phase: 'getSnapshot', willRetry: false });
    expect(rig.errors.at(-1)?.nextDelayMs).toBeUndefined();
    expect(rig.engine.getStatus()).toBe('error');
    await rig.clock.advance(600_000);
    expect(rig.pulls).toHaveLength(2);
    await rig.emit(1);
    expect(rig.pulls).toHaveLength(2);
    await rig.emit(2);
    expect(rig.pulls).toHaveLength(3);
    await rig.last.answer(2);
    expect(rig.engine.getStatus()).toBe('ready');
  });

  it('a permanent error is not repeated, until an explicit refresh', async () => {
    const rig = createRig();
    await rig.started(1);
    const parked = expect(rig.engine.refresh()).rejects.toThrow('forbidden');
    await rig.last.fail(permanent());
    await parked;
    await rig.clock.advance(600_000);
    expect(rig.pulls).toHaveLength(2);
    const refresh = rig.engine.refresh();
    await rig.last.answer(5);
    await refresh;
    expect(rig.local()).toBe('5');
  });

  it('a signal or a refresh that came during the pull that parked is still served', async () => {
    const rig = createRig();
    await rig.started(1);
    await rig.emit(2);
    await rig.emit(3);
    await rig.last.fail(permanent());
    expect(rig.pulls).toHaveLength(3);
    await rig.last.answer(3);
    expect(rig.local()).toBe('3');
    await rig.emit(4);
    const refresh = rig.engine.refresh();
    await rig.last.fail(permanent());
    expect(rig.pulls).toHaveLength(5);
    await rig.last.answer(4);
    await refresh;
    expect(rig.local()).toBe('4');
  });

  it('a lower signal that came during the pull that parked is still served', async () => {
    const rig = createRig();
    await rig.started(1);
    await rig.emit(1000);
    await rig.emit(2);
    await rig.last.fail(permanent());
    await rig.clock.advance(200);
    await rig.last.answer(2);
    expect(rig.local()).toBe('2');
  });

  it('an applier that answers false parks the topic without an error or an advance', async () => {
    let takes = true;
    const rig = createRig({ applier: { apply: async () => (takes ? undefined : false) } });
    await rig.started(1);
    takes = false;
    await rig.emit(2);
    await rig.last.answer(2);
    expect(rig.local()).toBe('1');
    expect(rig.engine.getStatus()).toBe('error');
    await rig.clock.advance(600_000);
    expect(rig.pulls).toHaveLength(2);
    expect(rig.errors).toEqual([]);
    takes = true;
    await rig.emit(3);
    await rig.last.answer(3);
    expect(rig.local()).toBe('3');
    expect(rig.engine.getStatus()).toBe('ready');
  });

  it('refresh() resolves when the applier deliberately takes nothing', async () => {
    const rig = createRig({ applier: { apply: () => false } });
    await rig.started(1);
    const refresh = rig.engine.refresh();
    await rig.last.answer(2);
    await expect(refresh).resolves.toBeUndefined();
  });

  it('a thrown applier error is transient', async () => {
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
    await rig.last.answer(2);
    expect(rig.errors.at(-1)).toMatchObject({ phase: 'apply', willRetry: true, nextDelayMs: 100 });
  });
});

describe('re-entrance', () => {
  it('refresh() from inside the applier is queued, not nested', async () => {
    const nested: Promise<void>[] = [];
    const rig = createRig({
      applier: {
        apply: (snapshot) => {
          if (snapshot.revision === '2') nested.push(rig.engine.refresh());
        },
      },
    });
    await rig.started(1);
    await rig.emit(2);
    await rig.last.answer(2);
    expect(rig.pulls).toHaveLength(3);
    await rig.last.answer(2);
    await Promise.all(nested);
    expect(rig.local()).toBe('2');
  });

  it('a signal from inside an asynchronous apply is not lost', async () => {
    const gate = new Deferred<void>();
    const rig = createRig({
      applier: { apply: (snapshot) => (snapshot.revision === '2' ? gate.promise : undefined) },
    });
    await rig.started(1);
    await rig.emit(2);
    await rig.last.answer(2);
    await rig.emit(3);
    expect(rig.pulls).toHaveLength(2);
    gate.resolve();
    await settled();
    expect(rig.pulls).toHaveLength(3);
    await rig.last.answer(3);
    expect(rig.local()).toBe('3');
  });
});
