import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createPersistenceApplier, createPersistenceApplierWithDefaults } from './applier.ts';
import { clearPersistedData } from './clear.ts';
import { createCrossTabSync, isBroadcastChannelSupported, withCrossTabSync } from './cross-tab.ts';
import { createMemoryStorageBackend, createSharedMemoryStorage } from './memory.ts';
import type { PersistenceApplierOptions } from './options.ts';
import {
  at,
  createFakeChannels,
  createRecorder,
  createRigClock,
  Deferred,
  settle,
} from './persistence.rig.ts';

let channels: ReturnType<typeof createFakeChannels>;

beforeEach(() => {
  channels = createFakeChannels();
  vi.stubGlobal('BroadcastChannel', channels.Channel);
});

afterEach(() => {
  vi.unstubAllGlobals();
});

/** Lets messages arrive and what they cause happen. */
async function arrive(): Promise<void> {
  channels.deliver();
  await settle();
}

/** A page that says anything. */
function stranger(name = 'c') {
  const channel = new channels.Channel(name);
  return (message: unknown) => {
    channel.postMessage(message);
    return arrive();
  };
}

describe('createCrossTabSync', () => {
  function two(options: { receiveUpdates?: boolean; broadcastSaves?: boolean } = {}) {
    const heard: unknown[] = [];
    const a = createCrossTabSync<unknown>({
      channelName: 'c',
      ...options,
      onSnapshot: (snapshot, from) => heard.push(['snapshot', snapshot, from]),
      onSyncRequest: (from) => heard.push(['request', from]),
      onClear: (from) => heard.push(['clear', from]),
    });
    return { a, b: createCrossTabSync<unknown>({ channelName: 'c' }), heard };
  }

  test('tells other pages what was saved, asked and cleared, with the epoch and who it was', async () => {
    const { a, b, heard } = two();
    b.broadcast(at(1, { x: '\ud800' }, 'run'));
    b.requestSync();
    b.notifyClear();
    a.broadcast(at(2, 'own'));
    await arrive();
    expect(heard).toEqual([
      ['snapshot', at(1, { x: '\ud800' }, 'run'), b.getTabId()],
      ['request', b.getTabId()],
      ['clear', b.getTabId()],
    ]);
    expect(a.getTabId()).not.toBe(b.getTabId());
    expect(channels.sent[0]).toEqual({
      type: 'snapshot',
      payload: at(1, { x: '\ud800' }, 'run'),
      tabId: b.getTabId(),
    });
  });

  test.each([
    null,
    'text',
    {},
    { type: 'snapshot', tabId: 'x' },
    { type: 'snapshot', tabId: '', payload: at(1, 1) },
    { type: 'snapshot', tabId: 7, payload: at(1, 1) },
    { type: 'snapshot', payload: at(1, 1) },
    { type: 'snapshot', tabId: 'x', payload: null },
    { type: 'snapshot', tabId: 'x', payload: { revision: '1' } },
    { type: 'snapshot', tabId: 'x', payload: { revision: '01', data: 1 } },
    { type: 'snapshot', tabId: 'x', payload: { revision: 1, data: 1 } },
    { type: 'snapshot', tabId: 'x', payload: { revision: '1', data: 1, epoch: '' } },
    { type: 'snapshot', tabId: 'x', payload: { revision: '1', data: 1, epoch: 7 } },
    { type: 'else', tabId: 'x' },
    { type: 'clear' },
  ])('ignores what is malformed: %j', async (message) => {
    const { heard } = two();
    await stranger()(message);
    expect(heard).toEqual([]);
  });

  test('ignores what claims to be its own', async () => {
    const { a, heard } = two();
    await stranger()({ type: 'snapshot', payload: at(1, 1), tabId: a.getTabId() });
    expect(heard).toEqual([]);
  });

  test('takes and sends no snapshots when told so', async () => {
    const { a, b, heard } = two({ receiveUpdates: false, broadcastSaves: false });
    b.broadcast(at(1, 1));
    b.notifyClear();
    a.broadcast(at(2, 2));
    await arrive();
    expect([heard, channels.sent.length]).toEqual([[['clear', b.getTabId()]], 2]);
  });

  test('survives a handler that throws', async () => {
    const heard = vi.fn(() => {
      throw new Error('odd');
    });
    createCrossTabSync({ channelName: 'c', onSnapshot: heard });
    const say = stranger();
    await say({ type: 'snapshot', tabId: 'x', payload: at(1, 1) });
    await say({ type: 'snapshot', tabId: 'x', payload: at(2, 1) });
    expect(heard).toHaveBeenCalledTimes(2);
  });

  test('sends the JSON of what cannot be cloned', async () => {
    const { b, heard } = two();
    b.broadcast(at(1, { a: 1, gone: () => {} }));
    await arrive();
    expect(heard).toEqual([['snapshot', at(1, { a: 1 }), b.getTabId()]]);
    b.broadcast(at(1, 1n));
    expect(() => b.broadcast(at(1, { n: 1n, f: () => {} }))).not.toThrow();
  });

  test('is deaf, silent and closed after dispose', async () => {
    const { a, b, heard } = two();
    b.broadcast(at(1, 1));
    a.dispose();
    a.dispose();
    a.broadcast(at(2, 2));
    await arrive();
    expect([heard, channels.open.size, channels.sent.length]).toEqual([[], 1, 1]);
  });

  test.each([
    ['there is no BroadcastChannel', undefined],
    [
      'it may not be used',
      class {
        constructor() {
          throw new DOMException('opaque origin', 'SecurityError');
        }
      },
    ],
  ])('does nothing, quietly, where %s', (_why, Channel) => {
    vi.stubGlobal('BroadcastChannel', Channel);
    const { a } = two();
    expect(a.isSupported()).toBe(isBroadcastChannelSupported());
    expect(a.isSupported()).toBe(Channel !== undefined);
    a.broadcast(at(1, 1));
    a.requestSync();
    a.notifyClear();
    a.dispose();
    expect(a.getTabId()).not.toBe('');
  });
});

