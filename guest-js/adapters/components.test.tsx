// @vitest-environment happy-dom
// Components of the real libraries: how often each renders while snapshots come.
import { configureStore } from '@reduxjs/toolkit';
import { atom, createStore as createJotaiStore, useAtomValue } from 'jotai';
import { selectAtom } from 'jotai/utils';
import { createPinia, defineStore } from 'pinia';
import { act, type ReactNode } from 'react';
import { createRoot } from 'react-dom/client';
import { Provider, useSelector } from 'react-redux';
import { proxy, useSnapshot } from 'valtio';
import { describe, expect, test } from 'vitest';
import { createApp, defineComponent, h, nextTick, reactive, ref } from 'vue';
import { create } from 'zustand';
import type { Revision, SnapshotApplier } from '../core/index.ts';
import { createJotaiSnapshotApplier } from './jotai/applier.ts';
import { createPiniaSnapshotApplier } from './pinia/applier.ts';
import { createReduxSnapshotApplier, withSnapshotHandling } from './redux/applier.ts';
import { createValtioSnapshotApplier } from './valtio/applier.ts';
import { createVueSnapshotApplier } from './vue/applier.ts';
import { createZustandSnapshotApplier } from './zustand/applier.ts';

Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });

interface Settings {
  theme: string;
  volume: number;
  user: { name: string };
}

const settings = (part: Partial<Settings> = {}): Settings => ({
  theme: 'light',
  volume: 5,
  user: { name: 'Ann' },
  ...part,
});

/** Shows one field by a hook of the library, and counts. */
interface Case {
  applier: SnapshotApplier<Settings>;
  useTheme(): string;
  useUser(): { name: string };
  wrap?(children: ReactNode): ReactNode;
}

const cases: Record<string, () => Case> = {
  zustand() {
    const useStore = create<Settings>(() => settings());
    return {
      applier: createZustandSnapshotApplier(useStore),
      useTheme: () => useStore((state) => state.theme),
      useUser: () => useStore((state) => state.user),
    };
  },
  redux() {
    const store = configureStore({
      reducer: withSnapshotHandling((state: Settings | undefined) => state ?? settings()),
    });
    return {
      applier: createReduxSnapshotApplier(store),
      useTheme: () => useSelector((state: Settings) => state.theme),
      useUser: () => useSelector((state: Settings) => state.user),
      wrap: (children) => <Provider store={store}>{children}</Provider>,
    };
  },
  jotai() {
    const [store, held] = [createJotaiStore(), atom(settings())];
    const theme = selectAtom(held, (state) => state.theme);
    const user = selectAtom(held, (state) => state.user);
    return {
      applier: createJotaiSnapshotApplier(store, held),
      useTheme: () => useAtomValue(theme, { store }),
      useUser: () => useAtomValue(user, { store }),
    };
  },
  valtio() {
    const state = proxy(settings());
    return {
      applier: createValtioSnapshotApplier(state),
      useTheme: () => useSnapshot(state, { sync: true }).theme,
      useUser: () => {
        const { user } = useSnapshot(state, { sync: true });
        return { name: user.name };
      },
    };
  },
};

describe.each(Object.entries(cases))('a React component on %s', (_name, createCase) => {
  test('renders once when its field changes, and not when another does', async () => {
    const { applier, useTheme, useUser, wrap = (children: ReactNode) => children } = createCase();
    const renders = { theme: 0, user: 0 };
    const Theme = () => {
      renders.theme += 1;
      return <b>{useTheme()}</b>;
    };
    const User = () => {
      renders.user += 1;
      return <i>{useUser().name}</i>;
    };
    const host = document.createElement('div');
    const root = createRoot(host);
    await act(() =>
      root.render(
        wrap(
          <>
            <Theme />
            <User />
          </>,
        ),
      ),
    );
    // Some hooks render twice at first.
    Object.assign(renders, { theme: 1, user: 1 });
    const show = (part: Partial<Settings>) =>
      act(async () => {
        await applier.apply({ revision: '1' as Revision, data: settings(part) });
      });
    await show({});
    await show({ volume: 6 });
    expect(renders).toEqual({ theme: 1, user: 1 });
    await show({ volume: 6, theme: 'dark' });
    expect(renders).toEqual({ theme: 2, user: 1 });
    await show({ volume: 7, theme: 'dark', user: { name: 'Bea' } });
    expect(renders).toEqual({ theme: 2, user: 2 });
    expect(host.innerHTML).toBe('<b>dark</b><i>Bea</i>');
    await act(() => root.unmount());
  });
});

const vueCases: Record<string, () => { state: () => Settings; applier: SnapshotApplier<Settings> }> = {
  'a reactive object'() {
    const state = reactive(settings());
    return { state: () => state, applier: createVueSnapshotApplier<Settings, Settings>(state) };
  },
  'a ref'() {
    const held = ref(settings());
    return { state: () => held.value, applier: createVueSnapshotApplier<Settings, Settings>(held) };
  },
  'a Pinia store of options'() {
    const store = defineStore('options', { state: settings })(createPinia());
    return { state: () => store, applier: createPiniaSnapshotApplier<Settings, Settings>(store) };
  },
  'a Pinia store of a setup function'() {
    const store = defineStore('setup', () => {
      const { theme, volume, user } = settings();
      return { theme: ref(theme), volume: ref(volume), user: ref(user) };
    })(createPinia());
    return { state: () => store, applier: createPiniaSnapshotApplier<Settings, Settings>(store) };
  },
};

describe.each(Object.entries(vueCases))('a Vue component on %s', (_name, createCase) => {
  test('renders once when its field changes, and not when another does', async () => {
    const { state, applier } = createCase();
    const renders = { theme: 0, user: 0 };
    const Theme = defineComponent(() => () => {
      renders.theme += 1;
      return h('b', state().theme);
    });
    const User = defineComponent(() => () => {
      renders.user += 1;
      return h('i', state().user.name);
    });
    const host = document.createElement('div');
    const app = createApp(() => [h(Theme), h(User)]);
    app.mount(host);
    const show = async (part: Partial<Settings>) => {
      await applier.apply({ revision: '1' as Revision, data: settings(part) });
      await nextTick();
    };
    await show({});
    await show({ volume: 6 });
    expect(renders).toEqual({ theme: 1, user: 1 });
    await show({ volume: 6, theme: 'dark' });
    expect(renders).toEqual({ theme: 2, user: 1 });
    await show({ volume: 7, theme: 'dark', user: { name: 'Bea' } });
    expect(renders).toEqual({ theme: 2, user: 2 });
    expect(host.textContent).toBe('darkBea');
    app.unmount();
  });
});
