import { get } from 'svelte/store';
import { describe, expect, test, vi } from 'vitest';
import { A_WHILE, putBackAfterEach, type Settings, stage } from '../adapters.rig.ts';
import { describeConnected } from '../connected.rig.ts';
import { writableTopicStore } from './write.ts';

putBackAfterEach();

describeConnected('a writable Svelte store', (options) => {
  const settings = writableTopicStore<Settings>('settings', options);
  const stop = settings.subscribe(() => {});
  const now = () => get(settings) as Settings;
  return {
    read: () => structuredClone(now()),
    user: () => now().user,
    type(members) {
      for (const [key, value] of Object.entries(members))
        settings.update((old) => ({ ...(old as Settings), [key]: value }));
    },
    // What `bind:value={$settings.user.name}` compiles to.
    rename(name) {
      const value = now();
      value.user.name = name;
      settings.set(value);
    },
    stop,
  };
});

describe('writableTopicStore', () => {
  test('follows the topic from its first subscriber to its last, and again', async () => {
    const { host, clock } = stage();
    host.register('count', 1);
    const count = writableTopicStore<number>('count');
    expect(host.calls).toEqual([]);
    for (const round of [1, 2]) {
      const seen: unknown[] = [];
      const stop = count.subscribe((value) => seen.push(value));
      await clock.settle();
      expect(seen).toEqual([undefined, round]);
      stop();
      await clock.settle();
      expect(host.inspect().sessions).toEqual([]);
      host.set('count', 2);
    }
  });

  test('writes without a subscriber, too', async () => {
    const { host, clock } = stage();
    host.register('count', 1);
    const count = writableTopicStore<number>('count');
    count.update((value) => (value ?? 0) + 1);
    await clock.advance(A_WHILE);
    expect(host.value('count')).toBe(2);
    count.set(7);
    await clock.advance(A_WHILE);
    expect(host.value('count')).toBe(7);
  });

  test('reports a refused write without a subscriber', async () => {
    const { host, clock } = stage();
    host.register('count', 1, { readOnly: true });
    const onError = vi.fn();
    writableTopicStore<number>('count', { onError }).set(2);
    await clock.advance(A_WHILE);
    expect(onError.mock.calls.map(([{ error }]) => error.kind)).toEqual(['read-only']);
  });
});
