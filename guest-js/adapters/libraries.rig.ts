// One store of each library, as the claims about appliers want it. For tests in an environment with a DOM: without one
// Solid is the version for servers.

import { configureStore } from '@reduxjs/toolkit';
import { atom, createStore as createJotaiStore } from 'jotai';
import { selectAtom } from 'jotai/utils';
import { observable, reaction } from 'mobx';
import { createPinia, defineStore } from 'pinia';
import { createEffect, createRoot } from 'solid-js';
import { createStore as createSolidStore } from 'solid-js/store';
import { derived, get, writable } from 'svelte/store';
import { proxy } from 'valtio/vanilla';
import { subscribeKey } from 'valtio/vanilla/utils';
import { reactive, ref, shallowRef, watch } from 'vue';
import { createStore as createZustandStore } from 'zustand/vanilla';
import type { AdapterHarness, AdapterStage } from '../testing/index.ts';
import { createJotaiSnapshotApplier } from './jotai/applier.ts';
import { createMobXSnapshotApplier } from './mobx/applier.ts';
import { createPiniaSnapshotApplier } from './pinia/applier.ts';
import { createReduxSnapshotApplier, withSnapshotHandling } from './redux/applier.ts';
import { createSolidSnapshotApplier } from './solid/applier.ts';
import { createSvelteSnapshotApplier } from './svelte/applier.ts';
import { createValtioSnapshotApplier } from './valtio/applier.ts';
import { createVueSnapshotApplier } from './vue/applier.ts';
import { createZustandSnapshotApplier } from './zustand/applier.ts';

type Fields = Record<string, unknown>;
type Options = Parameters<AdapterHarness['create']>[1];

const member = (state: unknown, key: string) => (state as Fields)[key];

/** Tells `run` of a field now, and whenever `listen` says something changed and the field did. */
function onChange(read: () => unknown, run: (value: unknown) => void, listen: (check: () => void) => void) {
  let last = read();
  run(last);
  listen(() => {
    const next = read();
    if (!Object.is(next, last)) run(next);
    last = next;
  });
}

function zustand<S>(state: S, options?: Options): AdapterStage {
  const store = createZustandStore<S>(() => state);
  const read = () => store.getState();
  return {
    applier: createZustandSnapshotApplier<S, unknown>(store, options as object),
    read,
    watch: (key, run) => onChange(() => member(read(), key), run, store.subscribe),
  };
}

function redux<S>(state: S, options?: Options): AdapterStage {
  const store = configureStore({
    reducer: withSnapshotHandling((current: S | undefined) => current ?? state),
    middleware: (defaults) => defaults({ serializableCheck: false }),
  });
  const read = () => store.getState();
  return {
    applier: createReduxSnapshotApplier<S, unknown>(store, options as object),
    read,
    watch: (key, run) => onChange(() => member(read(), key), run, store.subscribe),
  };
}

function jotai<S>(state: S, options?: Options): AdapterStage {
  const store = createJotaiStore();
  const held = atom<unknown>(state);
  return {
    applier: createJotaiSnapshotApplier<typeof held, unknown, unknown>(store, held, options as object),
    read: () => store.get(held),
    watch(key, run) {
      const field = selectAtom(held, (value) => member(value, key));
      run(store.get(field));
      store.sub(field, () => run(store.get(field)));
    },
  };
}

function svelte<S>(state: S, options?: Options): AdapterStage {
  const store = writable<S>(state);
  return {
    applier: createSvelteSnapshotApplier<S, unknown>(store, options as object),
    read: () => get(store),
    watch(key, run) {
      // A store tells of every object it is set to; a derived one that does not change by identity has to say so.
      const field = derived<typeof store, unknown>(store, (value, set) => {
        const next = member(value, key);
        if (next !== last) set(next);
        last = next;
      });
      let last: unknown = field;
      field.subscribe(run);
    },
  };
}

function valtio<S extends object>(state: S, options?: Options): AdapterStage {
  const store = proxy(state);
  return {
    applier: createValtioSnapshotApplier<S, unknown>(store, options as object),
    read: () => store,
    watch(key, run) {
      run(member(store, key));
      subscribeKey(store as Fields, key, run);
    },
  };
}

function mobx<S extends object>(state: S, options?: Options): AdapterStage {
  const store = observable(state);
  return {
    applier: createMobXSnapshotApplier<S, unknown>(store, options as object),
    read: () => store,
    watch: (key, run) => reaction(() => member(store, key), run, { fireImmediately: true }),
  };
}

function vue<S extends object>(state: S, options?: Options): AdapterStage {
  const store = reactive(state) as S;
  return {
    applier: createVueSnapshotApplier<S, unknown>(store, options as object),
    read: () => store,
    watch: (key, run) => watch(() => member(store, key), run, { immediate: true, flush: 'sync' }),
  };
}

function vueRef<S>(state: S, options?: Options, create = ref as (value: S) => { value: S }): AdapterStage {
  const held = create(state);
  return {
    applier: createVueSnapshotApplier<S, unknown>(held, { ...(options as object), target: 'ref' }),
    read: () => held.value,
    watch: (key, run) => watch(() => member(held.value, key), run, { immediate: true, flush: 'sync' }),
  };
}

const shallow = <S>(state: S, options?: Options) => vueRef(state, options, shallowRef);

function pinia(state: Fields, options?: Options): AdapterStage {
  const store = defineStore('store', { state: () => state })(createPinia());
  return {
    applier: createPiniaSnapshotApplier<Fields, unknown>(store, options),
    read: () => store.$state,
    watch: (key, run) => watch(() => store.$state[key], run, { immediate: true, flush: 'sync' }),
  };
}

function solid<S extends object>(state: S, options?: Options): AdapterStage {
  const [store, setStore] = createSolidStore<S>(state);
  return {
    applier: createSolidSnapshotApplier<S, unknown>(setStore, options as object),
    read: () => store,
    watch: (key, run) =>
      createRoot(() =>
        createEffect(() => {
          const value = member(store, key);
          // Fields are told one by one: whoever shows an object shows what is in it.
          run(typeof value === 'object' ? JSON.parse(JSON.stringify(value)) : value);
        }),
      ),
  };
}

export const harnesses: AdapterHarness[] = [
  { name: 'zustand', create: zustand, createList: zustand, createEmpty: () => zustand(null) },
  { name: 'redux', create: redux, createList: redux },
  { name: 'jotai', create: jotai, createList: jotai, createEmpty: () => jotai(null) },
  { name: 'svelte', create: svelte, createList: svelte, createEmpty: () => svelte(null) },
  { name: 'valtio', create: valtio, createList: valtio, settle: async () => {} },
  { name: 'mobx', create: mobx, createList: mobx },
  { name: 'vue, reactive', create: vue, createList: vue },
  { name: 'vue, ref', create: vueRef, createList: vueRef, createEmpty: () => vueRef(null) },
  { name: 'vue, shallowRef', create: shallow, createList: shallow, createEmpty: () => shallow(null) },
  { name: 'pinia', create: pinia },
  { name: 'solid', create: solid, createList: solid },
].map((harness) => ({ ...harness, hasOptions: true, hasGetters: !/redux|shallowRef/.test(harness.name) }));
