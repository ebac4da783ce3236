// The window that shows the open palette at work. It may rename the palette and nothing else.
import './style.css';
import { For, type JSX, Show } from 'solid-js';
import { render } from 'solid-js/web';
import { createTopic } from 'tauri-plugin-statesync-api/solid';
import { css, hex, ink } from './color.ts';
import { Complaint } from './complaint.tsx';
import { counted } from './counted.ts';
import { NameField } from './name-field.tsx';
import { paletteOf } from './palette.ts';
import type { Swatch } from './statesync.ts';

function Preview(): JSX.Element {
  const open = createTopic('studio', (studio) => studio.open);
  return (
    <main data-window="preview">
      <Show when={open()} keyed>
        {(id) => <Poster id={id} />}
      </Show>
      <Complaint />
    </main>
  );
}

function Poster(props: { id: string }): JSX.Element {
  const palette = createTopic(paletteOf(props.id));
  const size = () => palette()?.swatches.length ?? 0;
  return (
    <article class="poster">
      <ul class="bands">
        <For each={palette()?.swatches}>{(swatch) => <Band swatch={swatch} />}</For>
      </ul>
      <div class="caption">
        <NameField palette={props.id} />
        <p ref={counted(size)}>
          <span id="size">{size()}</span> {size() === 1 ? 'color' : 'colors'}
        </p>
      </div>
    </article>
  );
}

function Band(props: { swatch: Swatch }): JSX.Element {
  return (
    <li
      data-swatch={props.swatch.id}
      style={{ 'background-color': css(props.swatch), color: ink(props.swatch) }}
      ref={counted(() => css(props.swatch))}
    >
      <code>{hex(props.swatch)}</code>
    </li>
  );
}

render(() => <Preview />, document.body);
