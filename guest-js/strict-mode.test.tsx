// @vitest-environment happy-dom
import { act, StrictMode, useEffect, useState } from 'react';
import { createRoot } from 'react-dom/client';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { subscribe } from './index.ts';
import {
  createManualClock,
  createManualVisibility,
  createMemoryHost,
  installTestClient,
} from './testing/index.ts';

(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;

let starts = 0;

/** Stops by its signal, at once. */
function WithSignal({ name }: { name: string }) {
  const [value, setValue] = useState<unknown>('nothing');
  useEffect(() => {
    starts += 1;
    const controller = new AbortController();
    void subscribe(name, setValue, { signal: controller.signal });
    return () => controller.abort();
  }, [name]);
  return <output>{String(value)}</output>;
}

/** Stops by the function the promise brings, later than the second start. */
function WithPromise({ name }: { name: string }) {
  const [value, setValue] = useState<unknown>('nothing');
  useEffect(() => {
    starts += 1;
    const stopping = subscribe(name, setValue);
    return () => {
      void stopping.then((stop) => stop());
    };
  }, [name]);
  return <output>{String(value)}</output>;
}

function stage() {
  const clock = createManualClock();
  const visibility = createManualVisibility();
  const host = createMemoryHost({ clock });
  const installed = installTestClient(host, { clock, visibility, random: () => 0.5 });
  return { clock, visibility, host, ...installed };
}

let staged: ReturnType<typeof stage>;
beforeEach(() => {
  starts = 0;
  staged = stage();
});
afterEach(() => {
  staged.restore();
});

describe.each([
  ['its signal', WithSignal],
  ['the function the promise brings', WithPromise],
])('a component in StrictMode that stops by %s', (_, Component) => {
  test('has one engine and one session after start-stop-start, and leaves nothing behind', async () => {
    const { clock, visibility, host, client } = staged;
    host.register('a', 1);
    const shown = document.createElement('div');
    const root = createRoot(shown);
    await act(async () => {
      root.render(
        <StrictMode>
          <Component name="a" />
          <Component name="a" />
        </StrictMode>,
      );
      await clock.settle();
    });
    expect(starts).toBe(4);
    expect(shown.textContent).toBe('11');
    expect(host.calls.map(({ name }) => name)).toEqual(['subscribe']);
    expect(client.stats().topics.a?.applies).toBe(1);
    expect(host.inspect().sessions).toHaveLength(1);

    await act(async () => {
      host.set('a', 2);
      await clock.advance(300);
    });
    expect(shown.textContent).toBe('22');

    await act(async () => {
      root.unmount();
      await clock.settle();
    });
    expect(host.inspect().sessions).toEqual([]);
    expect(clock.pending()).toBe(0);
    expect(visibility.listeners()).toBe(0);
  });
});
