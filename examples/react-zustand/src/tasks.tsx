// The window that works on the list.

import { type FormEvent, useState } from 'react';
import { topic } from 'tauri-plugin-statesync-api';
import { useTopic } from 'tauri-plugin-statesync-api/react';
import { useShallow } from 'zustand/shallow';
import { show } from './frame.tsx';
import { ListName } from './ListName.tsx';
import { forgetRefusal, refused } from './refusal.ts';
import { useRenders } from './renders.ts';
import { useSettings } from './settingsStore.ts';
import { TaskRow } from './TaskRow.tsx';
import { useTasks } from './taskStore.ts';

function Left() {
  const renders = useRenders();
  const open = useTopic('summary', (summary) => summary.open);
  return (
    <p id="left" className="left" data-renders={renders}>
      {open === 0 ? 'nothing left to do' : `${open ?? '–'} to do`}
    </p>
  );
}

function List() {
  const renders = useRenders();
  const hideDone = useSettings((settings) => settings.hideDone);
  const ids = useTasks(
    useShallow(({ tasks }) => {
      const shown = Object.entries(tasks).filter(([, task]) => !(hideDone && task.done));
      return shown.map(([id]) => id);
    }),
  );
  return (
    <ul id="list" className="list" data-renders={renders}>
      {ids.map((id) => (
        <TaskRow key={id} id={id} />
      ))}
    </ul>
  );
}

function Add() {
  const [title, setTitle] = useState('');
  const add = async (event: FormEvent) => {
    event.preventDefault();
    forgetRefusal();
    try {
      await topic('tasks').action('add', { title });
      setTitle('');
    } catch (error) {
      refused(error);
    }
  };
  return (
    <form className="add" onSubmit={add}>
      <input
        id="new-title"
        aria-label="New task"
        placeholder="What else is there to do?"
        value={title}
        onChange={(event) => setTitle(event.target.value)}
      />
      <button type="submit">Add</button>
    </form>
  );
}

show(
  <main>
    <header>
      <ListName />
      <Left />
    </header>
    <List />
    <Add />
  </main>,
);
