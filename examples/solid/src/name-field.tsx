// The palette's name. Both windows have this field, and both may use it while Rust changes colors of the same palette.
import type { JSX } from 'solid-js';
import { createTopic } from 'tauri-plugin-statesync-api/solid';
import { paletteOf, rename } from './palette.ts';

export function NameField(props: { palette: string }): JSX.Element {
  const name = createTopic(paletteOf(props.palette), (palette) => palette.name);
  return (
    <input
      id="name"
      aria-label="Name of the palette"
      placeholder="Name"
      value={name() ?? ''}
      onInput={(event) => rename(props.palette, event.currentTarget.value)}
    />
  );
}
