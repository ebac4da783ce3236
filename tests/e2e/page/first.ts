// Keeps what the first script of this page found of the topics in its address (`first=a,b`), before any call was made
// and before anything was painted, and what was on the screen at the first frame.
import './witness.ts';
import { stats, subscribe, topic } from 'tauri-plugin-statesync-api';
import { digest } from './digest.ts';
import { ledger } from './ledger.ts';
import { serve } from './orders.ts';
import type { Guest } from './watch.ts';

interface Tally {
  count: number;
  by: Record<string, number>;
}

const calls = () => ledger().subscribes + ledger().pulls;
const began = performance.now();
const wanted = new URLSearchParams(location.search).get('first')?.split(',') ?? [];
const values = new Map(wanted.map((name) => [name, topic<Tally>(name).value]));
const took = performance.now() - began;

const shown = document.getElementById('shown') as HTMLOutputElement;
shown.textContent = [...values].map(([name, value]) => `${name}: ${value?.count ?? 'nothing'}`).join(', ');

const report = {
  calls: calls(),
  digests: Object.fromEntries([...values].map(([name, value]) => [name, value ? digest(value) : ''])),
  /** Whose prototype somebody may have changed. */
  plain: [...values.values()].every(
    (value) => !value || Object.getPrototypeOf(value.by) === Object.prototype,
  ),
  /** What a value that became code would have left. */
  boom: 'boom' in window,
  scripts: document.scripts.length,
  /** From the start of the page's script for it to the answer, as the page saw it. */
  askedMs: performance.getEntriesByType('resource').find(({ name }) => name.endsWith('first_paint'))
    ?.duration,
  tookMs: took,
  frame: { text: '', calls: 0 },
};
const framed = new Promise<void>((resolve) => {
  requestAnimationFrame(() => {
    report.frame = { text: shown.textContent ?? '', calls: calls() };
    resolve();
  });
});

void serve({ subscribe } as unknown as Guest, {
  stats,
  first: async () => {
    await framed;
    return report;
  },
});
