// Keeps one timer and the listeners of the page's visibility (`self-heal`): asks for one pull of everything when the
// page becomes visible, gets focus or is shown again, and every now and then while it is visible. Loses nothing
// that matters when a beat is skipped; it is the net under everything else.

import type { PageClock, VisibilitySource } from './environment.ts';

export interface HeartbeatOptions {
  clock: PageClock;
  random: () => number;
  visibility: VisibilitySource;
  /** About this long between two beats while visible. */
  intervalMs: number;
  /** Two beats are never closer than this: becoming visible and getting focus are one. */
  gapMs: number;
  onBeat: () => void;
}

export interface Heartbeat {
  start(): void;
  stop(): void;
}

export function createHeartbeat(options: HeartbeatOptions): Heartbeat {
  const { clock, random, visibility, intervalMs, gapMs, onBeat } = options;
  let timer: unknown;
  let unlisten: (() => void) | undefined;
  let last = Number.NEGATIVE_INFINITY;

  const disarm = () => {
    if (timer !== undefined) clock.clearTimeout(timer);
    timer = undefined;
  };
  const arm = (ms: number) => {
    disarm();
    timer = clock.setTimeout(() => {
      timer = undefined;
      if (visibility.isVisible()) beat();
    }, ms);
  };
  const beat = () => {
    last = clock.now();
    arm(intervalMs * (0.9 + random() * 0.2));
    onBeat();
  };
  const wake = () => {
    const rest = last + gapMs - clock.now();
    if (rest <= 0) beat();
    else arm(rest);
  };

  return {
    start() {
      if (unlisten !== undefined) return;
      unlisten = visibility.listen((cause) => {
        if (cause === 'hidden') disarm();
        else if (visibility.isVisible()) wake();
      });
      if (visibility.isVisible()) arm(intervalMs * (0.9 + random() * 0.2));
    },
    stop() {
      disarm();
      unlisten?.();
      unlisten = undefined;
    },
  };
}
