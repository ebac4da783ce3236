/**
 * How deep a value may be. What runs over values (share, diff, copy, patch) calls itself once for each level; every door
 * through which a value comes asks here first, so none of it ever meets a deeper one, or one that contains itself.
 */
import { echo } from './echo.ts';

/** Levels of a value, as in Rust: a scalar has none, `[]` and `{}` have one, `[[1]]` has two. */
export const MAX_DEPTH = 128;

/**
 * Where a value is deeper than it may be, as `items[0].id`; `undefined` where it is not. `room` is how many levels are left
 * for it. Looks at each part once and no deeper than that, so it ends on cycles as well.
 */
export function tooDeepAt(value: unknown, room = MAX_DEPTH): string | undefined {
  const place = placeBelow(value, room);
  return place === undefined ? undefined : pathText(place);
}

/** A place such as `.items[0].id` as errors name it; `.` is the whole value. */
export function pathText(place: string): string {
  return echo(place.startsWith('.') ? place.slice(1) : place) || '.';
}

function placeBelow(value: unknown, room: number): string | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (room === 0) return '';
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index += 1) {
      const place = placeBelow(value[index], room - 1);
      if (place !== undefined) return `[${index}]${place}`;
    }
    return undefined;
  }
  for (const name of Object.keys(value)) {
    const place = placeBelow((value as Record<string, unknown>)[name], room - 1);
    if (place !== undefined) return `.${name}${place}`;
  }
  return undefined;
}
