// Renders the state of both contenders. Keeps how often each was applied; reports to Rust when it has applied the state
// that Rust waits for. Both contenders do the same here: count, render, report. The list is rendered into the document
// but not painted: painting costs both the same, at most once a frame, and without graphics hardware it hides the rest.
import { invoke } from '@tauri-apps/api/core';
import { listen } from '@tauri-apps/api/event';
import { stats, subscribe } from 'tauri-plugin-statesync-api';

type Contender = 'statesync' | 'emit';

/** What `state.rs` makes. */
interface State {
  count: number;
  /** The count that is to be reported. */
  goal: number;
  title: string;
  items: { id: number; title: string; done: boolean; count: number; price: number }[];
}

declare global {
  interface Window {
    /** Called by Rust between two measurements: reports what this page did so far. */
    tally(): void;
  }
}

const applies = { statesync: 0, emit: 0 };
/** A list shows no more rows than fit into its window. */
const ROWS = 20;

function render(list: HTMLElement | null, { title, items }: State): void {
  const rows = items.slice(0, ROWS).map((item) => {
    const row = document.createElement('tr');
    for (const value of [item.id, item.title, item.done, item.count, item.price]) {
      const cell = document.createElement('td');
      cell.textContent = String(value);
      row.append(cell);
    }
    return row;
  });
  const caption = document.createElement('caption');
  caption.textContent = title;
  list?.replaceChildren(caption, ...rows);
}

function apply(contender: Contender, state: State): void {
  applies[contender] += 1;
  render(document.getElementById(contender), state);
  if (state.count === state.goal) void invoke('applied', { contender, count: state.count });
}

window.tally = () => {
  const { signals, pulls, acknowledgements } = stats();
  void invoke('tallied', { tally: { applies, signals, pulls, acknowledgements } });
};

const name = await invoke<string>('scene');
await subscribe<State>(name, (state) => apply('statesync', state));
await listen<State>(name, ({ payload }) => apply('emit', payload));
await invoke('ready');
