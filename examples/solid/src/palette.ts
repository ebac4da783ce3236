// What this app does to a palette: actions that Rust runs, shown here before Rust has answered.
import { invoke } from '@tauri-apps/api/core';
import { topic } from 'tauri-plugin-statesync-api';
import { saying } from './complaint.tsx';
import type { Tune } from './statesync.ts';

/** The topic of one palette. */
export const paletteOf = (id: string) => `palette:${id}` as const;

export function rename(id: string, name: string): void {
  const optimistic = (palette: { name: string }) => {
    palette.name = name;
  };
  saying(topic(paletteOf(id)).action('rename', { name }, { optimistic }));
}

export function tune(id: string, change: Tune): void {
  saying(
    topic(paletteOf(id)).action('tune', change, {
      optimistic: (palette) => {
        const swatch = palette.swatches.find((swatch) => swatch.id === change.swatch);
        if (swatch) swatch[change.channel] = change.value;
      },
    }),
  );
}

/** Rust makes up the color and gives it its number. */
export function add(id: string): void {
  saying(topic(paletteOf(id)).action('add', null));
}

export function remove(id: string, swatch: number): void {
  saying(topic(paletteOf(id)).action('remove', { swatch }));
}

/** Two topics change together: a command of the app does it, in a transaction. */
export function move(swatch: number, from: string, to: string): void {
  saying(invoke('move_swatch', { swatch, from, to }));
}
