// @vitest-environment happy-dom
import { flushSync } from 'svelte';
import { get } from 'svelte/store';
import { describe, expect, test, vi } from 'vitest';
import { A_WHILE, putBackAfterEach, SETTINGS, type Settings, stage } from '../adapters.rig.ts';
import { effects } from './effects.svelte.ts';
import { topicState, topicStore } from './read.ts';

putBackAfterEach();

describe('topicStore', () => {
  test('tells its subscribers of the selected part only, and stops with the last one', async () => {
    const { host, clock, change } = stage();
    host.register('settings', SETTINGS);
    const theme = topicStore('settings', ({ theme, user }: Settings) => ({ theme, user }));
    expect(host.calls).toEqual([]);
    const seen: unknown[] = [];
    const stops = [theme.subscribe((part) => seen.push(part?.theme)), theme.subscribe(() => {})];
    await clock.settle();
    change<Settings>('settings', { volume: 6 });
    await clock.advance(A_WHILE);
    change<Settings>('settings', { theme: 'dark' });
    await clock.advance(A_WHILE);
    expect(seen).toEqual([undefined, 'light', 'dark']);
    stops[0]?.();
    await clock.settle();
    expect(host.inspect().sessions).toHaveLength(1);
    stops[1]?.();
    await clock.settle();
    expect(host.inspect().sessions).toEqual([]);
    expect(get(theme)).toBe(undefined);
  });

  test('has the value at once when something else shows the topic already', async () => {
    const { host, clock } = stage();
    host.register('count', 1);
    const stop = topicStore<number>('count').subscribe(() => {});
    await clock.settle();
    expect(get(topicStore<number>('count'))).toBe(1);
    stop();
  });
});

describe('topicState', () => {
  test('runs an effect once when its part changes and not when another does, and stops with it', async () => {
    const { host, clock, change } = stage();
    host.register('settings', SETTINGS);
    const theme = topicState('settings', ({ theme, tags = [] }: Settings) => ({ theme, tags }));
    const seen: unknown[] = [];
    const stop = effects(() => {
      seen.push(theme.current?.theme);
    });
    await clock.settle();
    flushSync();
    change<Settings>('settings', { volume: 6 });
    await clock.advance(A_WHILE);
    flushSync();
    change<Settings>('settings', { theme: 'dark' });
    await clock.advance(A_WHILE);
    flushSync();
    expect(seen).toEqual([undefined, 'light', 'dark']);
    stop();
    await clock.advance(A_WHILE);
    expect(host.inspect().sessions).toEqual([]);
  });

  test('tells status and error where they are read', async () => {
    const { host, clock } = stage();
    vi.spyOn(console, 'error').mockImplementation(() => {});
    const late = topicState<number>('late');
    const seen: unknown[] = [];
    const stop = effects(() => {
      seen.push([late.status, (late.error as { kind?: string } | undefined)?.kind, late.pending]);
    });
    await clock.settle();
    flushSync();
    expect(seen.at(-1)).toEqual(['error', 'unknown-topic', 0]);
    host.register('late', 1);
    await clock.advance(A_WHILE);
    flushSync();
    expect(seen.at(-1)).toEqual(['ready', undefined, 0]);
    stop();
  });
});
