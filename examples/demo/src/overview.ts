// The overview: the machine as a whole.
import { chartOn } from './chart.ts';
import { byId, element, setText } from './element.ts';
import { bytes, count, duration, load, percent } from './format.ts';
import { frame } from './frame.ts';
import { observe } from './observe.ts';
import type { System, Usage } from './statesync.ts';

const history = chartOn(byId<HTMLCanvasElement>('history'));
const cores = byId('cores');
const rows: { bar: HTMLElement; text: HTMLElement }[] = [];

function fill(bar: HTMLElement, share: number): void {
  const inner = bar.firstElementChild as HTMLElement;
  inner.style.transform = `scaleX(${Math.min(1, Math.max(0, share)).toFixed(3)})`;
}

function showMachine({ machine, uptimeSeconds }: System): void {
  setText(byId('host'), machine.hostName || 'This computer');
  const about = [machine.system, uptimeSeconds > 0 ? `up ${duration(uptimeSeconds)}` : ''];
  setText(byId('about'), about.filter(Boolean).join(' · ') || '\u00a0');
  setText(byId('processor'), machine.processor);
}

function showMemory(memory: Usage, swap: Usage): void {
  const share = memory.total > 0 ? memory.used / memory.total : 0;
  setText(byId('memory'), memory.total > 0 ? percent(share * 100) : '–');
  setText(byId('memory-note'), `${bytes(memory.used)} of ${bytes(memory.total)}`);
  fill(byId('memory-bar'), share);
  setText(byId('swap-note'), swap.total > 0 ? `Swap ${bytes(swap.used)} of ${bytes(swap.total)}` : 'No swap');
  byId('swap-bar').hidden = swap.total === 0;
  fill(byId('swap-bar'), swap.total > 0 ? swap.used / swap.total : 0);
}

function showLoad(values: System['load'], available: number): void {
  setText(byId('load'), values ? load(values[0]) : '–');
  for (const [index, value] of (values ?? []).entries()) {
    setText(byId(`load-${index}-text`), load(value));
    fill(byId(`load-${index}`), available > 0 ? value / available : 0);
  }
}

function showCores(values: number[]): void {
  while (rows.length > values.length) {
    rows.pop();
    cores.lastElementChild?.remove();
  }
  for (const [index, value] of values.entries()) {
    let row = rows[index];
    if (!row) {
      row = {
        bar: element('div', { class: 'bar', 'aria-hidden': 'true' }, element('span')),
        text: element('span', { class: 'value' }),
      };
      rows.push(row);
      cores.append(
        element('div', { class: 'core' }, element('span', {}, count(index + 1)), row.bar, row.text),
      );
    }
    fill(row.bar, value / 100);
    setText(row.text, percent(value));
  }
}

observe('system', (system) => {
  showMachine(system);
  setText(byId('cpu'), system.cores.length > 0 ? percent(system.cpu) : '–');
  history.show(system.history);
  showMemory(system.memory, system.swap);
  showLoad(system.load, system.cores.length);
  showCores(system.cores);
});
frame('overview');