test('withCrossTabSync tells what was saved, and not what was not', async () => {
  const storage = createMemoryStorageBackend<number>();
  const { save, crossTab } = withCrossTabSync(storage, { channelName: 'c' });
  await save(at(1, 1));
  storage.setFailMode({ save: true });
  await expect(save(at(2, 2))).rejects.toThrow();
  expect(channels.sent).toEqual([{ type: 'snapshot', payload: at(1, 1), tabId: crossTab.getTabId() }]);
});

describe('a persistence applier with crossTabSync', () => {
  function page(options: Partial<PersistenceApplierOptions<unknown>> = {}) {
    const recorder = createRecorder<unknown>();
    const onRefreshNeeded = vi.fn();
    const clock = createRigClock();
    const storage = createMemoryStorageBackend<unknown>();
    const persisted = createPersistenceApplier<unknown>({
      storage,
      applier: recorder.applier,
      crossTabSync: { channelName: 'c' },
      onPersistenceError: recorder.onError,
      onRefreshNeeded,
      clock,
      ...options,
    });
    return { persisted, onRefreshNeeded, clock, storage, ...recorder };
  }
  const say = (...snapshot: Parameters<typeof at>) =>
    stranger()({ type: 'snapshot', tabId: 'x', payload: at(...snapshot) });

  test('tells what it stored, after it stored it', async () => {
    const { persisted, storage } = page({ throttling: { debounceMs: 10 } });
    await persisted.apply(at(1, 1, 'run'));
    expect(channels.sent).toEqual([]);
    storage.setFailMode({ save: true });
    await persisted.flush().catch(() => {});
    expect(channels.sent).toEqual([]);
    storage.setFailMode({ save: false });
    await persisted.flush();
    expect(channels.sent).toMatchObject([{ type: 'snapshot', payload: at(1, 1, 'run') }]);
    persisted.dispose();
  });

  test('shows what is strictly newer within its epoch, asks for a pull, and does not store it', async () => {
    const { persisted, revisions, onRefreshNeeded, storage } = page();
    await persisted.apply(at(5, 'a', 'run'));
    for (const revision of [4, 5, 7, 6, 7, 10]) await say(revision, `r${revision}`, 'run');
    expect(revisions()).toEqual(['5', '7', '10']);
    expect(onRefreshNeeded).toHaveBeenCalledTimes(2);
    expect(storage.getSavedSnapshots()).toHaveLength(1);
  });

  test('takes nothing of another epoch, however high, and asks for a pull', async () => {
    const { persisted, revisions, onRefreshNeeded } = page();
    await persisted.apply(at(5, 'a', 'run-2'));
    await say(99, 'old run', 'run-1');
    await say(99, 'no epoch');
    expect([revisions(), onRefreshNeeded.mock.calls.length]).toEqual([['5'], 2]);
  });

  test('shows a first one as a preview, which every pull replaces', async () => {
    const { persisted, revisions, applied } = page();
    await say(99, { part: { n: 1 }, other: 1 }, 'run');
    await persisted.apply(at(5, { part: { n: 1 }, other: 2 }, 'run'));
    expect(revisions()).toEqual(['99', '5']);
    const [one, two] = applied.map(({ data }) => data as { part: object });
    expect(two?.part).toBe(one?.part);
    await say(6, 'newer than the pull', 'run');
    expect(revisions()).toEqual(['99', '5', '6']);
  });

  test('waits for a pull that is being applied, and then judges only the newest', async () => {
    const held = new Deferred();
    const order: string[] = [];
    const { persisted } = page({
      applier: {
        async apply({ revision }) {
          if (revision === '5') await held.promise;
          order.push(revision);
        },
      },
    });
    persisted.apply(at(5, 'pull'));
    await settle();
    for (const revision of [4, 6, 8]) await say(revision, revision);
    expect(order).toEqual([]);
    held.resolve();
    await settle();
    expect(order).toEqual(['5', '8']);
  });

  test('gives up a pending save that is older than what another page stored', async () => {
    const { persisted, storage } = page({ throttling: { debounceMs: 10 } });
    await persisted.apply(at(5, 'a'));
    await say(6, 'b');
    expect(persisted.hasPendingSave()).toBe(false);
    await persisted.apply(at(6, 'b'));
    await persisted.flush();
    expect(storage.getSavedSnapshots()).toEqual([at(6, 'b')]);
    persisted.dispose();
  });

  test('answers a page that asks with what it pulled last', async () => {
    const { persisted } = page();
    const ask = { type: 'request-sync', tabId: 'x' };
    const snapshots = () =>
      channels.sent.filter((message) => (message as { type: string }).type === 'snapshot');
    await stranger()(ask);
    expect(snapshots()).toEqual([]);
    await persisted.apply(at(5, 'a'));
    await stranger()(ask);
    expect(snapshots()).toMatchObject([{ payload: at(5, 'a') }, { payload: at(5, 'a') }]);
  });

  test('reports an applier that fails at a preview', async () => {
    const { errors } = page({
      applier: {
        apply() {
          throw new Error('no');
        },
      },
    });
    await say(1, 1);
    expect(errors).toMatchObject([{ operation: 'load', snapshot: at(1, 1) }]);
  });

  test('hears that the data was cleared, and gives up what it had pending', async () => {
    const shared = createSharedMemoryStorage<unknown>();
    const { persisted } = page({ storage: shared.getBackend('k'), throttling: { debounceMs: 10 } });
    const cleared = vi.fn();
    persisted.on('cleared', cleared);
    await persisted.apply(at(1, 1));
    await clearPersistedData(shared.getBackend('k'), { channelName: 'c' });
    await arrive();
    expect([cleared.mock.calls.length, persisted.hasPendingSave(), channels.open.size]).toEqual([
      1,
      false,
      1,
    ]);
    persisted.dispose();
    expect(channels.open.size).toBe(0);
  });

  test('does not hear of its own clear, and saves what was applied after it', async () => {
    const storage = createMemoryStorageBackend<unknown>();
    const { persisted } = page({ storage, throttling: { debounceMs: 60_000 } });
    const cleared = vi.fn();
    persisted.on('cleared', cleared);
    await persisted.apply(at(1, 'before'));
    await clearPersistedData(storage, { channelName: 'c' });
    await persisted.apply(at(2, 'after'));
    await arrive();
    expect([cleared.mock.calls.length, persisted.hasPendingSave()]).toEqual([1, true]);
    await persisted.flush();
    expect(await storage.load()).toEqual(at(2, 'after'));
  });

  test('takes nothing with receiveUpdates: false and after dispose', async () => {
    const deaf = page({ crossTabSync: { channelName: 'c', receiveUpdates: false } });
    const gone = page();
    gone.persisted.dispose();
    await say(1, 1);
    expect([deaf.applied, gone.applied]).toEqual([[], []]);
  });
});

test('enableCrossTab names the channel after the topic', () => {
  const options = { storage: createMemoryStorageBackend(), applier: { apply() {} }, topic: 'cart:42' };
  createPersistenceApplierWithDefaults(options).dispose();
  const without = channels.open.size;
  const persisted = createPersistenceApplierWithDefaults({ ...options, enableCrossTab: true });
  expect([without, [...channels.open].map(({ name }) => name)]).toEqual([0, ['state-sync:cart:42']]);
  persisted.dispose();
});
