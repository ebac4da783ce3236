// @vitest-environment happy-dom
import { act, Component, type ReactNode, StrictMode, Suspense } from 'react';
import { createRoot } from 'react-dom/client';
import { renderToString } from 'react-dom/server';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { A_WHILE, putBackAfterEach, SETTINGS, type Settings, stage } from '../adapters.rig.ts';
import { HOLD_MS } from '../topic-store.ts';
import { useSuspenseTopic, useTopic, useTopicStatus } from './index.ts';

(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;
putBackAfterEach();

const unmounts: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const unmount of unmounts.splice(0)) await unmount();
});

function screen() {
  const shown = document.createElement('div');
  const root = createRoot(shown, { onCaughtError: () => {} });
  unmounts.push(() => act(async () => root.unmount()));
  return {
    text: () => shown.textContent,
    unmount: () => act(async () => root.unmount()),
    show: (what: ReactNode) => act(async () => root.render(what)),
  };
}

/** Lets the page and React come to rest. */
function rest(clock: { advance(ms: number): Promise<void> }, work: () => void = () => {}) {
  return act(async () => {
    work();
    await clock.advance(A_WHILE);
  });
}

describe('useTopic', () => {
  test('is undefined first, then the value, then every newer one', async () => {
    const { host, clock } = stage();
    host.register('count', 1);
    const seen: unknown[] = [];
    function Counter() {
      seen.push(useTopic<number>('count'));
      return null;
    }
    const { show } = screen();
    await show(<Counter />);
    await rest(clock);
    await rest(clock, () => host.set('count', 2));
    expect(seen).toEqual([undefined, 1, 2]);
  });

  test('renders once when the selected field changes and not when another does', async () => {
    const { host, clock, change } = stage();
    host.register('settings', SETTINGS);
    let renders = 0;
    function Theme() {
      renders += 1;
      return useTopic('settings', (settings: Settings) => settings.theme);
    }
    const { show, text } = screen();
    await show(<Theme />);
    await rest(clock);
    expect(text()).toBe('light');
    renders = 0;
    await rest(clock, () => change<Settings>('settings', { volume: 6 }));
    expect(renders).toBe(0);
    await rest(clock, () => change<Settings>('settings', { theme: 'dark' }));
    expect(renders).toBe(1);
    expect(text()).toBe('dark');
  });

  test('does not render for a selector that builds a new object of unchanged parts', async () => {
    const { host, clock, change } = stage();
    host.register('settings', SETTINGS);
    let renders = 0;
    function Part() {
      renders += 1;
      const part = useTopic('settings', ({ theme, user }: Settings) => ({ theme, names: [user.name] }));
      return part?.names[0];
    }
    const { show, text } = screen();
    await show(<Part />);
    await rest(clock);
    renders = 0;
    await rest(clock, () => change<Settings>('settings', { volume: 6 }));
    expect(renders).toBe(0);
    await rest(clock, () => change<Settings>('settings', { user: { id: 1, name: 'Bob' } }));
    expect([renders, text()]).toEqual([1, 'Bob']);
  });

  test('compares by isEqual where one is given', async () => {
    const { host, clock } = stage();
    host.register('count', 1);
    let renders = 0;
    function Tens() {
      renders += 1;
      const tens = (before: number, after: number) => Math.floor(before / 10) === Math.floor(after / 10);
      return useTopic('count', (count: number) => count, tens);
    }
    const { show, text } = screen();
    await show(<Tens />);
    await rest(clock);
    renders = 0;
    await rest(clock, () => host.set('count', 9));
    expect([renders, text()]).toEqual([0, '1']);
    await rest(clock, () => host.set('count', 10));
    expect([renders, text()]).toEqual([1, '10']);
  });

  test('shows what a new selector and a new topic say in that very render', async () => {
    const { host, clock } = stage();
    host.register('a', { left: 'al', right: 'ar' });
    host.register('b', { left: 'bl', right: 'br' });
    const seen: unknown[] = [];
    function Side({ topic, side }: { topic: string; side: 'left' | 'right' }) {
      const shown = useTopic(topic, (value: Record<string, string>) => value[side]);
      seen.push(shown);
      return <>{shown}</>;
    }
    const { show } = screen();
    await show(<Side topic="a" side="left" />);
    await rest(clock);
    await show(<Side topic="a" side="right" />);
    await show(<Side topic="b" side="right" />);
    await rest(clock);
    expect(seen).toEqual([undefined, 'al', 'ar', undefined, 'br']);
    expect(host.inspect().sessions[0]?.topics.map(({ topic }) => topic)).toEqual(['b']);
  });

  test('keeps the identity of a result that a new selector computes again', async () => {
    const { host, clock } = stage();
    host.register('settings', SETTINGS);
    const seen = new Set<unknown>();
    function Part({ n }: { n: number }) {
      seen.add(useTopic('settings', ({ user }: Settings) => ({ user, n: n * 0 })));
      return null;
    }
    const { show } = screen();
    await show(<Part n={1} />);
    await rest(clock);
    await show(<Part n={2} />);
    await show(<Part n={3} />);
    expect(seen.size).toBe(2);
  });

  test('has the value at once in a component that comes later', async () => {
    const { host, clock } = stage();
    host.register('count', 1);
    const seen: unknown[] = [];
    function Counter() {
      seen.push(useTopic<number>('count'));
      return null;
    }
    const { show } = screen();
    await show(<Counter key="a" />);
    await rest(clock);
    await show([<Counter key="a" />, <Counter key="b" />]);
    expect(seen.slice(1)).toEqual([1, 1, 1]);
  });

  test('shows two topics of one cut in one render (one-cut)', async () => {
    const { host, clock } = stage();
    host.register('a', 1);
    host.register('b', 1);
    const seen: string[] = [];
    function Both() {
      seen.push(`${useTopic<number>('a')} ${useTopic<number>('b')}`);
      return null;
    }
    const { show } = screen();
    await show(<Both />);
    await rest(clock);
    await rest(clock, () => host.transaction({ a: 2, b: 2 }));
    expect(seen).toEqual(['undefined undefined', '1 1', '2 2']);
  });

  test('has one session and one engine in StrictMode, and leaves nothing behind', async () => {
    const { host, clock, visibility, named } = stage();
    host.register('count', 1);
    function Counter() {
      return <>{useTopic<number>('count')}</>;
    }
    const { show, text, unmount } = screen();
    await show(
      <StrictMode>
        <Counter />
        <Counter />
      </StrictMode>,
    );
    await rest(clock);
    expect(text()).toBe('11');
    expect(named('subscribe')).toHaveLength(1);
    expect(host.inspect().sessions).toHaveLength(1);
    await unmount();
    await clock.settle();
    expect(host.inspect().sessions).toEqual([]);
    expect([clock.pending(), visibility.listeners()]).toEqual([0, 0]);
  });

  test('is undefined when a server renders', () => {
    const { host } = stage();
    host.register('count', 1);
    function Counter() {
      return <>{String(useTopic('count'))}</>;
    }
    expect(renderToString(<Counter />)).toBe('undefined');
    expect(host.calls).toEqual([]);
  });
});

