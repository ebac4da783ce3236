// @vitest-environment happy-dom
import { createPinia, defineStore, disposePinia, setActivePinia } from 'pinia';
import { beforeEach, describe, expect, test } from 'vitest';
import { createApp, defineComponent, h, nextTick, ref, toRaw } from 'vue';
import { A_WHILE, putBackAfterEach, SETTINGS, type Settings, stage } from '../adapters.rig.ts';
import { describeConnected } from '../connected.rig.ts';
import { createStateSyncPlugin } from './index.ts';

putBackAfterEach();

let pinia: ReturnType<typeof createPinia>;
beforeEach(() => {
  pinia = createPinia().use(createStateSyncPlugin());
  createApp({}).use(pinia); // plugins run for the stores of an app
  setActivePinia(pinia);
  return () => disposePinia(pinia);
});

const blank = (): Settings => ({ theme: '', volume: 0, user: { id: 0, name: '' } });

describeConnected('a Pinia store with the option', (options) => {
  const store = defineStore('settings', {
    state: blank,
    getters: { loud: (state) => state.volume > 5 },
    statesync: { topic: 'settings', ...options },
  })();
  return {
    read: () => JSON.parse(JSON.stringify(store.$state)),
    user: () => toRaw(store.user),
    type(members) {
      Object.assign(store, members);
    },
    rename(name) {
      store.user.name = name;
    },
    stop: () => store.$dispose(),
  };
});

describeConnected('a Pinia setup store with the option', (options) => {
  const store = defineStore(
    'setup',
    () => ({ theme: ref(''), volume: ref(0), user: ref({ id: 0, name: '' }), tags: ref<string[]>() }),
    { statesync: { topic: 'settings', ...options } },
  )();
  return {
    read: () => JSON.parse(JSON.stringify(store.$state)),
    user: () => toRaw(store.user),
    type: (members) => store.$patch(members),
    rename: (name) => store.$patch({ user: { name } }),
    stop: () => store.$dispose(),
  };
});

describe('the plugin', () => {
  test('leaves stores without the option alone', async () => {
    const { host, clock } = stage();
    const store = defineStore('local', { state: () => ({ n: 1 }) })();
    store.n += 1;
    await clock.settle();
    expect(store.$statesync).toBe(undefined);
    expect(host.calls).toEqual([]);
  });

  test('renders a component once when its field changes and not when another does', async () => {
    const { host, clock, change } = stage();
    host.register('settings', SETTINGS);
    const useSettings = defineStore('settings', { state: blank, statesync: { topic: 'settings' } });
    let renders = 0;
    const Name = defineComponent(() => {
      const settings = useSettings();
      return () => {
        renders += 1;
        return h('p', settings.user.name);
      };
    });
    const shown = document.createElement('div');
    const app = createApp(Name).use(pinia);
    app.mount(shown);
    await clock.settle();
    await nextTick();
    renders = 0;
    change<Settings>('settings', { volume: 6, theme: 'dark' });
    await clock.advance(A_WHILE);
    await nextTick();
    expect(renders).toBe(0);
    change<Settings>('settings', { user: { id: 1, name: 'Bob' } });
    await clock.advance(A_WHILE);
    await nextTick();
    expect([renders, shown.textContent]).toEqual([1, 'Bob']);
    app.unmount();
  });

  test('writes what actions and $patch do', async () => {
    const { host, clock, named } = stage();
    host.register('settings', SETTINGS);
    const store = defineStore('settings', {
      state: blank,
      actions: {
        reset() {
          this.$patch({ theme: 'none', volume: 0 });
          this.user.name = 'Nobody';
        },
      },
      statesync: { topic: 'settings' },
    })();
    await store.$statesync?.ready;
    store.reset();
    await clock.advance(A_WHILE);
    expect(host.value('settings')).toEqual({ theme: 'none', volume: 0, user: { id: 1, name: 'Nobody' } });
    expect(named('patch')).toHaveLength(1);
  });

  test('writes every change in place of a state that is mapped', async () => {
    const { host, clock } = stage();
    host.register('settings', SETTINGS);
    const store = defineStore('settings', {
      state: () => ({ settings: blank() }),
      statesync: {
        topic: 'settings',
        toState: (settings: Settings) => ({ settings }),
        fromState: ({ settings }) => settings,
      },
    })();
    await clock.settle();
    for (const name of ['B', 'Bo', 'Bob']) {
      store.settings.user.name = name;
      await clock.advance(A_WHILE);
      expect(host.value<Settings>('settings').user.name).toBe(name);
    }
  });

  test('keeps to itself what omitKeys names', async () => {
    const { host, clock } = stage();
    host.register('settings', SETTINGS);
    const store = defineStore('settings', {
      state: () => ({ ...blank(), open: false }),
      statesync: { topic: 'settings', omitKeys: ['open'] },
    })();
    await clock.settle();
    store.open = true;
    await clock.advance(A_WHILE);
    expect([store.open, host.revision('settings')]).toEqual([true, '1']);
  });
});
