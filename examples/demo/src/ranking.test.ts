import { expect, test } from 'vitest';
import { matching, ranked, sortedBy, togglePin } from './ranking.ts';
import type { Process } from './statesync.ts';

const process = (pid: number, name: string, cpu: number): Process => ({
  pid,
  parent: 1,
  name,
  command: `/usr/bin/${name} --serve`,
  user: 'ada',
  cpu,
  memory: pid * 1000,
  status: 'running',
  runSeconds: 5,
});
const list = () => [process(3, 'zsh', 5), process(1, 'init', 0), process(2, 'editor', 5)];
const pids = (processes: Process[]) => processes.map(({ pid }) => pid);

test('equal processes stay in the order of their pids in both directions', () => {
  expect(pids(ranked(list(), { column: 'cpu', descending: true }, []))).toEqual([2, 3, 1]);
  expect(pids(ranked(list(), { column: 'cpu', descending: false }, []))).toEqual([1, 2, 3]);
});

test('pinned processes come first, but not another process that got the pid', () => {
  const sort = { column: 'cpu', descending: true } as const;
  expect(pids(ranked(list(), sort, [{ pid: 1, name: 'init' }]))).toEqual([1, 2, 3]);
  expect(pids(ranked(list(), sort, [{ pid: 1, name: 'gone' }]))).toEqual([2, 3, 1]);
});

test('pinning twice is not pinned', () => {
  const once = togglePin([], { pid: 1, name: 'init' });
  expect(once).toEqual([{ pid: 1, name: 'init' }]);
  expect(togglePin(once, { pid: 1, name: 'init' })).toEqual([]);
  expect(togglePin(once, { pid: 1, name: 'other' })).toHaveLength(2);
});

test('every word of the filter has to occur somewhere', () => {
  expect(pids(matching(list(), ' SERVE  ed'))).toEqual([2]);
  expect(pids(matching(list(), ''))).toEqual([3, 1, 2]);
  expect(pids(matching(list(), 'nothing'))).toEqual([]);
});

test('a new column begins with the end people look for, the same one turns around', () => {
  expect(sortedBy('memory', { column: 'name', descending: false })).toEqual({
    column: 'memory',
    descending: true,
  });
  expect(sortedBy('name', { column: 'cpu', descending: true })).toEqual({
    column: 'name',
    descending: false,
  });
  expect(sortedBy('name', { column: 'name', descending: false })).toEqual({
    column: 'name',
    descending: true,
  });
});
