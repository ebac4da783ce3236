// Holds the state of both contenders. Keeps how often each was applied; reports to Rust when it has applied the state
// that Rust waits for. Both contenders do the same here: count, hold, report. Nothing is painted: that would cost both
// the same with every apply, and on a machine without graphics hardware more than all the rest.
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
/** What the rest of an app would read. */
const held: Partial<Record<Contender, State>> = {};

function apply(contender: Contender, state: State): void {
  applies[contender] += 1;
  held[contender] = state;
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
