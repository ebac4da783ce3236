// What every store that is connected to a topic has to do, whatever its library.

import { describe, expect, test, vi } from 'vitest';
import { createClient } from '../client/index.ts';
import { A_WHILE, SETTINGS, type Settings, stage } from './adapters.rig.ts';
import type { ConnectErrorContext } from './connect.ts';

/** A store of some library, connected to `settings`. */
export interface ConnectedStore {
  /** The state of the topic, without what belongs to the store itself. */
  read(): Settings;
  /** The store's own object for `user`. */
  user(): object;
  /** Changes members as a component of this library would, each by a step of its own. */
  type(members: Partial<Settings>): void;
  /** Changes the name of the user, in place where the library does that. */
  rename(name: string): void;
  stop(): void;
}

export type Connect = (options: { onError?: (context: ConnectErrorContext) => void }) => ConnectedStore;

/** Call `putBackAfterEach` beside it. */
export function describeConnected(name: string, connect: Connect): void {
  async function running(options: Parameters<Connect>[0] = {}) {
    const staged = stage();
    staged.host.register('settings', SETTINGS);
    const live = await staged.client.subscribe<Settings>('settings');
    const store = connect(options);
    await staged.clock.settle();
    const slow = (call: 'pull' | 'patch', delayMs: number) => {
      staged.host.faults.answer = ({ name }) => (name === call ? { delayMs } : undefined);
    };
    return { ...staged, live, store, slow };
  }

  describe(name, () => {
    test('shows the topic and every newer value, and echoes nothing', async () => {
      const { host, clock, store, change } = await running();
      expect(store.read()).toEqual(SETTINGS);
      change<Settings>('settings', { theme: 'dark', user: { id: 1, name: 'Bob' }, tags: ['a'] });
      await clock.advance(A_WHILE);
      expect(store.read()).toEqual(host.value('settings'));
      expect(host.revision('settings')).toBe('2');
    });

    test('writes the changes of one tick as one patch of what was changed', async () => {
      const { host, clock, store, named } = await running();
      store.type({ theme: 'dark', volume: 6 });
      await clock.advance(A_WHILE);
      expect(named('patch').map((call) => 'operations' in call && call.operations)).toEqual([
        [
          { op: 'add', path: '/theme', value: 'dark' },
          { op: 'add', path: '/volume', value: 6 },
        ],
      ]);
      expect(host.value('settings')).toEqual({ ...SETTINGS, theme: 'dark', volume: 6 });
      expect(store.read()).toEqual(host.value('settings'));
    });

    test('does not lose a keystroke during a pull', async () => {
      const { host, clock, store, slow, change } = await running();
      slow('pull', 200);
      change<Settings>('settings', { volume: 6, user: { id: 1, name: 'theirs' } });
      await clock.advance(100);
      store.rename('o');
      expect(store.read().user.name).toBe('o');
      await clock.advance(20);
      store.rename('ou');
      await clock.advance(1000);
      expect(store.read()).toEqual({ ...SETTINGS, volume: 6, user: { id: 1, name: 'ou' } });
      expect(host.value('settings')).toEqual(store.read());
    });

    test('does not lose a keystroke during a write', async () => {
      const { host, clock, store, slow, change } = await running();
      slow('patch', 100);
      for (const name of ['o', 'ou', 'our']) {
        store.rename(name);
        await clock.advance(40);
        change<Settings>('settings', { volume: name.length });
        expect(store.read().user.name).toBe(name);
      }
      await clock.advance(2000);
      expect(store.read()).toEqual({ ...SETTINGS, volume: 3, user: { id: 1, name: 'our' } });
      expect(host.value('settings')).toEqual(store.read());
    });

    test('types into its field while another window types into another one', async () => {
      const { host, clock, store, slow } = await running();
      slow('patch', 20);
      const page = createClient({ transport: host.transport({ label: 'other' }), clock, random: () => 0.5 });
      for (const n of [1, 2, 3, 4]) {
        store.rename('x'.repeat(n));
        void page.topic<Settings>('settings').patch([{ op: 'add', path: '/theme', value: 'y'.repeat(n) }]);
        await clock.advance(7);
      }
      await clock.advance(2000);
      expect(store.read()).toEqual({ ...SETTINGS, theme: 'yyyy', user: { id: 1, name: 'xxxx' } });
      expect(host.value('settings')).toEqual(store.read());
    });

    test('undoes what the host refuses, and reports it', async () => {
      const onError = vi.fn();
      const { host, clock, store } = await running({ onError });
      host.validate('settings', (value) => {
        if ((value as Settings).user.name === '') return { path: 'user.name', message: 'empty' };
      });
      store.rename('');
      await clock.advance(A_WHILE);
      expect(store.read()).toEqual(SETTINGS);
      expect(onError.mock.calls.map(([{ phase, error }]) => [phase, error.kind])).toEqual([
        ['write', 'invalid-value'],
      ]);
    });

    test('never changes the objects that the page shares', async () => {
      const { clock, store, live, change } = await running();
      const first = live.value;
      store.rename('mine');
      expect(first).toEqual(SETTINGS);
      await clock.advance(A_WHILE);
      const second = live.value;
      change<Settings>('settings', { user: { id: 2, name: 'theirs' } });
      await clock.advance(A_WHILE);
      store.rename('again');
      expect(second.user.name).toBe('mine');
      expect(first).toEqual(SETTINGS);
    });

    test('keeps the identity of parts that did not change', async () => {
      const { clock, store, change } = await running();
      const user = store.user();
      change<Settings>('settings', { volume: 6 });
      await clock.advance(A_WHILE);
      store.type({ theme: 'dark' });
      await clock.advance(A_WHILE);
      expect(store.user()).toBe(user);
    });

    test('is left alone once it is stopped', async () => {
      const { host, clock, store, live, change } = await running();
      live.stop();
      store.type({ theme: 'last' });
      store.stop();
      await clock.advance(A_WHILE);
      expect(host.value<Settings>('settings').theme).toBe('last');
      change<Settings>('settings', { volume: 6 });
      await clock.advance(A_WHILE);
      expect(host.inspect().sessions).toEqual([]);
      expect(clock.pending()).toBe(0);
    });
  });
}
