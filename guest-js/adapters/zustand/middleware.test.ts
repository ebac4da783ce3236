import { describe, expect, test } from 'vitest';
import { devtools, subscribeWithSelector } from 'zustand/middleware';
import { createStore } from 'zustand/vanilla';
import { A_WHILE, putBackAfterEach, SETTINGS, type Settings, stage } from '../adapters.rig.ts';
import { describeConnected } from '../connected.rig.ts';
import { type ConnectErrorContext, statesync } from './index.ts';

putBackAfterEach();

interface SettingsStore extends Settings {
  louder: () => void;
}

function make(options: { onError?: (context: ConnectErrorContext) => void } = {}) {
  return createStore<SettingsStore>()(
    statesync(
      (set) => ({
        theme: '',
        volume: 0,
        user: { id: 0, name: '' },
        louder: () => set(({ volume }) => ({ volume: volume + 1 })),
      }),
      { topic: 'settings', ...options },
    ),
  );
}

describeConnected('a Zustand store with the middleware', (options) => {
  const store = make(options);
  return {
    read() {
      const { louder, ...settings } = store.getState();
      return settings;
    },
    user: () => store.getState().user,
    type(members) {
      for (const [key, value] of Object.entries(members)) store.setState({ [key]: value });
    },
    rename: (name) => store.setState(({ user }) => ({ user: { ...user, name } })),
    stop: () => store.statesync.stop(),
  };
});

describe('the middleware', () => {
  test('writes what an action of the store does, and keeps the action', async () => {
    const { host, clock } = stage();
    host.register('settings', SETTINGS);
    const store = make();
    await clock.settle();
    store.getState().louder();
    await clock.advance(A_WHILE);
    expect(host.value<Settings>('settings').volume).toBe(6);
    store.getState().louder();
    expect(store.getState().volume).toBe(7);
  });

  test('shows what the initializer returned until the first value arrives', async () => {
    const { host, clock } = stage();
    const store = make();
    expect(store.getState().theme).toBe('');
    host.register('settings', SETTINGS);
    await clock.advance(A_WHILE);
    expect(store.getState().theme).toBe('light');
  });

  test('tells a subscriber of one field of that field only', async () => {
    const { host, clock, change } = stage();
    host.register('settings', SETTINGS);
    const store = createStore<Settings>()(
      subscribeWithSelector(statesync(() => SETTINGS, { topic: 'settings' })),
    );
    const themes: string[] = [];
    store.subscribe(
      ({ theme }) => theme,
      (theme) => themes.push(theme),
    );
    await clock.settle();
    change<Settings>('settings', { volume: 6 });
    await clock.advance(A_WHILE);
    change<Settings>('settings', { theme: 'dark' });
    await clock.advance(A_WHILE);
    expect(themes).toEqual(['dark']);
    store.statesync.stop();
  });

  test('works inside and outside of other middleware', async () => {
    const { host, clock } = stage();
    host.register('settings', SETTINGS);
    const outside = createStore<Settings>()(
      statesync(
        devtools(() => SETTINGS),
        { topic: 'settings' },
      ),
    );
    const inside = createStore<Settings>()(devtools(statesync(() => SETTINGS, { topic: 'settings' })));
    await clock.settle();
    outside.setState({ theme: 'a' });
    await clock.advance(A_WHILE);
    expect(inside.getState().theme).toBe('a');
    inside.setState({ theme: 'b' });
    await clock.advance(A_WHILE);
    expect([outside.getState().theme, host.value<Settings>('settings').theme]).toEqual(['b', 'b']);
  });
});
