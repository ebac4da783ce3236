// @vitest-environment happy-dom
import { describe, expect, test, vi } from 'vitest';
import { createApp, defineComponent, effectScope, h, nextTick, ref, watchEffect } from 'vue';
import { A_WHILE, putBackAfterEach, SETTINGS, type Settings, stage } from '../adapters.rig.ts';
import { useTopic, useTopicStatus } from './use-topic.ts';

putBackAfterEach();

describe('useTopic', () => {
  test('renders once when the selected field changes and not when another does', async () => {
    const { host, clock, change } = stage();
    host.register('settings', SETTINGS);
    let renders = 0;
    const Theme = defineComponent(() => {
      const theme = useTopic('settings', (settings: Settings) => ({ is: settings.theme }));
      return () => {
        renders += 1;
        return h('p', theme.value?.is);
      };
    });
    const shown = document.createElement('div');
    const app = createApp(Theme);
    app.mount(shown);
    await clock.settle();
    await nextTick();
    expect(shown.textContent).toBe('light');
    renders = 0;
    change<Settings>('settings', { volume: 6 });
    await clock.advance(A_WHILE);
    expect(renders).toBe(0);
    change<Settings>('settings', { theme: 'dark' });
    await clock.advance(A_WHILE);
    await nextTick();
    expect([renders, shown.textContent]).toEqual([1, 'dark']);
    app.unmount();
    await clock.settle();
    expect(host.inspect().sessions).toEqual([]);
    expect(clock.pending()).toBe(0);
  });

  test('follows another topic when its getter says so', async () => {
    const { host, clock } = stage();
    host.register('cart:1', ['a']);
    host.register('cart:2', ['b']);
    const id = ref(1);
    const scope = effectScope();
    const cart = scope.run(() => useTopic<string[]>(() => `cart:${id.value}`));
    await clock.settle();
    expect(cart?.value).toEqual(['a']);
    id.value = 2;
    expect(cart?.value).toBe(undefined);
    await clock.advance(A_WHILE);
    expect(cart?.value).toEqual(['b']);
    expect(host.inspect().sessions[0]?.topics.map(({ topic }) => topic)).toEqual(['cart:2']);
    scope.stop();
    await clock.settle();
    expect(host.inspect().sessions).toEqual([]);
  });

  test('gives the objects of the page as they are, and cannot be assigned', async () => {
    const { host, clock, client } = stage();
    host.register('settings', SETTINGS);
    const warned = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const scope = effectScope();
    const settings = scope.run(() => useTopic<Settings>('settings'));
    const live = await client.subscribe<Settings>('settings');
    expect(settings?.value).toBe(live.value);
    (settings as { value: unknown }).value = 'mine';
    expect(settings?.value).toBe(live.value);
    expect(warned).toHaveBeenCalledOnce();
    scope.stop();
    await clock.settle();
  });
});

describe('useTopicStatus', () => {
  test('tells of a topic that is not there, and of its coming', async () => {
    const { host, clock } = stage();
    vi.spyOn(console, 'error').mockImplementation(() => {});
    const scope = effectScope();
    const seen: unknown[] = [];
    scope.run(() => {
      const status = useTopicStatus('late');
      watchEffect(() => seen.push(status.value.sync), { flush: 'sync' });
    });
    await clock.settle();
    expect(seen.at(-1)).toBe('error');
    host.register('late', 1);
    await clock.advance(A_WHILE);
    expect(seen.at(-1)).toBe('ready');
    scope.stop();
  });
});
