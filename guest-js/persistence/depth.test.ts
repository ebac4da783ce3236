import { describe, expect, test, vi } from 'vitest';
import type { ApplyContext, SnapshotEnvelope } from '../core/index.ts';
import { createPersistenceApplier } from './applier.ts';
import { createCrossTabSync } from './cross-tab.ts';
import { loadPersistedSnapshot } from './load.ts';
import { createMemoryStorageBackend } from './memory.ts';
import { at, createFakeChannels, createRecorder, settle } from './persistence.rig.ts';
import { createLocalStorageBackend } from './web-storage.ts';

const nested = (levels: number): unknown => {
  let value: unknown = 1;
  for (let level = 0; level < levels; level += 1) value = [value];
  return value;
};

const loop: { self?: unknown } = {};
loop.self = loop;

describe('data of more than 128 levels', () => {
  test('is not taken from a storage', async () => {
    for (const data of [nested(129), nested(100_000), loop]) {
      const { applied, applier, onError, kinds } = createRecorder<unknown>();
      const storage = { save: async () => {}, load: async () => at(1, data) };
      expect(await loadPersistedSnapshot(storage, applier, onError)).toBe(null);
      expect([applied, kinds()]).toEqual([[], ['corrupted']]);
    }
  });

  test('is no record of a web storage', async () => {
    const text = `{"revision":"1","data":${'['.repeat(500)}${']'.repeat(500)}}`;
    vi.stubGlobal('localStorage', { getItem: (key: string) => (key === 'k' ? text : null) });
    await expect(createLocalStorageBackend({ key: 'k' }).load()).rejects.toMatchObject({ kind: 'corrupted' });
    vi.unstubAllGlobals();
  });

  test('is neither shown nor stored when an engine applies it', async () => {
    const { applied, applier } = createRecorder<unknown>();
    const storage = createMemoryStorageBackend<unknown>();
    const persisted = createPersistenceApplier({ storage, applier });
    for (const data of [nested(129), nested(100_000), loop]) {
      await expect(persisted.apply(at(1, data))).rejects.toMatchObject({
        kind: 'serialize',
        permanent: true,
      });
    }
    expect([applied, storage.getRawData()]).toEqual([[], null]);
    await persisted.apply(at(2, nested(128)));
    expect(storage.getRawData()?.snapshot.revision).toBe('2');
  });

  test('is not heard from another page', async () => {
    const channels = createFakeChannels();
    vi.stubGlobal('BroadcastChannel', channels.Channel);
    const heard: unknown[] = [];
    createCrossTabSync<unknown>({ channelName: 'c', onSnapshot: ({ revision }) => heard.push(revision) });
    const stranger = new channels.Channel('c');
    for (const [revision, data] of [nested(129), loop, nested(128)].entries()) {
      stranger.postMessage({ type: 'snapshot', payload: at(revision, data), tabId: 'other' });
    }
    channels.deliver();
    await settle();
    expect(heard).toEqual(['2']);
    vi.unstubAllGlobals();
  });
});

describe('the signal of an apply', () => {
  test('is handed on to the applier, and one that has aborted applies nothing', async () => {
    const seen: (AbortSignal | undefined)[] = [];
    const applier = {
      apply(_snapshot: SnapshotEnvelope<number>, context?: ApplyContext) {
        seen.push(context?.signal);
      },
    };
    const storage = createMemoryStorageBackend<number>();
    const persisted = createPersistenceApplier({ storage, applier });
    const run = new AbortController();
    await persisted.apply(at(1, 1), { signal: run.signal });
    expect(seen).toEqual([run.signal]);
    run.abort();
    expect(await persisted.apply(at(2, 2), { signal: run.signal })).toBe(false);
    expect([seen.length, storage.getRawData()?.snapshot.revision]).toEqual([1, '1']);
  });
});