class Boundary extends Component<{ children: ReactNode }, { error?: Error }> {
  override state: { error?: Error } = {};
  static getDerivedStateFromError(error: Error) {
    return { error };
  }
  override render() {
    return this.state.error === undefined ? this.props.children : this.state.error.message;
  }
}

describe('useSuspenseTopic', () => {
  function Theme({ topic = 'settings' }) {
    return useSuspenseTopic(topic, (settings: Settings) => settings.theme);
  }
  const page = (topic?: string) => (
    <StrictMode>
      <Boundary>
        <Suspense fallback="waiting">
          <Theme topic={topic} />
        </Suspense>
      </Boundary>
    </StrictMode>
  );

  test('suspends until the first value, then behaves as useTopic', async () => {
    const { host, clock, change, named } = stage();
    host.register('settings', SETTINGS);
    host.faults.answer = () => ({ delayMs: 100 });
    const { show, text, unmount } = screen();
    await show(page());
    expect(text()).toBe('waiting');
    await rest(clock);
    expect(text()).toBe('light');
    await rest(clock, () => change<Settings>('settings', { theme: 'dark' }));
    await rest(clock);
    expect(text()).toBe('dark');
    expect(named('subscribe')).toHaveLength(1);
    await unmount();
    await clock.settle();
    expect(host.inspect().sessions).toEqual([]);
  });

  test('waits for a topic through calls that get lost', async () => {
    const { host, clock } = stage();
    host.register('settings', SETTINGS);
    let lost = 0;
    host.faults.request = () => (lost++ < 2 ? 'lose' : undefined);
    const { show, text } = screen();
    await show(page());
    await act(async () => {
      await clock.advance(60_000);
    });
    expect(text()).toBe('light');
  });

  test('throws a refusal for the next error boundary', async () => {
    const { clock } = stage({ forbidden: true });
    const complaint = vi.spyOn(console, 'error').mockImplementation(() => {});
    const { show, text } = screen();
    await show(page('forbidden'));
    await rest(clock);
    expect(text()).toContain('[forbidden]');
    expect(complaint).toHaveBeenCalledOnce();
  });

  test('stops following what nothing waits for any more', async () => {
    vi.useFakeTimers();
    try {
      const { host, clock } = stage();
      host.register('settings', SETTINGS);
      host.faults.answer = () => ({ delayMs: 100 });
      const { show, unmount } = screen();
      await show(page());
      await unmount();
      await clock.advance(A_WHILE);
      expect(host.inspect().sessions).toHaveLength(1);
      vi.advanceTimersByTime(HOLD_MS);
      await clock.advance(A_WHILE);
      expect(host.inspect().sessions).toEqual([]);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe('useTopicStatus', () => {
  test('tells loading, ready and errors, and renders for nothing else', async () => {
    const { host, clock, change } = stage();
    vi.spyOn(console, 'error').mockImplementation(() => {});
    const seen: unknown[][] = [];
    function Status() {
      const { sync, error } = useTopicStatus('settings');
      seen.push([sync, (error as { kind?: string } | undefined)?.kind]);
      return null;
    }
    const { show } = screen();
    await show(<Status />);
    await rest(clock);
    expect(seen.at(-1)).toEqual(['error', 'unknown-topic']);
    await rest(clock, () => host.register('settings', SETTINGS));
    expect(seen.at(-1)).toEqual(['ready', undefined]);
    await rest(clock);
    const before = seen.length;
    await rest(clock, () => change<Settings>('settings', { theme: 'dark' }));
    expect(seen.slice(before).filter(([sync]) => sync !== 'ready' && sync !== 'stale')).toEqual([]);
  });
});
