// What every window has: the theme, the three buttons, a place for short messages, and the footer.
import { invoke } from '@tauri-apps/api/core';
import { byId, element } from './element.ts';
import { showFooter } from './footer.ts';
import { count } from './format.ts';
import { copyWhere, counters, observe } from './observe.ts';
import type { Settings } from './statesync.ts';
import { showTheme } from './theme.ts';

interface Finished {
  updates: number;
  microseconds: number;
  count: number;
}

let fading: ReturnType<typeof setTimeout> | undefined;

/** A sentence for a few seconds, also for people who listen to the page. */
export function say(text: string, kind: 'news' | 'trouble' = 'news'): void {
  const place = byId('message');
  place.textContent = text;
  place.dataset.kind = kind;
  place.classList.add('shown');
  clearTimeout(fading);
  fading = setTimeout(() => place.classList.remove('shown'), 6_000);
}

export function complain(error: unknown): void {
  say(error instanceof Error ? error.message : String(error), 'trouble');
}

async function burst(): Promise<void> {
  const before = counters();
  const finished = await invoke<Finished>('burst');
  await copyWhere('burst', (copy) => copy.value.count >= finished.count);
  const pulls = counters().pulls - before.pulls;
  const took = finished.microseconds / 1000;
  const time = took < 10 ? took.toFixed(1) : count(took);
  say(
    `${count(finished.updates)} updates in ${time} ms. This window pulled ${pulls === 1 ? 'once' : `${pulls} times`} meanwhile.`,
  );
}

/** Builds the frame around a page; `opens` is the kind of window that "New window" opens. */
export function frame(opens: 'overview' | 'processes', settings: (value: Settings) => void = () => {}): void {
  byId('tools').append(
    tool('new-window', 'New window', 'Open one more window', async () => {
      say(`Opened ${await invoke<string>('open_window', { kind: opens })}.`);
    }),
    tool('burst', 'Burst', 'Update a topic 1,000 times in a row', burst),
    tool('reload', 'Reload', 'Load this page again', () => location.reload()),
  );
  document.body.append(element('div', { id: 'message', role: 'status', 'aria-live': 'polite' }));
  showFooter(byId('sync'));
  observe('settings', (value) => {
    showTheme(value.theme);
    settings(value);
  });
  observe('burst', () => {});
}

function tool(id: string, name: string, title: string, act: () => void | Promise<void>): HTMLButtonElement {
  const button = element('button', { id, type: 'button', title }, name);
  button.addEventListener('click', async () => {
    button.disabled = true;
    try {
      await act();
    } catch (error) {
      complain(error);
    } finally {
      button.disabled = false;
    }
  });
  return button;
}
