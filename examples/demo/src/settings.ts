// The settings: everything on this page is what Rust holds, and changes only when Rust has agreed.
import { changeSettings } from './change.ts';
import { choiceIn } from './choice.ts';
import { byId, element } from './element.ts';
import { complain, frame, say } from './frame.ts';
import { copyOf } from './observe.ts';
import { togglePin } from './ranking.ts';
import { showSessions } from './sessions.ts';
import type { Column, Pin, Settings, Theme } from './statesync.ts';

const COLUMNS: Record<Column, string> = {
  name: 'Name',
  pid: 'PID',
  user: 'User',
  cpu: 'Processor',
  memory: 'Memory',
  status: 'Status',
  time: 'Running time',
};

function change(step: (settings: Settings) => Settings): void {
  changeSettings(step)
    .then((revision) => say(`Saved as revision ${revision}.`))
    .catch((error) => {
      complain(error);
      // What was clicked is not what holds: show what holds.
      const kept = copyOf('settings');
      if (kept) show(kept.value);
    });
}

const theme = choiceIn<Theme>(
  byId('theme'),
  [
    { value: 'auto', title: 'Automatic' },
    { value: 'light', title: 'Light' },
    { value: 'dark', title: 'Dark' },
  ],
  (value) => change((settings) => ({ ...settings, theme: value })),
);
const refresh = choiceIn<string>(
  byId('refreshMs'),
  [
    { value: '100', title: '0.1 s' },
    { value: '250', title: '0.25 s' },
    { value: '500', title: '0.5 s' },
    { value: '1000', title: '1 s' },
    { value: '5000', title: '5 s' },
  ],
  (value) => change((settings) => ({ ...settings, refreshMs: Number(value) })),
);
const paused = byId<HTMLInputElement>('paused');
const column = byId<HTMLSelectElement>('column');
const descending = byId<HTMLInputElement>('descending');
column.append(...Object.entries(COLUMNS).map(([value, title]) => element('option', { value }, title)));

paused.addEventListener('change', () => {
  const { checked } = paused;
  change((settings) => ({ ...settings, paused: checked }));
});
column.addEventListener('change', () => {
  const value = column.value as Column;
  change((settings) => ({ ...settings, sort: { ...settings.sort, column: value } }));
});
descending.addEventListener('change', () => {
  const { checked } = descending;
  change((settings) => ({ ...settings, sort: { ...settings.sort, descending: checked } }));
});

function show(settings: Settings): void {
  theme.show(settings.theme);
  refresh.show(String(settings.refreshMs));
  paused.checked = settings.paused;
  column.value = settings.sort.column;
  descending.checked = settings.sort.descending;
  showPins(settings.pinned);
}

function showPins(pins: Pin[]): void {
  const entries = pins.map((pin) => {
    const button = element('button', { type: 'button', 'aria-label': `Unpin ${pin.name}` }, 'Unpin');
    button.addEventListener('click', () =>
      change((settings) => ({ ...settings, pinned: togglePin(settings.pinned, pin) })),
    );
    const name = element('span', { class: 'name' }, pin.name);
    return element(
      'li',
      { 'data-pid': pin.pid },
      name,
      element('span', { class: 'note' }, `PID ${pin.pid}`),
      button,
    );
  });
  const none = element('li', { class: 'none' }, 'None. Pin a process in the table to keep it on top.');
  byId('pinned').replaceChildren(...(entries.length > 0 ? entries : [none]));
}

byId('form').addEventListener('submit', (event) => event.preventDefault());
frame('overview', show);
showSessions(byId('sessions'), byId('totals'));
