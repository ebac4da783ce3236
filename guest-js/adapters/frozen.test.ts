// Appliers where prototypes are frozen, as in a hardened realm: a realm of its own, because that cannot be undone.

import { runInNewContext } from 'node:vm';
import { build } from 'esbuild';
import { describe, expect, test } from 'vitest';

const PARTS = `
  import { observable } from 'mobx';
  import { createStore as createSolidStore } from 'solid-js/store';
  import { reactive, ref, shallowRef } from 'vue';
  import { createJotaiSnapshotApplier } from './jotai/applier.ts';
  import { createMobXSnapshotApplier } from './mobx/applier.ts';
  import { createPiniaSnapshotApplier } from './pinia/applier.ts';
  import { createReduxSnapshotApplier, withSnapshotHandling } from './redux/applier.ts';
  import { createSolidSnapshotApplier } from './solid/applier.ts';
  import { createSvelteSnapshotApplier } from './svelte/applier.ts';
  import { createValtioSnapshotApplier } from './valtio/applier.ts';
  import { createVueSnapshotApplier } from './vue/applier.ts';
  import { createZustandSnapshotApplier } from './zustand/applier.ts';

  const held = (state) => ({
    getState: () => state, get: () => state, update: (change) => { state = change(state); },
    setState: (next) => { state = next; }, set: (...args) => { state = args.at(-1); },
    dispatch: (action) => { state = withSnapshotHandling((current) => current)(state, action); },
  });
  const stages = {
    zustand(state) { const store = held(state); return [createZustandSnapshotApplier(store), store.getState]; },
    jotai(state) { const store = held(state); return [createJotaiSnapshotApplier(store, {}), store.getState]; },
    svelte(state) { const store = held(state); return [createSvelteSnapshotApplier(store), store.getState]; },
    redux(state) { const store = held(state); return [createReduxSnapshotApplier(store), store.getState]; },
    valtio(state) { return [createValtioSnapshotApplier(state), () => state]; },
    vue(state) { const store = reactive(state); return [createVueSnapshotApplier(store), () => store]; },
    'vue, ref'(state) { const store = ref(state); return [createVueSnapshotApplier(store), () => store.value]; },
    'vue, shallowRef'(state) {
      const store = shallowRef(state);
      return [createVueSnapshotApplier(store), () => store.value];
    },
    pinia(state) {
      const store = { $state: reactive(state), $patch(change) { change(store.$state); } };
      return [createPiniaSnapshotApplier(store), () => store.$state];
    },
    mobx(state) { const store = observable(state); return [createMobXSnapshotApplier(store), () => store]; },
    solid(state) {
      const [store, setStore] = createSolidStore(state);
      return [createSolidSnapshotApplier(setStore), () => store];
    },
  };
  globalThis.apply = (name, state, snapshots) => {
    const [applier, read] = stages[name](JSON.parse(state));
    for (const data of JSON.parse(snapshots)) applier.apply({ revision: '1', data });
    return JSON.stringify(read());
  };
`;

const { outputFiles } = await build({
  stdin: { contents: PARTS, resolveDir: import.meta.dirname, loader: 'ts' },
  bundle: true,
  format: 'iife',
  platform: 'browser',
  conditions: ['browser'],
  // MobX for development keeps a table that cannot have such members where prototypes are frozen.
  define: { 'process.env.NODE_ENV': '"production"' },
  target: 'es2022',
  write: false,
});

type Apply = (name: string, state: string, snapshots: string) => string;

function hardened(): Apply {
  const realm = { console, setTimeout, clearTimeout, queueMicrotask, structuredClone };
  const freeze = 'for (const { prototype } of [Object, Array, Function]) Object.freeze(prototype);';
  // Modules are strict, and only strict code throws where it sets what it may not.
  return runInNewContext(`'use strict'; ${outputFiles[0]?.text}; ${freeze} apply`, realm) as Apply;
}

const NAMES = 'zustand jotai svelte redux valtio vue pinia mobx solid'
  .split(' ')
  .concat('vue, ref', 'vue, shallowRef');

describe.each(NAMES)('under frozen prototypes, %s', (name) => {
  test('takes snapshots with members that every object inherits', () => {
    const apply = hardened();
    const odd = '{"constructor":1,"toString":2,"hasOwnProperty":3,"__proto__":{"evil":1},"a":1}';
    const shown = JSON.parse(apply(name, '{"a":0}', `[${odd},{"box":${odd},"a":2}]`));
    expect([shown.a, shown.evil, shown.box.toString, shown.box.a]).toEqual([2, undefined, 2, 1]);
  });

  test('takes what changes in a list and further down', () => {
    const apply = hardened();
    const snapshots = '[{"list":[{"id":1,"toString":1}]},{"list":[{"id":0},{"id":1,"toString":2}]}]';
    const shown = JSON.parse(apply(name, '{"list":[]}', snapshots));
    expect(JSON.stringify(shown.list)).toBe('[{"id":0},{"id":1,"toString":2}]');
  });
});
