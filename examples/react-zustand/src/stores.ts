// The stores of both windows. They are ordinary Zustand stores; the middleware keeps them equal to their topics, and
// writes back what changes here.

import { statesync } from 'tauri-plugin-statesync-api/zustand';
import { create } from 'zustand';
import type { Settings, Task, TaskList } from './statesync.ts';

/** What Rust refused last, in its own words. */
export const useRefusal = create<{ message: string }>()(() => ({ message: '' }));

/** Shows what Rust refused. */
export function refused(error: unknown): void {
  useRefusal.setState({ message: error instanceof Error ? error.message : String(error) });
}

interface TaskStore extends TaskList {
  /** Changes some fields of one task. */
  change(id: string, fields: Partial<Task>): void;
  /** Works on this task and on no other one; on none when it is the one. */
  workOn(id: string): void;
}

export const useTasks = create<TaskStore>()(
  statesync(
    (set) => ({
      tasks: {},
      change: (id, fields) =>
        set(({ tasks }) => {
          const task = tasks[Number(id)];
          return task === undefined ? {} : { tasks: { ...tasks, [id]: { ...task, ...fields } } };
        }),
      workOn: (id) =>
        set(({ tasks }) => {
          const entries = Object.entries(tasks).map(([key, task]) => {
            const running = key === id && !task.running;
            return [key, task.running === running ? task : { ...task, running }];
          });
          return { tasks: Object.fromEntries(entries) };
        }),
    }),
    { topic: 'tasks', onError: ({ error }) => refused(error) },
  ),
);

interface SettingsStore extends Settings {
  choose(fields: Partial<Settings>): void;
}

export const useSettings = create<SettingsStore>()(
  statesync(
    (set) => ({
      listName: '',
      theme: 'auto',
      hideDone: false,
      goal: 1,
      choose: (fields) => {
        useRefusal.setState({ message: '' });
        set(fields);
      },
    }),
    { topic: 'settings', onError: ({ error }) => refused(error) },
  ),
);
