// What only some libraries have: classes as state, refs in stores, reducers in parts.
import { combineReducers, configureStore, createSlice } from '@reduxjs/toolkit';
import { autorun, makeAutoObservable } from 'mobx';
import { createPinia, defineStore } from 'pinia';
import { get, writable } from 'svelte/store';
import { proxy } from 'valtio/vanilla';
import { describe, expect, test } from 'vitest';
import { computed, isReactive, reactive, ref, shallowRef, toRaw } from 'vue';
import { createStore } from 'zustand/vanilla';
import type { Revision } from '../core/index.ts';
import { createMobXSnapshotApplier } from './mobx/applier.ts';
import { createPiniaSnapshotApplier } from './pinia/applier.ts';
import {
  createReduxSnapshotApplier,
  SNAPSHOT_ACTION_TYPE,
  snapshotApplied,
  withSnapshotHandling,
} from './redux/applier.ts';
import { createSvelteSnapshotApplier } from './svelte/applier.ts';
import { createValtioSnapshotApplier } from './valtio/applier.ts';
import { createVueSnapshotApplier } from './vue/applier.ts';
import { createZustandSnapshotApplier } from './zustand/applier.ts';

const snapshot = <T>(data: T) => ({ revision: '1' as Revision, data });

class Counter {
  count = 1;
  step?: number = 1;
  readonly api = { url: 'local' };
  get double() {
    return this.count * 2;
  }
  grow() {
    this.count += this.step ?? 1;
  }
}

describe('MobX', () => {
  test('a class keeps actions, computed values and what is not observed', () => {
    const store = makeAutoObservable(new Counter(), { api: false });
    const seen: unknown[] = [];
    const stop = autorun(() => seen.push([store.count, store.double, store.step]));
    const applier = createMobXSnapshotApplier<Counter, object>(store, { mode: 'replace' });
    applier.apply(snapshot({ count: 4, double: 0, grow: 0 }));
    expect(seen).toEqual([
      [1, 2, 1],
      [4, 8, undefined],
    ]);
    expect(store.api.url).toBe('local');
    applier.apply(snapshot({ count: 4, step: 3 }));
    store.grow();
    expect(seen.at(-1)).toEqual([7, 14, 3]);
    stop();
  });
});

describe('Valtio', () => {
  test('a class keeps methods and getters', () => {
    const store = proxy(new Counter());
    const applier = createValtioSnapshotApplier<Counter, object>(store, {
      mode: 'replace',
      omitKeys: ['api'],
    });
    applier.apply(snapshot({ count: 4, double: 0, grow: 0 }));
    expect([store.count, store.double, store.step, store.api.url]).toEqual([4, 8, undefined, 'local']);
    store.grow();
    expect(store.count).toBe(5);
  });

  test('what the store has of a snapshot may be changed without changing the snapshot', () => {
    const store = proxy<{ list: { n: number }[] }>({ list: [] });
    const data = { list: [{ n: 1 }] };
    createValtioSnapshotApplier(store).apply(snapshot(data));
    (store.list[0] as { n: number }).n = 2;
    expect(data).toEqual({ list: [{ n: 1 }] });
  });
});

describe('Vue', () => {
  test('a class keeps methods and getters', () => {
    const store = reactive(new Counter());
    const applier = createVueSnapshotApplier<Counter, object>(store, { mode: 'replace', omitKeys: ['api'] });
    applier.apply(snapshot({ count: 4, double: 0, grow: 0 }));
    expect([store.count, store.double, store.step, store.api.url]).toEqual([4, 8, undefined, 'local']);
  });

  test('a ref keeps its object, a shallowRef gets another one', () => {
    const [deep, shallow] = [ref({ a: 1, b: { c: 1 } }), shallowRef({ a: 1, b: { c: 1 } })];
    const [before, part] = [shallow.value, shallow.value.b];
    const own = deep.value;
    for (const target of [deep, shallow])
      createVueSnapshotApplier(target).apply(snapshot({ a: 2, b: { c: 1 } }));
    expect(deep.value).toBe(own);
    expect(shallow.value).not.toBe(before);
    expect(shallow.value.b).toBe(part);
    expect([deep.value.a, shallow.value.a]).toEqual([2, 2]);
  });

  test('says what the target is: the ref, or the state', () => {
    const told: object[] = [];
    const toState = (data: { a: number }, context: object) => {
      told.push(context);
      return data;
    };
    const [state, held, plain] = [reactive({ a: 1 }), ref({ a: 1 }), { value: { a: 1 } }];
    createVueSnapshotApplier(state, { toState }).apply(snapshot({ a: 2 }));
    createVueSnapshotApplier(held, { toState }).apply(snapshot({ a: 2 }));
    createVueSnapshotApplier(plain, { toState, target: 'ref' }).apply(snapshot({ a: 2 }));
    expect(told).toEqual([{ state }, { ref: held }, { ref: plain }]);
    expect(plain).toEqual({ value: { a: 2 } });
  });

  test('no proxy gets into the raw state', () => {
    const state = reactive({ list: [{ n: 1 }, { n: 2 }] });
    const store = defineStore('store', { state: () => ({ list: [{ n: 1 }, { n: 2 }] }) })(createPinia());
    const data = { list: [{ n: 0 }, { n: 1 }, { n: 2 }] };
    createVueSnapshotApplier(state).apply(snapshot(data));
    createPiniaSnapshotApplier(store).apply(snapshot(data));
    for (const { list } of [toRaw(state), toRaw(store.$state)]) {
      expect(toRaw(list).map(isReactive)).toEqual([false, false, false]);
    }
  });
});

