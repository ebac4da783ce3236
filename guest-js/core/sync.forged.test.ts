import { describe, expect, it } from 'vitest';
import { createRig, rev, settled } from './sync.rig.ts';

const NEVER = '18446744073709551615';

/** A rig whose host is at `state.revision`, whatever signals say, and a count of what that cost after the start. */
async function behindAHost(overrides: Parameters<typeof createRig>[0] = {}) {
  const state = { revision: 1, epoch: undefined as string | undefined, pulls: 0 };
  const rig = createRig({
    provider: {
      async getSnapshot() {
        state.pulls++;
        const { revision, epoch } = state;
        return { revision: rev(revision), data: `v${revision}`, ...(epoch && { epoch }) };
      },
    },
    ...overrides,
  });
  await rig.engine.start();
  state.pulls = 0;
  return { rig, state };
}

const FORGED: Record<string, (n: number) => string> = {
  'of the last revision there can be': () => NEVER,
  'each of a higher one': (n) => String(10 ** 15 + n),
  'each of a lower one': (n) => String(10 ** 15 - n),
  'of the next one': () => '2',
};

describe('signals of a revision that no pull reaches', () => {
  it.each(Object.entries(FORGED))('cost a few pulls in all, %s', async (_, forge) => {
    const { rig, state } = await behindAHost();
    for (let n = 0; n < 100; n++) await rig.emit(forge(n));
    await rig.clock.advance(600_000);
    expect(state.pulls).toBeLessThanOrEqual(5);
    for (let n = 100; n < 200; n++) await rig.emit(forge(n));
    await rig.clock.advance(600_000);
    expect(state.pulls).toBeLessThanOrEqual(7);
    expect(rig.clock.armed).toBe(0);
  });

  it.each(Object.entries(FORGED))('cost no more than the longest pause allows, %s', async (_, forge) => {
    const { rig, state } = await behindAHost();
    for (let n = 0; n < 600; n++) {
      await rig.emit(forge(n));
      await rig.clock.advance(100);
    }
    // 0, 0.1, 0.3, 0.7, 1.5, 3.1, 6.3, 12.7 s, and one in 10 s from there.
    expect(state.pulls).toBeLessThanOrEqual(13);
  });

  it('cost a few pulls in all when each names an epoch of its own', async () => {
    const { rig, state } = await behindAHost();
    for (let n = 0; n < 100; n++) await rig.emit(5, `forged ${n}`);
    await rig.clock.advance(600_000);
    expect(state.pulls).toBeLessThanOrEqual(6);
  });

  it('cost a few pulls in all when signals are throttled', async () => {
    const { rig, state } = await behindAHost({ throttling: { throttleMs: 10 } });
    for (let n = 0; n < 100; n++) {
      await rig.emit(NEVER);
      await rig.clock.advance(20);
    }
    expect(state.pulls).toBeLessThanOrEqual(6);
  });

  it('that come again and again do not end the wait after a pull that failed', async () => {
    const rig = createRig();
    await rig.started(1);
    await rig.emit(NEVER);
    await rig.last.fail();
    for (let n = 0; n < 100; n++) await rig.emit(NEVER);
    expect(rig.pulls).toHaveLength(2);
    await rig.clock.advance(100);
    expect(rig.pulls).toHaveLength(3);
  });

  it('that are told faster than pulls are answered cost no pull after another', async () => {
    const rig = createRig();
    await rig.started(1);
    for (let n = 0; n < 100; n++) {
      await rig.emit(String(10 ** 15 + n));
      await rig.last.answer(1);
      await rig.emit(String(10 ** 15 + n));
    }
    expect(rig.pulls.length).toBeLessThanOrEqual(4);
  });

  it('delay a true one that comes among them by the pause they have earned, and no other', async () => {
    const { rig, state } = await behindAHost();
    for (let n = 0; n < 100; n++) await rig.emit(NEVER);
    await rig.clock.advance(1500);
    state.revision = 2;
    await rig.emit(2);
    await rig.clock.advance(1600);
    expect(rig.local()).toBe('2');
    state.revision = 3;
    await rig.emit(3);
    await settled();
    expect(rig.local()).toBe('3');
  });

  it('are forgotten with the life of the host that they came in', async () => {
    const { rig, state } = await behindAHost();
    for (let n = 0; n < 100; n++) await rig.emit(NEVER);
    await rig.clock.advance(60_000);
    Object.assign(state, { epoch: 'second', revision: 7 });
    await rig.engine.refresh();
    expect(rig.local()).toBe('7');
    state.revision = 8;
    await rig.emit(8, 'second');
    await settled();
    expect(rig.local()).toBe('8');
  });
});
