// @vitest-environment happy-dom
import { invoke } from '@tauri-apps/api/core';
import { emit, listen } from '@tauri-apps/api/event';
import { clearMocks, mockIPC } from '@tauri-apps/api/mocks';
import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Revision } from '../core/index.ts';
import { createMemoryHost } from '../testing/index.ts';
import { createTauriFileBackend } from './file-backend.ts';
import {
  createTauriInvalidationSubscriber,
  createTauriRevisionSync,
  createTauriSnapshotProvider,
} from './generic.ts';

afterEach(() => {
  clearMocks();
});

describe('generic pieces', () => {
  test('follow a topic over the plain event and the snapshot command', async () => {
    const host = createMemoryHost();
    host.register('system', 'first');
    const page = host.transport();
    mockIPC(
      (command, args) => {
        expect(command).toBe('plugin:statesync|snapshot');
        return page.snapshot((args as { topic: string }).topic);
      },
      { shouldMockEvents: true },
    );
    const got: unknown[] = [];
    const sync = createTauriRevisionSync<string>({
      topic: 'system',
      listen,
      invoke,
      eventName: 'statesync:invalidation',
      commandName: 'plugin:statesync|snapshot',
      args: { topic: 'system' },
      applier: {
        apply: ({ data, revision }) => {
          got.push([data, revision]);
        },
      },
    });
    await sync.start();
    const revision = host.set('system', 'second');
    await emit('statesync:invalidation', { topic: 'other', revision });
    await emit('statesync:invalidation', { topic: 'system', revision });
    await vi.waitFor(() => expect(got).toHaveLength(2));
    expect(got).toEqual([
      ['first', '1'],
      ['second', '2'],
    ]);
    sync.stop();
  });

  test('the subscriber hands over payloads of its event and returns the function that stops it', async () => {
    const stop = vi.fn();
    const handlers: Array<(event: { payload: unknown }) => void> = [];
    const names: string[] = [];
    const subscriber = createTauriInvalidationSubscriber({
      listen: async (name, handler) => {
        names.push(name);
        handlers.push(handler as (event: { payload: unknown }) => void);
        return stop;
      },
      eventName: 'changed',
    });
    const events: unknown[] = [];
    const unsubscribe = await subscriber.subscribe((event) => events.push(event));
    for (const handler of handlers) handler({ payload: { topic: 'a', revision: '2' } });
    unsubscribe();
    expect(names).toEqual(['changed']);
    expect(events).toEqual([{ topic: 'a', revision: '2' }]);
    expect(stop).toHaveBeenCalledTimes(1);
  });

  test('the provider calls its command with its arguments', async () => {
    const calls: unknown[] = [];
    const provider = createTauriSnapshotProvider<number>({
      invoke: async (command, args) => {
        calls.push([command, args]);
        return { revision: '1', data: 5 } as never;
      },
      commandName: 'get_state',
      args: { id: 7 },
    });
    expect(await provider.getSnapshot()).toEqual({ revision: '1', data: 5 });
    expect(calls).toEqual([['get_state', { id: 7 }]]);
  });
});

describe('the file backend', () => {
  function backend(answer: unknown, clearCommand?: string) {
    const calls: unknown[] = [];
    const storage = createTauriFileBackend<number>({
      invoke: async (command, args) => {
        calls.push([command, args]);
        return answer as never;
      },
      saveCommand: 'save',
      loadCommand: 'load',
      ...(clearCommand === undefined ? {} : { clearCommand }),
      args: { file: 'x' },
    });
    return { calls, storage };
  }

  test('saves the snapshot beside its arguments and loads with them', async () => {
    const snapshot = { revision: '3' as Revision, data: 1 };
    const { calls, storage } = backend(snapshot);
    await storage.save(snapshot);
    expect(await storage.load()).toEqual(snapshot);
    expect(calls).toEqual([
      ['save', { snapshot, file: 'x' }],
      ['load', { file: 'x' }],
    ]);
  });

  test('hands over an empty object where it was given no arguments', async () => {
    const calls: unknown[] = [];
    const invoke = async (command: string, args: unknown) => {
      calls.push([command, args]);
      return null as never;
    };
    const commands = { saveCommand: 'save', loadCommand: 'load', clearCommand: 'clear' };
    const storage = createTauriFileBackend<number>({ invoke, ...commands });
    const snapshot = { revision: '3' as Revision, data: 1 };
    await storage.save(snapshot);
    await storage.load();
    await storage.clear();
    expect(calls).toEqual([
      ['save', { snapshot }],
      ['load', {}],
      ['clear', {}],
    ]);
  });

  test('takes an empty answer for nothing stored', async () => {
    expect(await backend(undefined).storage.load()).toBe(null);
    expect(await backend(null).storage.load()).toBe(null);
  });

  test('clears with its command, and does nothing without one', async () => {
    const without = backend(undefined);
    await without.storage.clear?.();
    expect(without.calls).toEqual([]);
    const withCommand = backend(undefined, 'clear');
    await withCommand.storage.clear?.();
    expect(withCommand.calls).toEqual([['clear', { file: 'x' }]]);
  });
});
