// Which processes the table shows, and in which order: pinned first, then as the settings say.
import type { Column, Pin, Process, Sort } from './statesync.ts';

/** Is it this process that was pinned? Systems reuse pids, so the name has to match as well. */
export function isPinned(process: Process, pinned: readonly Pin[]): boolean {
  return pinned.some((pin) => pin.pid === process.pid && pin.name === process.name);
}

/** The same pins with this process added, or without it. */
export function togglePin(pinned: readonly Pin[], { pid, name }: Pin): Pin[] {
  const others = pinned.filter((pin) => pin.pid !== pid || pin.name !== name);
  return others.length < pinned.length ? others : [...others, { pid, name }];
}

/** Numbers begin with the largest, words with A; choosing the same column again turns the order around. */
export function sortedBy(column: Column, before: Sort): Sort {
  if (before.column === column) return { column, descending: !before.descending };
  return { column, descending: column === 'cpu' || column === 'memory' || column === 'time' };
}

export function matching(list: readonly Process[], filter: string): Process[] {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [...list];
  return list.filter((process) => {
    const text = `${process.pid} ${process.name} ${process.user} ${process.command}`.toLowerCase();
    return words.every((word) => text.includes(word));
  });
}

const collator = new Intl.Collator('en', { sensitivity: 'base', numeric: true });

const COMPARE: Record<Column, (a: Process, b: Process) => number> = {
  name: (a, b) => collator.compare(a.name, b.name),
  pid: (a, b) => a.pid - b.pid,
  user: (a, b) => collator.compare(a.user, b.user),
  cpu: (a, b) => a.cpu - b.cpu,
  memory: (a, b) => a.memory - b.memory,
  status: (a, b) => collator.compare(a.status, b.status),
  time: (a, b) => a.runSeconds - b.runSeconds,
};

/** Sorts in place. Equal ones are in the order of their pids, so that rows do not dance. */
export function ranked(list: Process[], sort: Sort, pinned: readonly Pin[]): Process[] {
  const compare = COMPARE[sort.column];
  const direction = sort.descending ? -1 : 1;
  const onTop = new Set(list.filter((process) => isPinned(process, pinned)));
  return list.sort(
    (a, b) => Number(onTop.has(b)) - Number(onTop.has(a)) || direction * compare(a, b) || a.pid - b.pid,
  );
}
