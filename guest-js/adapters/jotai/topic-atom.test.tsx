// @vitest-environment happy-dom
import { atom, createStore, Provider, useAtom, useAtomValue } from 'jotai';
import { act } from 'react';
import { createRoot } from 'react-dom/client';
import { describe, expect, test } from 'vitest';
import { A_WHILE, putBackAfterEach, SETTINGS, type Settings, stage } from '../adapters.rig.ts';
import { topicAtom, topicStatusAtom } from './topic-atom.ts';

(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;
putBackAfterEach();

describe('topicAtom', () => {
  test('follows the topic while it is mounted', async () => {
    const { host, clock } = stage();
    host.register('count', 1);
    const store = createStore();
    const count = topicAtom<number>('count');
    expect(store.get(count)).toBe(undefined);
    expect(host.calls).toEqual([]);
    const seen: unknown[] = [];
    const stop = store.sub(count, () => seen.push(store.get(count)));
    await clock.settle();
    host.set('count', 2);
    await clock.advance(A_WHILE);
    expect(seen).toEqual([1, 2]);
    stop();
    expect(store.get(count)).toBe(undefined);
    await clock.settle();
    expect(host.inspect().sessions).toEqual([]);
    expect(clock.pending()).toBe(0);
  });

  test('renders a component of a derived atom once when its part changes and not when another does', async () => {
    const { host, clock, change } = stage();
    host.register('settings', SETTINGS);
    const settings = topicAtom<Settings>('settings');
    const user = atom((get) => get(settings)?.user);
    let renders = 0;
    function Name() {
      renders += 1;
      return useAtomValue(user)?.name;
    }
    const shown = document.createElement('div');
    const root = createRoot(shown);
    await act(async () => {
      root.render(
        <Provider>
          <Name />
        </Provider>,
      );
      await clock.settle();
    });
    const rest = () => act(() => clock.advance(A_WHILE));
    renders = 0;
    change<Settings>('settings', { volume: 6 });
    await rest();
    expect(renders).toBe(0);
    change<Settings>('settings', { user: { id: 1, name: 'Bob' } });
    await rest();
    expect([renders, shown.textContent]).toEqual([1, 'Bob']);
    await act(async () => root.unmount());
  });

  test('shows at once what is set, and rejects and undoes it when the host refuses', async () => {
    const { host, clock } = stage();
    host.register('count', 1);
    host.validate('count', (value) => {
      if ((value as number) > 9) return { path: '', message: 'too much' };
    });
    const store = createStore();
    const count = topicAtom<number>('count');
    store.sub(count, () => {});
    await clock.settle();
    const writing = store.set(count, 5);
    expect(store.get(count)).toBe(5);
    await clock.settle();
    expect(await writing).toBe('2');
    const refused = store.set(count, 10).catch((error) => error.kind);
    expect(store.get(count)).toBe(10);
    await clock.settle();
    expect(await refused).toBe('invalid-value');
    expect(store.get(count)).toBe(5);
  });

  test('takes a function that changes a draft', async () => {
    const { host, clock } = stage();
    host.register('settings', SETTINGS);
    const settings = topicAtom<Settings>('settings');
    function Louder() {
      const [value, set] = useAtom(settings);
      const onClick = () => set((draft) => void draft.volume++);
      return (
        <button type="button" onClick={onClick}>
          {value?.volume}
        </button>
      );
    }
    const shown = document.createElement('div');
    const root = createRoot(shown);
    await act(async () => {
      root.render(<Louder />);
      await clock.settle();
    });
    document.body.append(shown);
    act(() => shown.querySelector('button')?.click());
    expect(shown.textContent).toBe('6');
    await act(() => clock.advance(A_WHILE));
    expect(host.value<Settings>('settings').volume).toBe(6);
    await act(async () => root.unmount());
  });
});

test('topicStatusAtom tells of the topic that it follows', async () => {
  const { host, clock } = stage();
  host.register('count', 1);
  const store = createStore();
  const status = topicStatusAtom('count');
  expect(store.get(status)).toEqual({ sync: 'idle', pending: 0, error: undefined });
  const stop = store.sub(status, () => {});
  await clock.settle();
  expect(store.get(status).sync).toBe('ready');
  stop();
});
