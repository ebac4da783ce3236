// @vitest-environment happy-dom
// Topics that were in the page from the start: every hook has them in its first render, and none renders again when the
// host says that nothing has changed.
import { useAtomValue } from 'jotai';
import { act, type ReactNode, StrictMode, Suspense } from 'react';
import { createRoot, hydrateRoot } from 'react-dom/client';
import { renderToString } from 'react-dom/server';
import { createEffect, createRoot as createOwner } from 'solid-js';
import { get } from 'svelte/store';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createApp, h, nextTick } from 'vue';
import { createStore } from 'zustand/vanilla';
import {
  createManualClock,
  createManualVisibility,
  createMemoryHost,
  installTestClient,
  type MemoryWindow,
} from '../testing/index.ts';
import { A_WHILE, SETTINGS, type Settings } from './adapters.rig.ts';
import { topicAtom } from './jotai/index.ts';
import { useSuspenseTopic, useTopic, useTopicStatus } from './react/index.ts';
import { createTopic, createTopicStatus } from './solid/create-topic.ts';
import { effects } from './svelte/effects.svelte.ts';
import { topicState, topicStore } from './svelte/read.ts';
import { writableTopicStore } from './svelte/write.ts';
import { useTopic as topicRef } from './vue/use-topic.ts';
import { useTopicModel as topicModel } from './vue/use-topic-model.ts';
import { statesync } from './zustand/middleware.ts';

Object.assign(globalThis, { IS_REACT_ACT_ENVIRONMENT: true });

const ended: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ended.splice(0).reverse()) await end();
  vi.restoreAllMocks();
});

/** A page that began with the settings, as far as its window may read them. */
function page(window: MemoryWindow = {}) {
  const clock = createManualClock();
  const host = createMemoryHost({ clock, firstPaint: () => true });
  host.register('settings', SETTINGS);
  const { restore } = installTestClient(host, { clock, visibility: createManualVisibility(), window });
  ended.push(restore);
  return { clock, host, change: (theme: string) => host.set('settings', { ...SETTINGS, theme }) };
}

const theme = (settings: Settings) => settings.theme;

/** Renders at once, as `main.tsx` does; `text` is what is on the screen. */
async function mount(what: ReactNode) {
  const shown = document.createElement('div');
  const root = createRoot(shown);
  ended.push(() => act(async () => root.unmount()));
  act(() => root.render(what));
  return { text: () => shown.textContent };
}

describe('React', () => {
  test('useTopic has the value in the first render, and renders once, also when the host has answered', async () => {
    const { clock, host, change } = page();
    const seen: unknown[] = [];
    function Theme() {
      const shown = useTopic('settings', theme);
      seen.push([shown, host.calls.length]);
      return shown;
    }
    const { text } = await mount(<Theme />);
    expect([text(), seen]).toEqual(['light', [['light', 0]]]);
    await act(() => clock.advance(A_WHILE));
    expect(host.calls.map(({ name }) => name)).toEqual(['subscribe']);
    expect(host.inspect().counters.unchanged).toBe(1);
    expect(seen).toHaveLength(1);
    change('dark');
    await act(() => clock.advance(A_WHILE));
    expect([text(), seen.length]).toEqual(['dark', 2]);
  });

  test('useTopic has it in every first render of StrictMode, and asks once', async () => {
    const { clock, host } = page();
    const seen: unknown[] = [];
    function Part({ of }: { of: 'theme' | 'volume' }) {
      const shown = useTopic<Settings>('settings')?.[of];
      seen.push(shown);
      return shown;
    }
    const { text } = await mount(
      <StrictMode>
        <Part of="theme" />
        <Part of="volume" />
      </StrictMode>,
    );
    expect(text()).toBe('light5');
    await act(() => clock.advance(A_WHILE));
    expect(seen).toEqual(['light', 'light', 5, 5]);
    expect(host.calls.map(({ name }) => name)).toEqual(['subscribe']);
  });

  test('useSuspenseTopic does not suspend', async () => {
    const { clock } = page();
    const waited = vi.fn(() => 'waiting');
    const Waiting = () => waited();
    const Theme = () => useSuspenseTopic('settings', theme);
    const { text } = await mount(
      <Suspense fallback={<Waiting />}>
        <Theme />
      </Suspense>,
    );
    expect(text()).toBe('light');
    await act(() => clock.advance(A_WHILE));
    expect(waited).not.toHaveBeenCalled();
  });

  test('useTopicStatus says stale until the host has answered, then ready', async () => {
    const { clock } = page();
    const seen: unknown[] = [];
    const Status = () => {
      seen.push(useTopicStatus('settings').sync);
      return null;
    };
    await mount(<Status />);
    await act(() => clock.advance(A_WHILE));
    expect(seen).toEqual(['idle', 'stale', 'ready']);
  });

  test('a page that a server has rendered hydrates what the server sent, and shows the value right after', async () => {
    const { clock } = page();
    const errors: unknown[] = [];
    const Theme = () => <p>{useTopic('settings', theme) ?? 'none'}</p>;
    const shown = document.createElement('div');
    shown.innerHTML = renderToString(<Theme />);
    expect(shown.textContent).toBe('none');
    let root: { unmount(): void } | undefined;
    ended.push(() => act(async () => root?.unmount()));
    act(() => {
      root = hydrateRoot(shown, <Theme />, { onRecoverableError: (error) => void errors.push(error) });
    });
    expect([shown.textContent, errors]).toEqual(['light', []]);
    await act(() => clock.advance(A_WHILE));
  });

  test('a window that may not read the topic has nothing of it', async () => {
    const { clock } = page({ readable: () => false });
    vi.spyOn(console, 'error').mockImplementation(() => {});
    const Theme = () => useTopic('settings', theme) ?? 'none';
    const { text } = await mount(<Theme />);
    await act(() => clock.advance(A_WHILE));
    expect(text()).toBe('none');
  });

  test('a component that is mounted after everything has stopped waits for the host', async () => {
    const { clock, change } = page();
    const seen: unknown[] = [];
    const Theme = () => {
      seen.push(useTopic('settings', theme));
      return null;
    };
    const Shown = ({ is }: { is: boolean }) => (is ? <Theme /> : null);
    const root = createRoot(document.createElement('div'));
    ended.push(() => act(async () => root.unmount()));
    const show = (is: boolean) =>
      act(async () => {
        root.render(<Shown is={is} />);
        await clock.advance(A_WHILE);
      });
    await show(true);
    await show(false);
    change('dark');
    await show(true);
    expect(seen).toEqual(['light', undefined, 'dark']);
  });

  test('a topic that is shown already is there in the first render of another component', async () => {
    const { clock } = page();
    const seen: unknown[] = [];
    const Theme = () => {
      seen.push(useTopic('settings', theme));
      return null;
    };
    await mount(<Theme />);
    await act(() => clock.advance(A_WHILE));
    await mount(<Theme />);
    expect(seen).toEqual(['light', 'light']);
  });
});

