// The window one mixes in.
import './style.css';
import { For, type JSX, Show } from 'solid-js';
import { render } from 'solid-js/web';
import { topic } from 'tauri-plugin-statesync-api';
import { createTopic } from 'tauri-plugin-statesync-api/solid';
import { Complaint, saying } from './complaint.tsx';
import { counted } from './counted.ts';
import { NameField } from './name-field.tsx';
import { add, paletteOf } from './palette.ts';
import { SwatchEditor } from './swatch-editor.tsx';

const studio = topic('studio');

function open(id: string): void {
  saying(studio.patch([{ op: 'replace', path: '/open', value: id }], { optimistic: true }));
}

function drift(on: boolean): void {
  saying(studio.patch([{ op: 'replace', path: '/drift', value: on }], { optimistic: true }));
}

function Mixer(): JSX.Element {
  const desk = createTopic('studio');
  return (
    <main data-window="mixer">
      <header>
        <div class="tabs" role="tablist">
          <For each={desk()?.palettes}>{(id) => <Tab id={id} chosen={desk()?.open === id} />}</For>
        </div>
        <label class="drift">
          <input
            id="drift"
            type="checkbox"
            checked={desk()?.drift}
            onChange={(event) => drift(event.currentTarget.checked)}
          />
          <span>Drift</span>
        </label>
      </header>
      <Show when={desk()?.open} keyed>
        {(id) => <Palette id={id} next={following(desk()?.palettes ?? [], id)} />}
      </Show>
      <Complaint />
    </main>
  );
}

/** The palette after this one, round and round; nothing when there is only one. */
function following(palettes: readonly string[], id: string): string | undefined {
  const next = palettes[(palettes.indexOf(id) + 1) % palettes.length];
  return next === id ? undefined : next;
}

function Tab(props: { id: string; chosen: boolean }): JSX.Element {
  const name = createTopic(paletteOf(props.id), (palette) => palette.name);
  const size = createTopic(paletteOf(props.id), (palette) => palette.swatches.length);
  return (
    <button
      type="button"
      role="tab"
      id={`tab-${props.id}`}
      aria-selected={props.chosen}
      onClick={() => open(props.id)}
    >
      <span class="name" ref={counted(name)}>
        {name() || 'Unnamed'}
      </span>
      <span class="size" ref={counted(size)}>
        {size()}
      </span>
    </button>
  );
}

function Palette(props: { id: string; next: string | undefined }): JSX.Element {
  const palette = createTopic(paletteOf(props.id));
  return (
    <section>
      <div class="row">
        <NameField palette={props.id} />
        <button type="button" id="add" onClick={() => add(props.id)}>
          Add a color
        </button>
      </div>
      <ul class="swatches">
        <For each={palette()?.swatches}>
          {(swatch) => <SwatchEditor palette={props.id} next={props.next} swatch={swatch} />}
        </For>
      </ul>
    </section>
  );
}

render(() => <Mixer />, document.body);
