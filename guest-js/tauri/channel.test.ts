// @vitest-environment happy-dom
import type { Channel } from '@tauri-apps/api/core';
import { clearMocks, mockIPC } from '@tauri-apps/api/mocks';
import { afterEach, describe, expect, test } from 'vitest';
import { createClient } from '../client/client.ts';
import type { PluginTransport } from '../client/transport.ts';
import type { ActionRequest, PatchOperation, PullRequest, Signal, SubscribeRequest } from '../client/wire.ts';
import {
  createManualClock,
  createManualVisibility,
  createMemoryHost,
  describeTransportConformance,
  type MemoryHost,
} from '../testing/index.ts';
import { registerList } from '../testing/memory-list.rig.ts';
import { createTauriTransport } from './channel.ts';

interface Arguments {
  request: SubscribeRequest & PullRequest & ActionRequest;
  channel: Channel<Signal>;
  value: unknown;
  patch: PatchOperation[];
  args: unknown;
  topic: string;
}

interface Internals {
  callbacks: Map<number, unknown>;
  runCallback(id: number, data: unknown): void;
}

function internals(): Internals {
  return (window as unknown as { __TAURI_INTERNALS__: Internals }).__TAURI_INTERNALS__;
}

/** Puts the in-memory host behind Tauri's own mock: real `invoke`, real `Channel`, commands as Rust names them. */
function connect(host: MemoryHost) {
  const behind: PluginTransport = host.transport();
  const commands: string[] = [];
  /** Per page, what ends the Channel of its session, as Rust does when it drops one. */
  const ends = new Map<string, () => void>();
  mockIPC(async (command, payload) => {
    commands.push(command);
    const { request, channel, value, patch, args, topic } = payload as unknown as Arguments;
    switch (command) {
      case 'plugin:statesync|subscribe': {
        let index = 0;
        const end = () => internals().runCallback(channel.id, { end: true, index });
        const answer = await behind.subscribe(request, (message) => {
          internals().runCallback(channel.id, { message, index });
          index += 1;
        });
        ends.get(request.page)?.();
        ends.delete(request.page);
        if (request.topics.length === 0) end();
        else ends.set(request.page, end);
        return answer;
      }
      case 'plugin:statesync|pull':
        return await behind.pull(request);
      case 'plugin:statesync|set':
        return await behind.set(request, value);
      case 'plugin:statesync|patch':
        return await behind.patch(request, patch);
      case 'plugin:statesync|action':
        return await behind.action(request, args);
      case 'plugin:statesync|snapshot':
        return await behind.snapshot(topic);
      case 'plugin:statesync|inspect':
        return await behind.inspect();
      default:
        throw `${command} not allowed. Command not found`;
    }
  });
  return { commands };
}

afterEach(() => {
  clearMocks();
});

describeTransportConformance(
  'Tauri transport',
  () => {
    const clock = createManualClock();
    const host = createMemoryHost({ clock });
    connect(host);
    return {
      transport: createTauriTransport,
      register: (topic, value) => host.register(topic, value),
      registerReadOnly: (topic, value) => host.register(topic, value, { readOnly: true }),
      registerList: (topic, texts) => registerList(host, topic, texts),
      set: (topic, value) => host.set(topic, value),
      settle: () => clock.settle(),
    };
  },
  { test },
);

describe('the Tauri transport', () => {
  test('carries the whole client: first value, change, write, inspection', async () => {
    const clock = createManualClock();
    const host = createMemoryHost({ clock });
    host.register('a', 1);
    const { commands } = connect(host);
    const client = createClient({
      transport: createTauriTransport(),
      clock,
      visibility: createManualVisibility(),
    });
    const got: unknown[] = [];
    const stop = await client.subscribe('a', (value) => got.push(value));
    host.set('a', 2);
    await clock.advance(300);
    await client.topic('a').set(3);
    await clock.advance(1000);
    expect(await client.topic('a').get()).toBe(3);
    expect(got).toEqual([1, 2, 3]);
    expect((await client.inspect()).topics[0]?.revision).toBe('3');
    stop();
    await clock.settle();
    expect(new Set(commands)).toEqual(
      new Set(['subscribe', 'pull', 'set', 'snapshot', 'inspect'].map((name) => `plugin:statesync|${name}`)),
    );
  });

  test('makes a Channel of its own for every subscribe, and leaves no callback behind when sessions end', async () => {
    const clock = createManualClock();
    const host = createMemoryHost({ clock });
    for (const topic of ['a', 'b', 'c']) host.register(topic, 1);
    connect(host);
    const client = createClient({
      transport: createTauriTransport(),
      clock,
      visibility: createManualVisibility(),
    });
    for (let round = 0; round < 10; round += 1) {
      for (const topic of ['a', 'b', 'c']) await client.subscribe(topic, () => {});
      expect(internals().callbacks.size).toBe(1);
      client.close();
      await clock.settle();
      expect(internals().callbacks.size).toBe(0);
    }
  });

  test('keeps at most a few Channels that never end by themselves (bounded)', async () => {
    mockIPC(async () => ({ epoch: 'e', results: [] }));
    const transport = createTauriTransport();
    for (let generation = 1; generation <= 50; generation += 1) {
      await transport.subscribe({ page: 'p', generation, topics: [{ topic: 'a' }] }, () => {});
    }
    expect(internals().callbacks.size).toBeLessThanOrEqual(5);
  });

  test('no longer hears a Channel once there is a newer one', async () => {
    const ids: number[] = [];
    mockIPC(async (_command, payload) => {
      ids.push((payload as unknown as Arguments).channel.id);
      return { epoch: 'e', results: [] };
    });
    const transport = createTauriTransport();
    const heard: string[] = [];
    const subscribe = (generation: number) =>
      transport.subscribe({ page: 'p', generation, topics: [{ topic: 'a' }] }, () =>
        heard.push(`generation ${generation}`),
      );
    await subscribe(1);
    await subscribe(2);
    for (const id of ids) internals().runCallback(id, { message: { number: 1, topics: [] }, index: 0 });
    expect(heard).toEqual(['generation 2']);
  });

  test('outside Tauri rejects with kind not-in-tauri at first use', async () => {
    clearMocks();
    const transport = createTauriTransport();
    await expect(transport.snapshot('a')).rejects.toMatchObject({ kind: 'not-in-tauri' });
    const client = createClient({ transport });
    await expect(client.subscribe('a', () => {})).rejects.toMatchObject({ kind: 'not-in-tauri' });
    await expect(client.topic('a').set(1)).rejects.toMatchObject({ kind: 'not-in-tauri' });
    await expect(client.inspect()).rejects.toMatchObject({ kind: 'not-in-tauri' });
  });
});
