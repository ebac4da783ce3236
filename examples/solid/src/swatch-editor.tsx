// One color with its sliders. A change of another color runs nothing here, in no window.
import { For, type JSX, Show } from 'solid-js';
import { css, hex, ink } from './color.ts';
import { counted } from './counted.ts';
import { move, remove, tune } from './palette.ts';
import type { Channel, Swatch } from './statesync.ts';

const CHANNELS: { channel: Channel; title: string; most: number }[] = [
  { channel: 'hue', title: 'Hue', most: 359 },
  { channel: 'saturation', title: 'Saturation', most: 100 },
  { channel: 'lightness', title: 'Lightness', most: 100 },
];

export function SwatchEditor(props: {
  palette: string;
  next: string | undefined;
  swatch: Swatch;
}): JSX.Element {
  return (
    <li class="editor" data-swatch={props.swatch.id}>
      <div
        class="color"
        style={{ 'background-color': css(props.swatch), color: ink(props.swatch) }}
        ref={counted(() => css(props.swatch))}
      >
        <code>{hex(props.swatch)}</code>
      </div>
      <For each={CHANNELS}>
        {({ channel, title, most }) => (
          <label>
            <span>{title}</span>
            <input
              type="range"
              name={channel}
              min="0"
              max={most}
              value={props.swatch[channel]}
              onInput={(event) => {
                tune(props.palette, {
                  swatch: props.swatch.id,
                  channel,
                  value: event.currentTarget.valueAsNumber,
                });
              }}
            />
            <output>{props.swatch[channel]}</output>
          </label>
        )}
      </For>
      <div class="row">
        <Show when={props.next}>
          {(next) => (
            <button type="button" class="move" onClick={() => move(props.swatch.id, props.palette, next())}>
              To the next palette
            </button>
          )}
        </Show>
        <button type="button" class="remove" onClick={() => remove(props.palette, props.swatch.id)}>
          Remove
        </button>
      </div>
    </li>
  );
}
