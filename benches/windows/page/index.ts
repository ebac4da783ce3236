// Shows the state of both contenders. Keeps how often each was applied; reports to Rust when it shows the state that
// Rust waits for. Both contenders do the same work here: count, show, report.
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
  rows: { id: number; name: string; share: number }[];
}

declare global {
  interface Window {
    /** Called by Rust between two measurements: reports what this page did so far. */
    tally(): void;
  }
}

const applies = { statesync: 0, emit: 0 };

function show(contender: Contender, state: State): void {
  applies[contender] += 1;
  const output = document.getElementById(contender);
  if (output) output.textContent = `${state.count}, ${state.rows.length} rows`;
  if (state.count === state.goal) void invoke('applied', { contender, count: state.count });
}

window.tally = () => {
  const { signals, pulls, acknowledgements } = stats();
  void invoke('tallied', { tally: { applies, signals, pulls, acknowledgements } });
};

const name = await invoke<string>('scene');
await subscribe<State>(name, (state) => show('statesync', state));
await listen<State>(name, ({ payload }) => show('emit', payload));
await invoke('ready');
