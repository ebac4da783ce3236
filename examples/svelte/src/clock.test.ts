import { describe, expect, it } from 'vitest';
import { clock, elapsed } from './clock.ts';

describe('clock', () => {
  it('shows minutes and two digits of seconds', () => {
    expect(clock(0)).toBe('0:00');
    expect(clock(65)).toBe('1:05');
    expect(clock(1500)).toBe('25:00');
  });

  it('goes on counting minutes after an hour', () => {
    expect(clock(7200)).toBe('120:00');
  });
});

describe('elapsed', () => {
  it('goes from nothing to all of it', () => {
    expect(elapsed({ remaining: 60, length: 60 })).toBe(0);
    expect(elapsed({ remaining: 15, length: 60 })).toBe(0.75);
    expect(elapsed({ remaining: 0, length: 60 })).toBe(1);
  });

  it('is nothing of a phase without length', () => {
    expect(elapsed({ remaining: 0, length: 0 })).toBe(0);
  });
});
