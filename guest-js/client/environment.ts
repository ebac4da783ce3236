// Keeps nothing between calls: what a session takes from the world around it beside time (randomness, whether anybody
// can see the page), so that a test or a simulation can hand in its own.

import { type Clock, systemClock } from '../core/clock.ts';

/** The engine's timers, and a monotonic `now`: a jump of the wall clock changes nothing. */
export interface PageClock extends Clock {
  now(): number;
}

/** Real time; reads the global timers at each call, so that fake ones installed later work. */
export const pageClock: PageClock = { ...systemClock, now: () => performance.now() };

/** Why the page may be out of date, or that it went out of sight. */
export type VisibilityCause = 'visible' | 'hidden' | 'focus' | 'pageshow';

/** Tells whether anybody can see the page, and when that changes (`self-heal`). */
export interface VisibilitySource {
  isVisible(): boolean;
  listen(listener: (cause: VisibilityCause) => void): () => void;
}

/** The document's own visibility. Where there is no document the page counts as visible. */
export const documentVisibility: VisibilitySource = {
  isVisible: () => typeof document === 'undefined' || document.visibilityState !== 'hidden',
  listen(listener) {
    if (typeof document === 'undefined' || typeof window === 'undefined') return () => {};
    const onVisibility = () => listener(document.visibilityState === 'hidden' ? 'hidden' : 'visible');
    const onFocus = () => listener('focus');
    const onPageShow = () => listener('pageshow');
    document.addEventListener('visibilitychange', onVisibility);
    window.addEventListener('focus', onFocus);
    window.addEventListener('pageshow', onPageShow);
    return () => {
      document.removeEventListener('visibilitychange', onVisibility);
      window.removeEventListener('focus', onFocus);
      window.removeEventListener('pageshow', onPageShow);
    };
  },
};

const ID_ALPHABET = '0123456789abcdefghijklmnopqrstuvwxyz';

/** A random id of 24 characters: 124 bits when `random` is as good as the platform's. */
export function randomId(random: () => number): string {
  let id = '';
  for (let n = 0; n < 24; n += 1) id += ID_ALPHABET[Math.floor(random() * ID_ALPHABET.length)];
  return id;
}

/** Uniform numbers in [0, 1) from the platform's secure source, or `Math.random` where there is none. */
export function platformRandom(): number {
  const source = globalThis.crypto;
  if (typeof source?.getRandomValues !== 'function') return Math.random();
  return (source.getRandomValues(new Uint32Array(1))[0] as number) / 2 ** 32;
}
