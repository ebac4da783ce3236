// The notebook as a Pinia store. It is an ordinary store; the plugin keeps it equal to its topic, and writes back what
// changes here: `v-model` on its fields is all there is to do.

import { defineStore } from 'pinia';
import { refusedWrite } from './refusal.ts';
import type { Notebook } from './statesync.ts';

export const useNotebook = defineStore('notebook', {
  state: (): Notebook => ({ title: '', open: 0, notes: {} }),
  getters: {
    /** Ids in the order they are shown: pinned notes first. */
    order: ({ notes }): number[] => {
      const ids = Object.keys(notes).map(Number);
      return ids.sort((a, b) => Number(notes[b]?.pinned) - Number(notes[a]?.pinned) || a - b);
    },
  },
  statesync: { topic: 'notebook', onError: refusedWrite },
});
