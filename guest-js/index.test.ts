import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { inspect, StateSyncError, stats, subscribe, type TopicHandle, topic, topics } from './index.ts';
import {
  createManualClock,
  createManualVisibility,
  createMemoryHost,
  installTestClient,
} from './testing/index.ts';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** One file of plain JavaScript, as an app's server would load it. */
async function bundle(entry: string) {
  const { outputFiles } = await build({
    stdin: { contents: entry, resolveDir: here('.'), loader: 'ts' },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'node',
  });
  return outputFiles[0]?.text ?? '';
}

function stage() {
  const clock = createManualClock();
  const host = createMemoryHost({ clock });
  const installed = installTestClient(host, {
    clock,
    visibility: createManualVisibility(),
    random: () => 0.5,
  });
  return { clock, host, ...installed };
}

let restore = () => {};
afterEach(() => {
  restore();
  restore = () => {};
  vi.resetModules();
});

describe('the main entry', () => {
  test('follows, reads and writes a topic through the one client of the page', async () => {
    const { host, clock, restore: put } = stage();
    restore = put;
    host.register('settings', { theme: 'dark' });
    const got: unknown[] = [];
    const stop = await subscribe<{ theme: string }>('settings', (value, { revision }) =>
      got.push([value.theme, revision]),
    );
    await topic<{ theme: string }>('settings').set({ theme: 'light' }, { base: host.revision('settings') });
    await clock.settle();
    expect(got).toEqual([
      ['dark', '1'],
      ['light', '2'],
    ]);
    expect(await topic('settings').get()).toEqual({ theme: 'light' });
    expect((await inspect()).topics[0]?.topic).toBe('settings');
    expect(stats().topics.settings?.applies).toBe(2);
    const live = await subscribe<{ theme: string }>('settings');
    expect([live.value.theme, live.status]).toEqual(['light', 'ready']);
    live.stop();
    stop();
    await clock.settle();
    expect(host.inspect().sessions).toEqual([]);
  });

  test('rejects with a clear error at first use outside Tauri', async () => {
    for (const use of [
      () => subscribe('a', () => {}),
      () => subscribe('a'),
      () => topic('a').get(),
      () => topic('a').set(1),
      () => topic('a').update(() => 1),
      () => topic('a').patch([]),
      () => topic('a').action('run', null),
      () => topic('a').subscribe(() => {}),
      () => inspect(),
    ]) {
      const error = (await use().catch((reason: unknown) => reason)) as StateSyncError;
      expect(error).toBeInstanceOf(StateSyncError);
      expect(error.kind).toBe('not-in-tauri');
      expect(error.message).toContain('Tauri window');
    }
    expect(() => stats()).toThrow('Tauri window');
    expect(() => topic('a')).not.toThrow();
    expect(topic('a').status).toEqual({ sync: 'idle', pending: 0 });
  });

  test('has every topic as a property, too', async () => {
    const { host, restore: put } = stage();
    restore = put;
    host.register('settings', { theme: 'dark' });
    const { settings } = topics as unknown as { settings: TopicHandle<{ theme: string }> };
    expect(settings.name).toBe('settings');
    await settings.update((draft) => {
      draft.theme = 'light';
    });
    expect(await settings.get()).toEqual({ theme: 'light' });
    expect(settings.status).toEqual({ sync: 'idle', pending: 0 });
    // Not a promise, so that an `async` function can return it.
    expect(await topics).toBe(topics);
  });

  test('shares one session and one engine with a copy of itself that a hot replacement loaded', async () => {
    const { host, clock, restore: put } = stage();
    restore = put;
    host.register('a', 1);
    const before = vi.fn();
    const after = vi.fn();
    const stopBefore = await subscribe('a', before);
    vi.resetModules();
    const again = await import('./index.ts');
    expect(again.subscribe).not.toBe(subscribe);
    const stopAfter = await again.subscribe('a', after);
    expect(host.calls.map(({ name }) => name)).toEqual(['subscribe']);
    host.set('a', 2);
    await clock.advance(300);
    expect([before.mock.lastCall?.[0], after.mock.lastCall?.[0]]).toEqual([2, 2]);
    expect(host.inspect().sessions).toHaveLength(1);
    stopBefore();
    stopAfter();
    await clock.settle();
    expect(host.inspect().sessions).toEqual([]);
    expect(clock.pending()).toBe(0);
  });

  test('is loaded by a server without doing anything, and says what is wrong at first use', async () => {
    const script = await bundle(`
      const before = JSON.stringify(Object.getOwnPropertyNames(globalThis));
      const symbols = Object.getOwnPropertySymbols(globalThis).length;
      const { subscribe } = await import('./index.ts');
      await import('./tauri/index.ts');
      await import('./testing/index.ts');
      const same = before === JSON.stringify(Object.getOwnPropertyNames(globalThis));
      const error = await subscribe('a', () => {}).catch((reason) => reason);
      console.log(JSON.stringify([same, error.kind, Object.getOwnPropertySymbols(globalThis).length - symbols]));
    `);
    const running = promisify(execFile)(process.execPath, ['--input-type=module', '-']);
    running.child.stdin?.end(script);
    const { stdout } = await running;
    expect(JSON.parse(stdout)).toEqual([true, 'not-in-tauri', 0]);
  });
});
