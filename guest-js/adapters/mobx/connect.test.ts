import { autorun, makeAutoObservable, observable, runInAction } from 'mobx';
import { describe, expect, test } from 'vitest';
import { A_WHILE, putBackAfterEach, SETTINGS, type Settings, stage } from '../adapters.rig.ts';
import { describeConnected } from '../connected.rig.ts';
import { connectMobX } from './index.ts';

putBackAfterEach();

class SettingsStore implements Settings {
  theme = '';
  volume = 0;
  user = { id: 0, name: '' };
  tags?: string[] = undefined;

  constructor() {
    makeAutoObservable(this);
  }

  get loud() {
    return this.volume > 5;
  }

  rename(name: string) {
    this.user.name = name;
  }
}

const plain = (store: Settings): Settings =>
  JSON.parse(
    JSON.stringify({ theme: store.theme, volume: store.volume, user: store.user, tags: store.tags }),
  );

describeConnected('an instance of a MobX class', (options) => {
  const store = new SettingsStore();
  const connection = connectMobX(store, 'settings', options);
  return {
    read: () => plain(store),
    user: () => store.user,
    type: (members) => runInAction(() => Object.assign(store, members)),
    rename: (name) => store.rename(name),
    stop: connection.stop,
  };
});

describeConnected('an observable MobX object', (options) => {
  const store = observable<Settings>({ theme: '', volume: 0, user: { id: 0, name: '' } });
  const connection = connectMobX(store, 'settings', options);
  return {
    read: () => plain(store),
    user: () => store.user,
    type(members) {
      for (const change of Object.entries(members)) {
        runInAction(() => Object.assign(store, Object.fromEntries([change])));
      }
    },
    rename: (name) =>
      runInAction(() => {
        store.user.name = name;
      }),
    stop: connection.stop,
  };
});

describe('connectMobX', () => {
  test('runs a reaction of one field once when it changes and not when another does', async () => {
    const { host, clock, change } = stage();
    host.register('settings', SETTINGS);
    const store = new SettingsStore();
    const connection = connectMobX(store, 'settings');
    const names: string[] = [];
    const stop = autorun(() => names.push(store.user.name));
    await clock.settle();
    change<Settings>('settings', { volume: 6, theme: 'dark' });
    await clock.advance(A_WHILE);
    change<Settings>('settings', { user: { id: 1, name: 'Bob' } });
    await clock.advance(A_WHILE);
    expect(names).toEqual(['', 'Ada', 'Bob']);
    stop();
    connection.stop();
  });

  test('does not write what is computed', async () => {
    const { host, clock, named } = stage();
    host.register('settings', SETTINGS);
    const store = new SettingsStore();
    const connection = connectMobX(store, 'settings');
    await clock.settle();
    runInAction(() => {
      store.volume = 6;
    });
    await clock.advance(A_WHILE);
    expect(store.loud).toBe(true);
    expect(named('patch').map((call) => 'operations' in call && call.operations)).toEqual([
      [{ op: 'add', path: '/volume', value: 6 }],
    ]);
    connection.stop();
  });
});
