import { memo } from 'react';
import { useRenders } from './renders.ts';
import { useTasks } from './taskStore.ts';
import { shownTime } from './time.ts';

/** One task. It renders when its own task changes, and not for its neighbors. */
export const TaskRow = memo(function TaskRow({ id }: { id: string }) {
  const renders = useRenders();
  const task = useTasks(({ tasks }) => tasks[Number(id)]);
  const change = useTasks((store) => store.change);
  const workOn = useTasks((store) => store.workOn);
  if (task === undefined) return null;
  return (
    <li id={`task-${id}`} className={task.done ? 'task done' : 'task'} data-renders={renders}>
      <input
        type="checkbox"
        aria-label={`${task.title} is done`}
        checked={task.done}
        onChange={(event) => change(id, { done: event.target.checked, running: false })}
      />
      <input
        type="text"
        aria-label="Title"
        value={task.title}
        onChange={(event) => change(id, { title: event.target.value })}
      />
      <output data-ms={task.spentMs}>{shownTime(task.spentMs)}</output>
      <button type="button" className="clock" aria-pressed={task.running} onClick={() => workOn(id)}>
        {task.running ? 'Stop' : 'Start'}
      </button>
    </li>
  );
});
