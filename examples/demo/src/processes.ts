// The process table. Its filter belongs to this window; its order and its pins to all of them.
import { changeSettings } from './change.ts';
import { byId, setText } from './element.ts';
import { count } from './format.ts';
import { complain, frame } from './frame.ts';
import { copyOf, observe } from './observe.ts';
import { isPinned, matching, ranked, sortedBy, togglePin } from './ranking.ts';
import { tableIn } from './table.ts';

const filter = byId<HTMLInputElement>('filter');
const table = tableIn(byId('table'), {
  sort: (column) =>
    void changeSettings((settings) => ({ ...settings, sort: sortedBy(column, settings.sort) })).catch(
      complain,
    ),
  pin: ({ pid, name }) =>
    void changeSettings((settings) => ({
      ...settings,
      pinned: togglePin(settings.pinned, { pid, name }),
    })).catch(complain),
});

function draw(): void {
  const settings = copyOf('settings')?.value;
  const list = copyOf('processes')?.value.list;
  if (!settings || !list) return;
  const shown = ranked(matching(list, filter.value), settings.sort, settings.pinned);
  table.show(shown, (process) => isPinned(process, settings.pinned), settings.sort);
  const all = count(list.length);
  setText(byId('summary'), filter.value.trim() === '' ? `${all} in all` : `${count(shown.length)} of ${all}`);
}

filter.addEventListener('input', draw);
filter.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') {
    filter.value = '';
    draw();
  } else if (event.key === 'ArrowDown' || event.key === 'Enter') {
    table.focus();
    event.preventDefault();
  }
});
document.addEventListener('keydown', (event) => {
  if (event.key === '/' && event.target !== filter) {
    filter.focus();
    event.preventDefault();
  }
});

observe('processes', draw);
frame('processes', draw);
