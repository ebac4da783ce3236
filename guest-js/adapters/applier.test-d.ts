// Stores of the real libraries fit as they are, and what comes out is typed by them.
import { configureStore, createSlice } from '@reduxjs/toolkit';
import { atom, createStore as createJotaiStore, getDefaultStore } from 'jotai';
import { createPinia, defineStore } from 'pinia';
import { createStore as createSolidStore } from 'solid-js/store';
import { writable } from 'svelte/store';
import { proxy } from 'valtio';
import { reactive, ref, shallowRef } from 'vue';
import { create } from 'zustand';
import { subscribeWithSelector } from 'zustand/middleware';
import { createRevisionSync, type SnapshotApplier } from '../core/index.ts';
import { createJotaiSnapshotApplier } from './jotai/applier.ts';
import { createMobXSnapshotApplier } from './mobx/applier.ts';
import { createPiniaSnapshotApplier } from './pinia/applier.ts';
import { createReduxSnapshotApplier, withSnapshotHandling } from './redux/applier.ts';
import { createSolidSnapshotApplier } from './solid/applier.ts';
import { createSvelteSnapshotApplier } from './svelte/applier.ts';
import { createValtioSnapshotApplier } from './valtio/applier.ts';
import { createVueSnapshotApplier } from './vue/applier.ts';
import { createZustandSnapshotApplier } from './zustand/applier.ts';

interface Settings {
  theme: string;
  volume: number;
}

const initial: Settings = { theme: 'light', volume: 5 };
const slice = createSlice({ name: 'settings', initialState: initial, reducers: {} });
const store = defineStore('settings', {
  state: () => initial,
  getters: { loud: ({ volume }) => volume > 5 },
})(createPinia());
const setup = defineStore('setup', () => ({ theme: ref('light'), volume: ref(5) }))(createPinia());
const plain = create<Settings>(() => initial);
const selected = create<Settings>()(subscribeWithSelector(() => initial));
const [, setStore] = createSolidStore(initial);

export const appliers: SnapshotApplier<Partial<Settings>>[] = [
  createZustandSnapshotApplier(plain, { pickKeys: ['theme'] }),
  createZustandSnapshotApplier(selected),
  createPiniaSnapshotApplier(store, { omitKeys: ['volume'] }),
  createPiniaSnapshotApplier(setup),
  createSvelteSnapshotApplier(writable(initial)),
  createSolidSnapshotApplier(setStore),
  createValtioSnapshotApplier(proxy(initial)),
  createReduxSnapshotApplier(configureStore({ reducer: withSnapshotHandling(slice.reducer) })),
  createJotaiSnapshotApplier(createJotaiStore(), atom(initial)),
  createJotaiSnapshotApplier(getDefaultStore(), atom(initial)),
  createMobXSnapshotApplier({ ...initial }),
  createVueSnapshotApplier(reactive({ ...initial })),
  createVueSnapshotApplier(ref({ ...initial })),
  createVueSnapshotApplier(shallowRef(initial)),
];

export const lists: SnapshotApplier<number[]>[] = [
  createVueSnapshotApplier<number[], number[]>(ref([1])),
  createSvelteSnapshotApplier<number[], number[]>(writable([1])),
  createZustandSnapshotApplier<number[], number[]>(create(() => [1])),
];

// @ts-expect-error: no such key
createZustandSnapshotApplier(plain, { pickKeys: ['colour'] });
// @ts-expect-error: not a state
createPiniaSnapshotApplier(store, { toState: (data: { volume: string }) => ({ volume: data.volume }) });
createZustandSnapshotApplier(plain, {
  toState: (data: { theme: string }, { store }) => ({ ...store.getState(), theme: data.theme }),
});

declare const provider: { getSnapshot(): Promise<{ revision: never; data: Settings }> };
declare const subscriber: { subscribe(): Promise<() => void> };
createRevisionSync({ topic: 'settings', provider, subscriber, applier: createZustandSnapshotApplier(plain) });