describe('Jotai', () => {
  test('topicAtom has the value in the first render, and nothing else until it changes', async () => {
    const { clock, host, change } = page();
    const settings = topicAtom<Settings>('settings');
    const seen: unknown[] = [];
    function Theme() {
      const shown = useAtomValue(settings)?.theme;
      seen.push([shown, host.calls.length]);
      return shown;
    }
    const { text } = await mount(<Theme />);
    expect(text()).toBe('light');
    await act(() => clock.advance(A_WHILE));
    // Jotai itself renders a second time when it has mounted an atom.
    expect(seen).toEqual([
      ['light', 0],
      ['light', 0],
    ]);
    change('dark');
    await act(() => clock.advance(A_WHILE));
    expect([text(), seen.length]).toEqual(['dark', 3]);
  });
});

describe('Vue', () => {
  test('useTopic and useTopicModel have the value in the first render, and render once', async () => {
    const { clock, host, change } = page();
    const seen: unknown[] = [];
    const app = createApp({
      setup() {
        const shown = topicRef('settings', theme);
        const model = topicModel<Settings>('settings');
        return () => {
          seen.push([shown.value, model.value?.theme, host.calls.length]);
          return h('p', shown.value);
        };
      },
    });
    const element = document.createElement('div');
    app.mount(element);
    ended.push(() => app.unmount());
    expect(element.textContent).toBe('light');
    await clock.advance(A_WHILE);
    await nextTick();
    expect(seen).toEqual([['light', 'light', 0]]);
    change('dark');
    await clock.advance(A_WHILE);
    await nextTick();
    expect(element.textContent).toBe('dark');
  });
});

describe('Svelte', () => {
  test('topicStore and writableTopicStore begin with the value, and tell nothing else', async () => {
    const { clock, host, change } = page();
    const [read, written]: unknown[][] = [[], []];
    const stops = [
      topicStore('settings', theme).subscribe((value) => read?.push([value, host.calls.length])),
      writableTopicStore<Settings>('settings').subscribe((value) => written?.push(value?.theme)),
    ];
    ended.push(() => stops.forEach((stop) => void stop()));
    expect([read, written]).toEqual([[['light', 0]], ['light']]);
    await clock.advance(A_WHILE);
    expect([read?.length, written]).toEqual([1, ['light']]);
    change('dark');
    await clock.advance(A_WHILE);
    expect([read?.at(-1), written]).toEqual([
      ['dark', 2],
      ['light', 'dark'],
    ]);
  });

  test('a store that nobody subscribes to is read without a call', () => {
    const { host } = page();
    expect(get(topicStore('settings', theme))).toBe('light');
    expect(host.calls).toEqual([]);
  });

  test('topicState has the value at the first run of an effect, and runs it once', async () => {
    const { clock } = page();
    const state = topicState('settings', theme);
    expect(state.current).toBe('light');
    const seen: unknown[] = [];
    ended.push(effects(() => seen.push(state.current)));
    await clock.advance(A_WHILE);
    expect(seen).toEqual(['light']);
  });
});

describe('Solid', () => {
  test('createTopic has the value at once, and runs its effects once', async () => {
    const { clock, host } = page();
    const seen: unknown[] = [];
    const dispose = createOwner((end) => {
      const settings = createTopic<Settings>('settings');
      const status = createTopicStatus('settings');
      expect([settings()?.theme, status().sync, host.calls]).toEqual(['light', 'stale', []]);
      createEffect(() => seen.push(settings()?.theme));
      return end;
    });
    ended.push(dispose);
    await clock.advance(A_WHILE);
    expect(seen).toEqual(['light']);
  });
});

describe('a connected store', () => {
  test('has the value before anything else happens, and no write comes of it', async () => {
    const { clock, host } = page();
    const store = createStore<Settings>()(
      statesync(() => ({ ...SETTINGS, theme: 'initial' }), { topic: 'settings' }),
    );
    ended.push(() => store.statesync.stop());
    await Promise.resolve();
    await Promise.resolve();
    expect([store.getState().theme, host.calls]).toEqual(['light', []]);
    await clock.advance(A_WHILE);
    expect(host.calls.map(({ name }) => name)).toEqual(['subscribe']);
  });
});
