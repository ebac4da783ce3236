// biome-ignore-all lint/correctness/useHookAtTopLevel: nothing here runs, and most of it is not of React
// Compiled by tsc, never run: what frameworks know of declared topics, and what does not compile.

import { configureStore } from '@reduxjs/toolkit';
import { createStore } from 'jotai';
import { defineStore } from 'pinia';
import type { Revision } from 'tauri-plugin-statesync-api';
import { topicAtom } from 'tauri-plugin-statesync-api/jotai';
import { connectMobX } from 'tauri-plugin-statesync-api/mobx';
import { createStateSyncPlugin } from 'tauri-plugin-statesync-api/pinia';
import { useSuspenseTopic, useTopic, useTopicStatus } from 'tauri-plugin-statesync-api/react';
import { connectRedux, withSnapshotHandling } from 'tauri-plugin-statesync-api/redux';
import { createTopic } from 'tauri-plugin-statesync-api/solid';
import { topicState, topicStore, writableTopicStore } from 'tauri-plugin-statesync-api/svelte';
import { connectValtio } from 'tauri-plugin-statesync-api/valtio';
import { useTopicModel, useTopic as useVueTopic } from 'tauri-plugin-statesync-api/vue';
import { statesync } from 'tauri-plugin-statesync-api/zustand';
import { proxy } from 'valtio';
import { create } from 'zustand';
import { devtools } from 'zustand/middleware';
import type { Cart, Item, Settings, System, Theme } from './statesync.ts';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : never;

const blank: Settings = { theme: 'light', volume: 5 };

export function react(id: number) {
  const theme = useTopic('settings', (settings) => settings.theme);
  const cart = useTopic(`cart:${id}`);
  const items = useSuspenseTopic(`cart:${id}`, ({ items }) => items);
  const system = useSuspenseTopic('system');
  const pending: number = useTopicStatus('settings').pending;
  // @ts-expect-error: no such topic
  useTopic('setings');
  // @ts-expect-error: no such field
  useTopic('settings', (settings) => settings.them);
  // @ts-expect-error: no such topic
  useTopicStatus('setings');
  const same: [
    Same<typeof theme, Theme | undefined>,
    Same<typeof cart, Cart | undefined>,
    Same<typeof items, Item[]>,
    Same<typeof system, System>,
  ] = [true, true, true, true];
  return [same, pending];
}

export function vue(id: () => number) {
  const theme = useVueTopic('settings', (settings) => settings.theme).value;
  const cart = useVueTopic(() => `cart:${id()}` as const).value;
  const model = useTopicModel('settings');
  if (model.value) model.value.theme = 'dark';
  // @ts-expect-error: no such theme
  if (model.value) model.value.theme = 'pink';
  // @ts-expect-error: windows only read it
  useTopicModel('system');
  // @ts-expect-error: only the topic changes it
  useVueTopic('settings').value = blank;
  const same: [Same<typeof theme, Theme | undefined>, Same<typeof cart, Cart | undefined>] = [true, true];
  return same;
}

export function svelte() {
  const theme = topicState('settings', (settings) => settings.theme).current;
  const store = topicStore('system');
  store.subscribe((system: System | undefined) => system?.cpu);
  writableTopicStore('settings').set(blank);
  // @ts-expect-error: windows only read it
  writableTopicStore('system');
  // @ts-expect-error: another value
  writableTopicStore('settings').set({ theme: 'dark' });
  const same: Same<typeof theme, Theme | undefined> = true;
  return same;
}

export function solid(id: () => number) {
  const cart = createTopic(() => `cart:${id()}` as const);
  const count = createTopic('settings', (settings) => settings.volume);
  // @ts-expect-error: no such topic
  createTopic('setings');
  const same: [
    Same<ReturnType<typeof cart>, Cart | undefined>,
    Same<ReturnType<typeof count>, number | undefined>,
  ] = [true, true];
  return same;
}

export async function jotai() {
  const store = createStore();
  const settings = topicAtom('settings');
  const revision: Revision = await store.set(settings, (draft) => {
    draft.theme = 'dark';
  });
  await store.set(settings, { ...blank, volume: 6 });
  // @ts-expect-error: not the whole value
  await store.set(settings, { volume: 6 });
  // @ts-expect-error: windows only read it
  await store.set(topicAtom('system'), { cpu: 1 });
  const shown = store.get(topicAtom('system'));
  const same: [Same<typeof shown, System | undefined>, Revision] = [true, revision];
  return same;
}

interface SettingsStore extends Settings {
  open: boolean;
  mute: () => void;
}

export function zustand() {
  const useSettings = create<SettingsStore>()(
    devtools(
      statesync((set) => ({ ...blank, open: false, mute: () => set({ volume: 0 }) }), {
        topic: 'settings',
        omitKeys: ['open'],
      }),
    ),
  );
  const mute: () => void = useSettings((store) => store.mute);
  void useSettings.statesync.ready;
  create<System>()(statesync(() => ({ cpu: 0 }), { topic: 'system', writeBack: false }));
  create<{ percent: number }>()(
    statesync(() => ({ percent: 0 }), {
      topic: 'settings',
      toState: ({ volume }) => ({ percent: volume * 100 }),
      fromState: ({ percent }) => ({ ...blank, volume: percent / 100 }),
    }),
  );
  // @ts-expect-error: no such topic
  create<Settings>()(statesync(() => blank, { topic: 'setings' }));
  // @ts-expect-error: windows only read it
  create<System>()(statesync(() => ({ cpu: 0 }), { topic: 'system' }));
  // @ts-expect-error: no such key of the store
  create<Settings>()(statesync(() => blank, { topic: 'settings', pickKeys: ['them'] }));
  return mute;
}

export function pinia() {
  createStateSyncPlugin();
  const useSettings = defineStore('settings', {
    state: () => ({ ...blank, open: false }),
    statesync: { topic: 'settings', omitKeys: ['open'] },
  });
  void useSettings().$statesync?.ready;
  defineStore('system', { state: () => ({ cpu: 0 }), statesync: { topic: 'system', writeBack: false } });
  defineStore('cart', { state: () => ({ items: [] as Item[] }), statesync: { topic: `cart:${1}` } });
  // @ts-expect-error: no such topic
  defineStore('wrong', { state: () => blank, statesync: { topic: 'setings' } });
  // @ts-expect-error: windows only read it
  defineStore('wrong', { state: () => ({ cpu: 0 }), statesync: { topic: 'system' } });
}

export function stores() {
  connectValtio(proxy({ ...blank }), 'settings', { omitKeys: ['volume'] }).stop();
  connectMobX({ ...blank }, 'settings');
  connectMobX({ cpu: 0 }, 'system', { writeBack: false });
  connectRedux(
    configureStore({ reducer: withSnapshotHandling((state: Settings = blank) => state) }),
    'settings',
  );
  connectRedux(
    configureStore({ reducer: withSnapshotHandling((state: System = { cpu: 0 }) => state) }),
    'system',
  );
  // @ts-expect-error: windows only read it
  connectValtio(proxy({ cpu: 0 }), 'system');
  // @ts-expect-error: no such key of the proxy
  connectValtio(proxy({ ...blank }), 'settings', { pickKeys: ['them'] });
  // @ts-expect-error: no such topic
  connectMobX({ ...blank }, 'setings');
}
