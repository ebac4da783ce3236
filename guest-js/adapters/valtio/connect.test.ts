import { proxy } from 'valtio/vanilla';
import { subscribeKey } from 'valtio/vanilla/utils';
import { describe, expect, test } from 'vitest';
import { A_WHILE, putBackAfterEach, SETTINGS, type Settings, stage } from '../adapters.rig.ts';
import { describeConnected } from '../connected.rig.ts';
import { connectValtio } from './index.ts';

putBackAfterEach();

const blank = (): Settings => ({ theme: '', volume: 0, user: { id: 0, name: '' } });

describeConnected('a Valtio proxy', (options) => {
  const settings = proxy(blank());
  const connection = connectValtio(settings, 'settings', options);
  return {
    read: () => JSON.parse(JSON.stringify(settings)),
    user: () => settings.user,
    type: (members) => Object.assign(settings, members),
    rename(name) {
      settings.user.name = name;
    },
    stop: connection.stop,
  };
});

describe('connectValtio', () => {
  test('tells of one field when it changes and not when another does', async () => {
    const { host, clock, change } = stage();
    host.register('settings', SETTINGS);
    const settings = proxy(blank());
    const connection = connectValtio(settings, 'settings');
    await clock.settle();
    const themes: string[] = [];
    subscribeKey(settings, 'theme', (theme) => themes.push(theme), true);
    change<Settings>('settings', { volume: 6 });
    await clock.advance(A_WHILE);
    change<Settings>('settings', { theme: 'dark' });
    await clock.advance(A_WHILE);
    expect(themes).toEqual(['dark']);
    connection.stop();
  });

  test('does not write what getters compute, nor functions', async () => {
    const { host, clock, named } = stage();
    host.register('settings', SETTINGS);
    const state = {
      ...blank(),
      get loud(): boolean {
        return this.volume > 5;
      },
      louder() {
        this.volume += 1;
      },
    };
    const settings = proxy(state);
    const connection = connectValtio(settings, 'settings');
    await clock.settle();
    settings.louder();
    await clock.advance(A_WHILE);
    expect(settings.loud).toBe(true);
    expect(named('patch').map((call) => 'operations' in call && call.operations)).toEqual([
      [{ op: 'add', path: '/volume', value: 6 }],
    ]);
    connection.stop();
  });

  test('connects a list', async () => {
    const { host, clock } = stage();
    host.register('tags', ['a']);
    const tags = proxy<string[]>([]);
    const connection = connectValtio(tags, 'tags');
    await clock.settle();
    tags.push('b');
    await clock.advance(A_WHILE);
    host.set('tags', ['c', ...host.value<string[]>('tags')]);
    await clock.advance(A_WHILE);
    expect([...tags]).toEqual(['c', 'a', 'b']);
    connection.stop();
  });
});
