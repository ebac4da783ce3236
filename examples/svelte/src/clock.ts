// Seconds the way a clock shows them.

/** `1500` is `25:00`; an hour and more is still counted in minutes, as a kitchen timer does. */
export function clock(seconds: number): string {
  const rest = seconds % 60;
  return `${Math.floor(seconds / 60)}:${String(rest).padStart(2, '0')}`;
}

/** How much of a phase is over, 0 to 1. */
export function elapsed(timer: { remaining: number; length: number }): number {
  return timer.length > 0 ? Math.min(1, 1 - timer.remaining / timer.length) : 0;
}
