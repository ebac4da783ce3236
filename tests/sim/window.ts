// Keeps a window of the app: its label, what its capabilities allow, and the page it shows now, if any. Pages come and
// go; calls of an old one may still be under way.

import type { Place } from './host.ts';

/** What a window shows. */
export interface Shown {
  readonly name: string;
  alive: boolean;
  /** Whether what it shows is what Rust has; says what is wrong otherwise. */
  wrong(hashes: Record<string, [string, number | null]>): string | undefined;
  /** The page goes away with everything in it. */
  unload(): void;
  /** Scripts do not run for this long. */
  block(ms: number): void;
}

export class Window<P extends Shown> {
  readonly label: string;
  readonly read: Place;
  readonly write: Place;
  page: P | undefined;
  /** How often it was destroyed. */
  ends = 0;

  constructor(label: string, read: Omit<Place, 'window'>, write: Omit<Place, 'window'>) {
    this.label = label;
    this.read = { window: label, ...read };
    this.write = { window: label, ...write };
  }
}
