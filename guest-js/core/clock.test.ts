import { afterEach, describe, expect, it, vi } from 'vitest';
import { createAlarm, systemClock } from './clock.ts';
import { FakeClock } from './sync.rig.ts';

afterEach(() => {
  vi.useRealTimers();
});

describe('the system clock', () => {
  it('uses fake timers that were installed after it was made', () => {
    vi.useFakeTimers();
    const ring = vi.fn();
    const dropped = vi.fn();
    systemClock.setTimeout(ring, 10);
    systemClock.clearTimeout(systemClock.setTimeout(dropped, 10));
    systemClock.clearTimeout(undefined);
    vi.advanceTimersByTime(10);
    expect(ring).toHaveBeenCalledOnce();
    expect(dropped).not.toHaveBeenCalled();
  });
});

describe('an alarm', () => {
  it('rings once, for the last time it was set to', async () => {
    const clock = new FakeClock();
    const alarm = createAlarm(clock);
    const rings: string[] = [];
    alarm.set(10, () => rings.push('first'));
    alarm.set(20, () => rings.push('second'));
    expect(clock.armed).toBe(1);
    expect(alarm.isSet()).toBe(true);
    await clock.advance(100);
    expect(rings).toEqual(['second']);
    expect(alarm.isSet()).toBe(false);
  });

  it('is silent once cleared', async () => {
    const clock = new FakeClock();
    const alarm = createAlarm(clock);
    const ring = vi.fn();
    alarm.set(10, ring);
    alarm.clear();
    await clock.advance(100);
    expect(ring).not.toHaveBeenCalled();
    expect(clock.armed).toBe(0);
  });
});
