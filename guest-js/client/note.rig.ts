// A page that shows a note and writes it, for tests of writes.

import type { HostCall } from '../testing/index.ts';
import { stage } from './client.rig.ts';

export interface Note {
  title: string;
  n: number;
  tags: string[];
}

export const isWrite = (call: HostCall) =>
  call.name === 'set' || call.name === 'patch' || call.name === 'action';
export const NOTE: Note = { title: 'old', n: 0, tags: [] };

/** A page that shows the note, and every value it showed. */
export async function shown(value: unknown = NOTE) {
  const set = stage();
  set.host.register('a', value);
  const live = await set.client.subscribe<Note>('a');
  const values: Note[] = [];
  await set.client.subscribe<Note>('a', (next) => values.push(next));
  values.length = 0;
  const slow = (answers: number, requests = 0) => {
    set.host.faults.request = (call) => (isWrite(call) ? { delayMs: requests } : undefined);
    set.host.faults.answer = (call) => (isWrite(call) ? { delayMs: answers } : undefined);
  };
  return { ...set, live, values, slow, a: set.client.topic<Note>('a') };
}
