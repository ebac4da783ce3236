// Colors the way a palette holds them (hue, saturation, lightness), as CSS and as people write them.

export interface Color {
  hue: number;
  saturation: number;
  lightness: number;
}

export function css({ hue, saturation, lightness }: Color): string {
  return `hsl(${hue} ${saturation}% ${lightness}%)`;
}

/** Red, green and blue, each 0 to 1. */
function channels({ hue, saturation, lightness }: Color): [number, number, number] {
  const light = lightness / 100;
  const reach = (saturation / 100) * Math.min(light, 1 - light);
  const channel = (offset: number) => {
    const turn = (offset + hue / 30) % 12;
    return light - reach * Math.max(-1, Math.min(turn - 3, 9 - turn, 1));
  };
  return [channel(0), channel(8), channel(4)];
}

/** `#rrggbb` */
export function hex(color: Color): string {
  const digits = channels(color).map((channel) =>
    Math.round(channel * 255)
      .toString(16)
      .padStart(2, '0'),
  );
  return `#${digits.join('')}`;
}

/** Black or white, whichever one can read on this color. */
export function ink(color: Color): string {
  const [red, green, blue] = channels(color).map((channel) => channel ** 2.2) as [number, number, number];
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.36 ? '#16181d' : '#ffffff';
}
