// The list as a Zustand store. It is an ordinary store; the middleware keeps it equal to its topic, and writes back what
// changes here.

import { statesync } from 'tauri-plugin-statesync-api/zustand';
import { create } from 'zustand';
import { refused } from './refusal.ts';
import type { Task, TaskList } from './statesync.ts';

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
