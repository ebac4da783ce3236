// Who is subscribed to what, and who is being told something: the plugin's own inspection, once a second.
import { inspect } from 'tauri-plugin-statesync-api';
import { element, setText } from './element.ts';
import { count } from './format.ts';

const EVERY_MS = 1_000;

type Inspection = Awaited<ReturnType<typeof inspect>>;
type Session = Inspection['sessions'][number];

/** Keeps the table current while the page is visible. */
export function showSessions(body: HTMLElement, totals: HTMLElement): void {
  const look = async () => {
    try {
      if (document.visibilityState === 'visible') draw(await inspect(), body, totals);
    } catch (error) {
      setText(totals, error instanceof Error ? error.message : String(error));
    }
    setTimeout(look, EVERY_MS);
  };
  void look();
}

function draw({ counters, topics, sessions }: Inspection, body: HTMLElement, totals: HTMLElement): void {
  const { updates, signals, pulls } = counters;
  setText(totals, `${count(updates)} updates · ${count(signals)} signals · ${count(pulls)} pulls`);
  const newest = new Map(topics.map(({ topic, revision }) => [topic, revision]));
  const ordered = [...sessions].sort((a, b) => (a.window < b.window ? -1 : 1));
  body.replaceChildren(
    ...ordered.map((session) =>
      element(
        'tr',
        {},
        element('th', { scope: 'row' }, session.window),
        element('td', {}, session.topics.map(({ topic }) => topic).join(', ')),
        element('td', {}, stateOf(session, newest)),
      ),
    ),
  );
}

/** A page's own word is as old as its last call, so what counts is whether Rust still owes it a signal. */
function stateOf(session: Session, newest: Map<string, string>): string {
  const attempts = session.unacknowledged?.attempts ?? 0;
  if (attempts > 1) return `told ${count(attempts)} times`;
  if (attempts === 1) return 'being told';
  const told = session.topics.every(
    ({ topic, known, signalled }) => newest.get(topic) === known || newest.get(topic) === signalled,
  );
  return told ? 'up to date' : 'to be told';
}
