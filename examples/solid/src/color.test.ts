import { describe, expect, it } from 'vitest';
import { css, hex, ink } from './color.ts';

describe('a color', () => {
  it('is written as six digits', () => {
    expect(hex({ hue: 0, saturation: 100, lightness: 50 })).toBe('#ff0000');
    expect(hex({ hue: 120, saturation: 100, lightness: 25 })).toBe('#008000');
    expect(hex({ hue: 240, saturation: 100, lightness: 50 })).toBe('#0000ff');
    expect(hex({ hue: 200, saturation: 0, lightness: 100 })).toBe('#ffffff');
  });

  it('is written as CSS without rounding', () => {
    expect(css({ hue: 12, saturation: 80, lightness: 45 })).toBe('hsl(12 80% 45%)');
  });

  it('has an ink that can be read on it', () => {
    expect(ink({ hue: 60, saturation: 100, lightness: 60 })).toBe('#16181d');
    expect(ink({ hue: 240, saturation: 100, lightness: 40 })).toBe('#ffffff');
  });
});
