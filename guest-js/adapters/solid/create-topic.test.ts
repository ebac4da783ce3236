// @vitest-environment happy-dom
import { createEffect, createRoot, createSignal } from 'solid-js';
import { describe, expect, test, vi } from 'vitest';
import { A_WHILE, putBackAfterEach, SETTINGS, type Settings, stage } from '../adapters.rig.ts';
import { createTopic, createTopicStatus } from './create-topic.ts';

putBackAfterEach();

/** Runs effects under an owner of their own. */
function owned(work: () => void): () => void {
  return createRoot((dispose) => {
    work();
    return dispose;
  });
}

describe('createTopic', () => {
  test('runs an effect of one field once when it changes and not when another does', async () => {
    const { host, clock, change } = stage();
    host.register('settings', SETTINGS);
    const [themes, names]: unknown[][] = [[], []];
    const dispose = owned(() => {
      const settings = createTopic<Settings>('settings');
      createEffect(() => themes?.push(settings()?.theme));
      createEffect(() => names?.push(settings()?.user.name));
    });
    await clock.settle();
    change<Settings>('settings', { volume: 6 });
    await clock.advance(A_WHILE);
    change<Settings>('settings', { theme: 'dark' });
    await clock.advance(A_WHILE);
    change<Settings>('settings', { user: { id: 1, name: 'Bob' } });
    await clock.advance(A_WHILE);
    expect(themes).toEqual([undefined, 'light', 'dark']);
    expect(names).toEqual([undefined, 'Ada', 'Bob']);
    dispose();
    await clock.settle();
    expect(host.inspect().sessions).toEqual([]);
    expect(clock.pending()).toBe(0);
  });

  test('never changes the objects of the page', async () => {
    const { host, clock, client, change } = stage();
    host.register('settings', SETTINGS);
    const live = await client.subscribe<Settings>('settings');
    const first = live.value;
    const dispose = owned(() => {
      const settings = createTopic<Settings>('settings');
      createEffect(() => settings()?.user.name);
    });
    await clock.settle();
    change<Settings>('settings', { user: { id: 1, name: 'Bob' } });
    await clock.advance(A_WHILE);
    expect(first).toEqual(SETTINGS);
    dispose();
  });

  test('takes a selector, and a topic that changes', async () => {
    const { host, clock } = stage();
    host.register('cart:1', { items: ['a'] });
    host.register('cart:2', { items: ['b', 'c'] });
    const [id, setId] = createSignal(1);
    const seen: unknown[] = [];
    const dispose = owned(() => {
      const count = createTopic(
        () => `cart:${id()}`,
        (cart: { items: string[] }) => cart.items.length,
      );
      createEffect(() => seen.push(count()));
    });
    await clock.settle();
    setId(2);
    await clock.advance(A_WHILE);
    expect(seen).toEqual([undefined, 1, undefined, 2]);
    expect(host.inspect().sessions[0]?.topics.map(({ topic }) => topic)).toEqual(['cart:2']);
    dispose();
  });

  test('keeps an item of a list the same item when it moves', async () => {
    const { host, clock } = stage();
    const [a, b] = [
      { id: 'a', n: 1 },
      { id: 'b', n: 2 },
    ];
    host.register('list', [a, b]);
    const seen: unknown[] = [];
    const dispose = owned(() => {
      const list = createTopic<{ id: string; n: number }[]>('list');
      createEffect(() => seen.push(list()?.find(({ id }) => id === 'b')));
    });
    await clock.settle();
    host.set('list', [b, a]);
    await clock.advance(A_WHILE);
    expect(seen[2]).toBe(seen[1]);
    dispose();
  });
});

describe('createTopicStatus', () => {
  test('tells of a topic that is not there, and of its coming', async () => {
    const { host, clock } = stage();
    vi.spyOn(console, 'error').mockImplementation(() => {});
    const seen: unknown[] = [];
    const dispose = owned(() => {
      const status = createTopicStatus('late');
      createEffect(() => seen.push(status().sync));
    });
    await clock.settle();
    expect(seen.at(-1)).toBe('error');
    host.register('late', 1);
    await clock.advance(A_WHILE);
    expect(seen.at(-1)).toBe('ready');
    dispose();
  });
});
