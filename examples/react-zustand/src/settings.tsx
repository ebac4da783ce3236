// The window with the settings, and how the day goes. It may not read the list: Rust's summary is all it sees of it.

import { useState } from 'react';
import { topic } from 'tauri-plugin-statesync-api';
import { useTopic } from 'tauri-plugin-statesync-api/react';
import { show } from './frame.tsx';
import { ListName } from './ListName.tsx';
import { forgetRefusal, refused } from './refusal.ts';
import { useRenders } from './renders.ts';
import { useSettings } from './settingsStore.ts';
import type { Summary, Theme } from './statesync.ts';
import { shownTime } from './time.ts';

const THEMES: readonly Theme[] = ['auto', 'light', 'dark'];

interface FigureProps {
  name: string;
  label: string;
  select: (summary: Summary) => string | number;
}

/** One number of the summary. It renders when this number changes. */
function Figure({ name, label, select }: FigureProps) {
  const renders = useRenders();
  const figure = useTopic('summary', select);
  return (
    <div className="figure">
      <dt>{label}</dt>
      <dd id={name} data-renders={renders}>
        {figure ?? '–'}
      </dd>
    </div>
  );
}

/** How far it is to the goal. */
function Progress() {
  const goal = useSettings((settings) => settings.goal);
  const done = useTopic('summary', (summary) => summary.done) ?? 0;
  return <progress max={goal} value={Math.min(done, goal)} aria-label="On the way to the goal" />;
}

/** It shows nothing itself, so it renders once: what its parts show is their business. */
function Day() {
  return (
    <section aria-label="The day">
      <Progress />
      <dl className="figures">
        <Figure name="done" label="done" select={(summary) => summary.done} />
        <Figure name="open" label="to do" select={(summary) => summary.open} />
        <Figure name="spent" label="worked" select={(summary) => shownTime(summary.spentMs)} />
      </dl>
      <p className="note">
        Now: <WorkingOn />
      </p>
    </section>
  );
}

function WorkingOn() {
  const renders = useRenders();
  const title = useTopic('summary', (summary) => summary.workingOn);
  return (
    <span id="working-on" data-renders={renders}>
      {title ?? 'a break'}
    </span>
  );
}

function Choices() {
  const { theme, hideDone, goal, choose } = useSettings();
  return (
    <section className="choices" aria-label="Settings">
      <div className="choice">
        <label htmlFor="list-name">List</label>
        <ListName />
      </div>
      <div className="choice">
        <span id="theme-label">Theme</span>
        <fieldset className="segments" aria-labelledby="theme-label">
          {THEMES.map((name) => (
            <button
              key={name}
              id={`theme-${name}`}
              type="button"
              aria-pressed={theme === name}
              onClick={() => choose({ theme: name })}
            >
              {name}
            </button>
          ))}
        </fieldset>
      </div>
      <div className="choice">
        <span>Goal</span>
        <div className="stepper">
          <button id="goal-less" type="button" aria-label="Less" onClick={() => choose({ goal: goal - 1 })}>
            −
          </button>
          <output id="goal">{goal}</output>
          <button id="goal-more" type="button" aria-label="More" onClick={() => choose({ goal: goal + 1 })}>
            +
          </button>
        </div>
      </div>
      <label className="choice">
        <span>Hide what is done</span>
        <input
          id="hide-done"
          type="checkbox"
          checked={hideDone}
          onChange={(event) => choose({ hideDone: event.target.checked })}
        />
      </label>
    </section>
  );
}

function Clear() {
  const [cleared, setCleared] = useState('');
  const clear = async () => {
    forgetRefusal();
    try {
      const count = await topic('tasks').action('clear_done', null);
      setCleared(count === 1 ? '1 task removed' : `${count} tasks removed`);
    } catch (error) {
      refused(error);
    }
  };
  return (
    <p className="clear">
      <button id="clear" type="button" onClick={clear}>
        Clear what is done
      </button>
      <output id="cleared">{cleared}</output>
    </p>
  );
}

show(
  <main>
    <Day />
    <Choices />
    <Clear />
  </main>,
);
