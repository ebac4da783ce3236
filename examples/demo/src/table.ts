// A table for thousands of processes: only the rows in view exist, and only cells that differ are touched.
import { element, setText } from './element.ts';
import { bytes, clock, percent } from './format.ts';
import type { Column, Process, Sort } from './statesync.ts';

export const ROW_HEIGHT = 28;
const OVERSCAN = 4;

interface ColumnView {
  column: Column | 'command';
  title: string;
  numeric?: true;
  text(process: Process): string;
}

const COLUMNS: ColumnView[] = [
  { column: 'name', title: 'Name', text: ({ name }) => name },
  { column: 'pid', title: 'PID', numeric: true, text: ({ pid }) => String(pid) },
  { column: 'user', title: 'User', text: ({ user }) => user },
  { column: 'cpu', title: 'CPU', numeric: true, text: ({ cpu }) => percent(cpu) },
  { column: 'memory', title: 'Memory', numeric: true, text: ({ memory }) => bytes(memory) },
  { column: 'status', title: 'Status', text: ({ status }) => status },
  { column: 'time', title: 'Time', numeric: true, text: ({ runSeconds }) => clock(runSeconds) },
  { column: 'command', title: 'Command', text: ({ command }) => command },
];

export interface TableEvents {
  sort(column: Column): void;
  pin(process: Process): void;
}

export interface Table {
  show(processes: Process[], isPinned: (process: Process) => boolean, sort: Sort): void;
  focus(): void;
}

interface Row {
  root: HTMLElement;
  pin: HTMLButtonElement;
  cells: HTMLElement[];
  process: Process | undefined;
}

/** Builds the table into `place`, which scrolls. */
export function tableIn(place: HTMLElement, events: TableEvents): Table {
  const heads = new Map<Column, HTMLElement>();
  const rows: Row[] = [];
  let processes: Process[] = [];
  let pinned: (process: Process) => boolean = () => false;
  let selected: number | undefined;

  const head = element('div', { class: 'head', role: 'row' });
  head.append(element('span', { role: 'columnheader', 'aria-label': 'Pinned' }));
  for (const view of COLUMNS) head.append(headOf(view, heads, events));
  const body = element('div', { class: 'body', role: 'rowgroup' });
  place.append(head, body);
  for (const [name, value] of Object.entries({ role: 'grid', tabindex: '0', 'aria-label': 'Processes' })) {
    place.setAttribute(name, value);
  }

  const draw = () => {
    const first = Math.max(0, Math.floor(place.scrollTop / ROW_HEIGHT) - OVERSCAN);
    const room = Math.ceil(place.clientHeight / ROW_HEIGHT) + 2 * OVERSCAN;
    const last = Math.min(processes.length, first + room);
    while (rows.length < last - first) rows.push(newRow(body, events));
    for (const [offset, row] of rows.entries()) {
      const process = offset < last - first ? processes[first + offset] : undefined;
      row.process = process;
      row.root.hidden = process === undefined;
      if (process) fillRow(row, process, first + offset, pinned(process), process.pid === selected);
    }
    const active = processes.some(({ pid }) => pid === selected) ? `process-${selected}` : '';
    place.setAttribute('aria-activedescendant', active);
  };

  const select = (index: number) => {
    const bounded = Math.min(processes.length - 1, Math.max(0, index));
    selected = processes[bounded]?.pid;
    const top = bounded * ROW_HEIGHT;
    const visible = place.clientHeight - 2 * ROW_HEIGHT;
    if (top < place.scrollTop) place.scrollTop = top;
    else if (top > place.scrollTop + visible) place.scrollTop = top - visible;
    draw();
  };

  place.addEventListener('scroll', draw, { passive: true });
  new ResizeObserver(draw).observe(place);
  body.addEventListener('mousedown', (event) => {
    const root = (event.target as HTMLElement).closest('[role=row]');
    const row = rows.find((candidate) => candidate.root === root);
    if (row?.process) select(processes.indexOf(row.process));
  });
  place.addEventListener('keydown', (event) => {
    if (event.target !== place) return;
    const at = processes.findIndex(({ pid }) => pid === selected);
    const page = Math.max(1, Math.floor(place.clientHeight / ROW_HEIGHT) - 2);
    const steps: Record<string, number> = {
      ArrowDown: at + 1,
      ArrowUp: at < 0 ? 0 : at - 1,
      PageDown: at + page,
      PageUp: at - page,
      Home: 0,
      End: processes.length - 1,
    };
    const step = steps[event.key];
    const current = processes[at];
    if (step !== undefined) select(step);
    else if ((event.key === ' ' || event.key === 'Enter') && current) events.pin(current);
    else return;
    event.preventDefault();
  });

  return {
    show(newer, isPinned, sort) {
      processes = newer;
      pinned = isPinned;
      body.style.height = `${processes.length * ROW_HEIGHT}px`;
      place.setAttribute('aria-rowcount', String(processes.length + 1));
      for (const [column, cell] of heads) {
        const order = sort.descending ? 'descending' : 'ascending';
        cell.setAttribute('aria-sort', column === sort.column ? order : 'none');
      }
      draw();
    },
    focus: () => place.focus(),
  };
}

function headOf(view: ColumnView, heads: Map<Column, HTMLElement>, events: TableEvents): HTMLElement {
  const cell = element('span', { role: 'columnheader', class: view.numeric ? 'numeric' : '' });
  const { column } = view;
  if (column === 'command') {
    cell.append(view.title);
    return cell;
  }
  const button = element('button', { type: 'button', 'data-column': column }, view.title);
  button.addEventListener('click', () => events.sort(column));
  cell.append(button);
  heads.set(column, cell);
  return cell;
}

function newRow(body: HTMLElement, events: TableEvents): Row {
  const pin = element('button', { type: 'button', class: 'pin', tabindex: -1 });
  const cells = COLUMNS.map(({ numeric, column }) =>
    element('span', { role: 'gridcell', class: numeric ? `numeric ${column}` : column }),
  );
  const root = element(
    'div',
    { role: 'row', class: 'process' },
    element('span', { role: 'gridcell' }, pin),
    ...cells,
  );
  const row: Row = { root, pin, cells, process: undefined };
  pin.addEventListener('click', () => {
    if (row.process) events.pin(row.process);
  });
  body.append(root);
  return row;
}

function fillRow(row: Row, process: Process, index: number, pinned: boolean, selected: boolean): void {
  const { root, pin, cells } = row;
  root.id = `process-${process.pid}`;
  root.style.transform = `translateY(${index * ROW_HEIGHT}px)`;
  root.setAttribute('aria-rowindex', String(index + 2));
  root.setAttribute('aria-selected', String(selected));
  root.classList.toggle('pinned', pinned);
  pin.setAttribute('aria-pressed', String(pinned));
  pin.setAttribute('aria-label', `${pinned ? 'Unpin' : 'Pin'} ${process.name}`);
  for (const [at, view] of COLUMNS.entries()) {
    const cell = cells[at];
    if (!cell) continue;
    setText(cell, view.text(process));
    if (view.column === 'cpu') cell.style.setProperty('--heat', `${Math.min(100, process.cpu).toFixed(0)}%`);
    if (view.column === 'command' && cell.title !== process.command) cell.title = process.command;
  }
}
