import { describe, expect, it } from 'vitest';
import type { ApplyContext, SnapshotEnvelope } from './snapshot.ts';
import { createRig, Deferred, settled } from './sync.rig.ts';

/** A rig whose every apply waits until the test lets it go on. */
function createApplying(timeoutMs = 500) {
  const calls: { signal: AbortSignal; gate: Deferred<void> }[] = [];
  const rig = createRig({
    timeoutMs,
    applier: {
      apply(_snapshot: SnapshotEnvelope<string>, context?: ApplyContext) {
        const call = { signal: context?.signal as AbortSignal, gate: new Deferred<void>() };
        calls.push(call);
        return call.gate.promise;
      },
    },
  });
  const begin = async () => {
    const start = rig.engine.start();
    start.catch(() => {});
    await settled();
    await rig.last.answer(1);
    return start;
  };
  return { rig, calls, begin };
}

describe('the signal of an apply', () => {
  it('aborts at stop(), so that what an asynchronous one still does changes nothing more', async () => {
    const shown: string[] = [];
    const gate = new Deferred<void>();
    const rig = createRig({
      applier: {
        async apply({ data }, context) {
          await gate.promise;
          context?.signal.throwIfAborted();
          shown.push(data);
        },
      },
    });
    const start = rig.engine.start();
    start.catch(() => {});
    await settled();
    await rig.last.answer(1);
    rig.engine.stop();
    gate.resolve();
    await expect(start).rejects.toThrow('was stopped');
    expect(shown).toEqual([]);
  });

  it('aborts at stop() in the same call stack, and so does that of one that is over', async () => {
    const { rig, calls, begin } = createApplying();
    const start = begin();
    await settled();
    calls[0]?.gate.resolve();
    await start;
    await rig.emit(2);
    await rig.last.answer(2);
    expect(calls.map(({ signal }) => signal.aborted)).toEqual([false, false]);
    rig.engine.stop();
    expect(calls.map(({ signal }) => signal.aborted)).toEqual([true, true]);
  });

  it('aborts when that apply is given up, and the next one has another', async () => {
    const { rig, calls, begin } = createApplying();
    const start = begin();
    await settled();
    calls[0]?.gate.resolve();
    await start;
    await rig.emit(2);
    await rig.last.answer(2);
    await rig.clock.advance(499);
    expect(calls[1]?.signal.aborted).toBe(false);
    await rig.clock.advance(1);
    expect(calls[1]?.signal.aborted).toBe(true);
    await rig.clock.advance(100);
    await rig.last.answer(2);
    expect(calls[2]?.signal.aborted).toBe(false);
    calls[2]?.gate.resolve();
    await settled();
    expect(rig.local()).toBe('2');
    expect(calls[2]?.signal.aborted).toBe(false);
  });

  it('is not aborted by a pull that takes too long', async () => {
    const { rig, calls, begin } = createApplying();
    const start = begin();
    await settled();
    calls[0]?.gate.resolve();
    await start;
    await rig.emit(2);
    await rig.clock.advance(500);
    expect(rig.errors.map(({ phase }) => phase)).toEqual(['getSnapshot']);
    expect(calls[0]?.signal.aborted).toBe(false);
  });
});
