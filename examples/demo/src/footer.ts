// The footer: for each topic of this window its revision and its age on arrival, and what it all cost.
import type { DeclaredTopic } from 'tauri-plugin-statesync-api';
import { element, setText } from './element.ts';
import { count } from './format.ts';
import { copyOf, counters, healthOf, label, observed, whenChanged } from './observe.ts';

interface Cells {
  entry: HTMLElement;
  revision: HTMLElement;
  lag: HTMLElement;
}

const STATES = { waiting: 'waiting for its first value', right: 'up to date', troubled: 'in trouble' };

/** Fills the footer and keeps it current, at most once a frame. */
export function showFooter(footer: HTMLElement): void {
  const topics = element('ul', { class: 'topics' });
  const signals = element('b');
  const pulls = element('b');
  const applies = element('b');
  footer.append(
    topics,
    element(
      'p',
      {
        class: 'counts',
        title: 'Signals received, pulls made and values applied by this window since it loaded',
      },
      element('span', { class: 'label' }, label),
      element('span', {}, signals, ' signals'),
      element('span', {}, pulls, ' pulls'),
      element('span', {}, applies, ' applies'),
    ),
  );

  const shown = new Map<DeclaredTopic, Cells>();
  const draw = () => {
    for (const name of observed()) showTopic(name, cellsOf(name, shown, topics));
    const now = counters();
    setText(signals, count(now.signals));
    setText(pulls, count(now.pulls));
    setText(applies, count(now.applies));
  };

  let drawing = false;
  whenChanged(() => {
    if (drawing) return;
    drawing = true;
    requestAnimationFrame(() => {
      drawing = false;
      draw();
    });
  });
  draw();
}

function cellsOf(name: DeclaredTopic, shown: Map<DeclaredTopic, Cells>, list: HTMLElement): Cells {
  const known = shown.get(name);
  if (known) return known;
  const revision = element('b');
  const lag = element('i');
  const entry = element('li', {}, element('span', { class: 'name' }, name), revision, lag);
  const cells = { entry, revision, lag };
  shown.set(name, cells);
  list.append(entry);
  return cells;
}

function showTopic(name: DeclaredTopic, { entry, revision, lag }: Cells): void {
  const copy = copyOf(name);
  const health = healthOf(name);
  entry.dataset.state = health.state;
  entry.title = `${name}: ${health.state === 'troubled' ? health.reason : STATES[health.state]}`;
  setText(revision, copy ? count(Number(copy.revision)) : '–');
  setText(lag, copy?.lagMs === undefined ? '' : `${count(copy.lagMs)} ms`);
}