describe('Pinia', () => {
  test('one snapshot is one patch, and an equal one is none', () => {
    const store = defineStore('store', () => {
      const [n, list] = [ref(1), ref([1])];
      return { n, list, double: computed(() => n.value * 2), grow: () => n.value++ };
    })(createPinia());
    const patches: string[] = [];
    store.$subscribe(({ type }) => patches.push(type), { flush: 'sync' });
    const applier = createPiniaSnapshotApplier<{ n: number; list: number[] }>(store);
    applier.apply(snapshot({ n: 2, list: [1, 2] }));
    applier.apply(snapshot({ n: 2, list: [1, 2] }));
    expect(patches).toEqual(['patch function']);
    store.grow();
    expect([store.n, store.double]).toEqual([3, 6]);
  });
});

describe('Zustand', () => {
  test('actions and getters stay, and an equal snapshot sets nothing', () => {
    const store = createStore(() => ({
      n: 1,
      get double() {
        return this.n * 2;
      },
      act: () => 'done',
    }));
    let sets = 0;
    store.subscribe(() => {
      sets += 1;
    });
    const applier = createZustandSnapshotApplier<ReturnType<typeof store.getState>, object>(store, {
      mode: 'replace',
    });
    for (const n of [2, 2, 3]) applier.apply(snapshot({ n }));
    expect([store.getState().double, store.getState().act(), sets]).toEqual([6, 'done', 2]);
  });
});

describe('Svelte', () => {
  test('an equal snapshot neither sets the store nor starts it', () => {
    let started = 0;
    const store = writable({ n: 1 }, () => {
      started += 1;
    });
    const applier = createSvelteSnapshotApplier(store);
    applier.apply(snapshot({ n: 1 }));
    expect(started).toBe(0);
    let told = 0;
    const stop = store.subscribe(() => {
      told += 1;
    });
    for (const n of [1, 2, 2]) applier.apply(snapshot({ n }));
    expect([told, get(store)]).toEqual([2, { n: 2 }]);
    stop();
  });

  test('an equal list does not set the store', () => {
    const store = writable([{ n: 1 }]);
    let told = 0;
    const stop = store.subscribe(() => {
      told += 1;
    });
    const applier = createSvelteSnapshotApplier<{ n: number }[], { n: number }[]>(store);
    for (const n of [1, 2, 2]) applier.apply(snapshot([{ n }]));
    expect(told).toBe(2);
    stop();
  });
});

describe('Redux', () => {
  const slice = createSlice({
    name: 'settings',
    initialState: { theme: 'light', volume: 5 },
    reducers: { mute: (state) => ({ ...state, volume: 0 }) },
  });

  test('a topic is one slice of a store', () => {
    const reducer = combineReducers({ settings: slice.reducer, other: () => 'own' });
    const store = configureStore({ reducer: withSnapshotHandling(reducer) });
    const applier = createReduxSnapshotApplier(store, {
      mode: 'replace',
      pickKeys: ['settings'],
      toState: (settings: { theme: string; volume: number }) => ({ settings }),
    });
    applier.apply(snapshot({ theme: 'dark', volume: 5 }));
    store.dispatch(slice.actions.mute());
    expect(store.getState()).toEqual({ settings: { theme: 'dark', volume: 0 }, other: 'own' });
  });

  test('an action brings what changed, and reducers see it', () => {
    const actions: unknown[] = [];
    const reducer = (state: object | undefined, action: { type: string }) => {
      if (action.type === SNAPSHOT_ACTION_TYPE) actions.push(action);
      return state ?? { a: 1, b: 1 };
    };
    const store = configureStore({ reducer: withSnapshotHandling(reducer) });
    const applier = createReduxSnapshotApplier<object, object>(store, { mode: 'replace' });
    applier.apply(snapshot({ a: 1, c: 2 }));
    applier.apply(snapshot({ a: 1, c: 2 }));
    expect(actions).toEqual([snapshotApplied({ b: undefined, c: 2 })]);
    expect(Object.keys(store.getState())).toEqual(['a', 'c']);
  });

  test('a reducer that is not wrapped is an error, not a revision that was never shown', () => {
    const store = configureStore({ reducer: slice.reducer });
    const applier = createReduxSnapshotApplier(store);
    expect(() => applier.apply(snapshot({ theme: 'dark' }))).toThrow('withSnapshotHandling');
  });
});
