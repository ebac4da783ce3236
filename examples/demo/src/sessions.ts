// Who is subscribed to what, and whether anybody is behind: the plugin's own inspection, asked for once a second.
import { inspect } from 'tauri-plugin-statesync-api';
import { element, setText } from './element.ts';
import { count } from './format.ts';

const EVERY_MS = 1_000;

type Inspection = Awaited<ReturnType<typeof inspect>>;

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

function draw(inspection: Inspection, body: HTMLElement, totals: HTMLElement): void {
  const { updates, signals, pulls } = inspection.counters;
  setText(totals, `${count(updates)} updates · ${count(signals)} signals · ${count(pulls)} pulls`);
  const sessions = [...inspection.sessions].sort((a, b) => (a.window < b.window ? -1 : 1));
  body.replaceChildren(
    ...sessions.map((session) => {
      const lag = Math.max(0, ...session.topics.map((topic) => topic.lag));
      const names = session.topics.map((topic) => topic.topic).join(', ');
      return element(
        'tr',
        {},
        element('th', { scope: 'row' }, session.window),
        element('td', { title: names }, String(session.topics.length)),
        element('td', { class: 'numeric' }, lag === 0 ? 'nothing' : count(lag)),
        element('td', {}, session.unacknowledged ? 'under way' : 'answered'),
      );
    }),
  );
}
