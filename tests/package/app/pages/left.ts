// Uses the npm package, and writes once Rust has counted to the end.
import { invoke } from '@tauri-apps/api/core';
import { subscribe, topic } from 'tauri-plugin-statesync-api';
import { COUNTED, type Note, WRITTEN } from './note.ts';

const note = topic<Note>('note');

await subscribe<Note>('note', (value, { revision }) => {
  void invoke('saw', { note: value, revision });
  if (value.count === COUNTED && value.text !== WRITTEN) {
    void note.set({ ...value, text: WRITTEN }, { base: revision });
  }
});
