import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { InvalidationEvent, PullContext, SnapshotEnvelope } from '../core/index.ts';
import { createMemoryStorageBackend } from './memory.ts';
import { at, createFakeChannels, createRecorder, createRigClock, Deferred } from './persistence.rig.ts';
import { createPersistedRevisionSync, type PersistedRevisionSyncOptions } from './revision-sync.ts';

let channels: ReturnType<typeof createFakeChannels>;

beforeEach(() => {
  channels = createFakeChannels();
  vi.stubGlobal('BroadcastChannel', channels.Channel);
});

afterEach(() => {
  vi.unstubAllGlobals();
});

interface Data {
  same: object;
  n: number;
}

const metadata = { savedAt: 1, schemaVersion: 1, sizeBytes: 1, compressed: false };

function stage(options: Partial<PersistedRevisionSyncOptions<Data>> = {}) {
  const clock = createRigClock();
  const storage = createMemoryStorageBackend<Data>({ clock });
  const recorder = createRecorder<Data>();
  const log: string[] = [];
  const pulls: (Deferred<SnapshotEnvelope<Data>> & { context?: PullContext })[] = [];
  let signal: (event: InvalidationEvent) => void = () => {};
  const sync = createPersistedRevisionSync<Data>({
    topic: 'cart',
    storage,
    applier: {
      apply(snapshot) {
        log.push(`apply ${snapshot.revision}`);
        recorder.applier.apply(snapshot);
      },
    },
    subscriber: {
      async subscribe(handler) {
        log.push('subscribe');
        signal = handler;
        return () => log.push('unsubscribe');
      },
    },
    provider: {
      getSnapshot(context) {
        log.push('pull');
        const pull = Object.assign(new Deferred<SnapshotEnvelope<Data>>(), { context });
        pulls.push(pull);
        return pull.promise;
      },
    },
    persistence: { onPersistenceError: recorder.onError },
    clock,
    ...options,
  });
  const answer = async (snapshot: SnapshotEnvelope<Data>) => {
    pulls[pulls.length - 1]?.resolve(snapshot);
    await clock.settle();
  };
  return {
    clock,
    storage,
    sync,
    log,
    pulls,
    answer,
    signal: (event: InvalidationEvent) => signal(event),
    ...recorder,
  };
}

const data = (n: number): Data => ({ same: { deep: [1] }, n });

describe('starting', () => {
  test('shows the stored snapshot, then subscribes, then pulls, and what is pulled replaces it', async () => {
    const { storage, sync, log, pulls, answer, applied, clock } = stage();
    await storage.saveWithMetadata({ snapshot: at(90, data(1), 'yesterday'), metadata });
    const started = sync.start();
    await clock.settle();
    expect(log).toEqual(['apply 90', 'subscribe', 'pull']);
    expect(sync.getLocalRevision()).toBe('0');
    expect(pulls[0]?.context?.known).toBeUndefined();
    await answer(at(3, data(2), 'today'));
    await started;
    expect([log[3], sync.getLocalRevision(), sync.getStatus()]).toEqual(['apply 3', '3', 'ready']);
    expect(applied[1]?.data.same).toBe(applied[0]?.data.same);
    expect(applied[1]?.data).toEqual(data(2));
    await clock.advance(100);
    expect(storage.getRawData()).toMatchObject({
      snapshot: at(3, data(2), 'today'),
      metadata: { epoch: 'today' },
    });
    sync.stop();
  });

  test('applies a first pull of the very revision of the preview', async () => {
    const { storage, sync, answer, revisions, clock } = stage();
    await storage.saveWithMetadata({ snapshot: at(3, data(1)), metadata });
    const started = sync.start();
    await clock.settle();
    await answer(at(3, data(1)));
    await started;
    expect([revisions(), sync.getLocalRevision()]).toEqual([['3', '3'], '3']);
    sync.stop();
  });

  test('does not wait for a storage that hangs, nor show what it gives too late', async () => {
    const { storage, sync, answer, log, clock } = stage();
    await storage.saveWithMetadata({ snapshot: at(9, data(1)), metadata });
    const late = new Deferred();
    const { loadWithMetadata } = storage;
    storage.loadWithMetadata = async () => {
      await late.promise;
      return loadWithMetadata();
    };
    const started = sync.start();
    await clock.advance(999);
    expect(log).toEqual([]);
    await clock.advance(1);
    await answer(at(10, data(2)));
    await started;
    late.resolve();
    await clock.settle();
    expect(log).toEqual(['subscribe', 'pull', 'apply 10']);
    sync.stop();
  });

  test('works the same with a storage that always fails', async () => {
    const { storage, sync, answer, revisions, errors, clock } = stage();
    storage.setFailMode({ save: true, load: true });
    const started = sync.start();
    await clock.settle();
    await answer(at(1, data(1)));
    await started;
    await clock.advance(100);
    expect([revisions(), errors.map(({ operation }) => operation)]).toEqual([['1'], ['load', 'save']]);
    sync.stop();
  });

  test('that fails leaves the preview shown, and can be tried again', async () => {
    const { storage, sync, pulls, answer, revisions, clock } = stage();
    await storage.saveWithMetadata({ snapshot: at(9, data(1)), metadata });
    const failed = sync.start();
    await clock.settle();
    pulls[0]?.reject(new Error('no host'));
    await expect(failed).rejects.toThrow('no host');
    expect([revisions(), sync.getLocalRevision()]).toEqual([['9'], '0']);
    const started = sync.start();
    await clock.settle();
    await answer(at(2, data(2)));
    await started;
    expect(revisions()).toEqual(['9', '2']);
    sync.stop();
  });
});

describe('running', () => {
  async function running(options: Partial<PersistedRevisionSyncOptions<Data>> = {}) {
    const staged = stage(options);
    const started = staged.sync.start();
    await staged.clock.settle();
    await staged.answer(at(5, data(5), 'run'));
    await started;
    return staged;
  }

  test('a burst of signals is applied as ever and saved once', async () => {
    const { storage, sync, signal, answer, clock, revisions } = await running();
    for (const revision of [6, 7, 8]) {
      signal({ topic: 'cart', ...at(revision, 0, 'run') });
      await clock.settle();
      await answer(at(revision, data(revision), 'run'));
    }
    await clock.advance(100);
    expect(revisions()).toEqual(['5', '6', '7', '8']);
    expect(storage.getSavedSnapshots()).toEqual([at(8, data(8), 'run')]);
    sync.stop();
  });

  test('what another page saved is shown at once, and pulled; the pull is what counts', async () => {
    const { sync, answer, pulls, clock, revisions } = await running({
      persistence: { enableCrossTab: true },
    });
    const other = new channels.Channel('state-sync:cart');
    other.postMessage({ type: 'snapshot', tabId: 'x', payload: at(999, data(0), 'run') });
    channels.deliver();
    await clock.settle();
    expect([revisions(), sync.getLocalRevision(), pulls.length]).toEqual([['5', '999'], '5', 2]);
    await answer(at(6, data(6), 'run'));
    expect([revisions(), sync.getLocalRevision(), sync.getStatus()]).toEqual([
      ['5', '999', '6'],
      '6',
      'ready',
    ]);
    sync.stop();
  });

  test('news of another epoch is pulled, not shown', async () => {
    const { sync, answer, pulls, clock, revisions } = await running({
      persistence: { enableCrossTab: true },
    });
    new channels.Channel('state-sync:cart').postMessage({
      type: 'snapshot',
      tabId: 'x',
      payload: at(999, data(0), 'another run'),
    });
    channels.deliver();
    await clock.settle();
    expect([revisions(), pulls.length]).toEqual([['5'], 2]);
    await answer(at(6, data(6), 'run'));
    expect(revisions()).toEqual(['5', '6']);
    sync.stop();
  });

  test('a false claim of another page is repaired even when nothing newer is there', async () => {
    const { sync, answer, clock, applied, storage } = await running({
      persistence: { enableCrossTab: true },
    });
    new channels.Channel('state-sync:cart').postMessage({
      type: 'snapshot',
      tabId: 'x',
      payload: at(999, data(0), 'run'),
    });
    channels.deliver();
    await clock.settle();
    await answer(at(5, data(5), 'run'));
    await clock.settle();
    expect(applied[applied.length - 1]).toEqual(at(5, data(5), 'run'));
    await clock.advance(100);
    expect(storage.getSavedSnapshots()).toEqual([at(5, data(5), 'run')]);
    sync.stop();
  });

  test('a false claim is repaired also when the first pull after it fails', async () => {
    const { sync, answer, pulls, clock, revisions } = await running({
      persistence: { enableCrossTab: true },
    });
    new channels.Channel('state-sync:cart').postMessage({
      type: 'snapshot',
      tabId: 'x',
      payload: at(999, data(0), 'run'),
    });
    channels.deliver();
    await clock.settle();
    pulls[1]?.reject(new Error('lost'));
    await clock.advance(100);
    expect([revisions(), pulls.length]).toEqual([['5', '999'], 3]);
    await answer(at(5, data(5), 'run'));
    expect(revisions()).toEqual(['5', '999', '5']);
    sync.stop();
  });
});

describe('stopping', () => {
  test('saves what is pending at once, and is quiet afterwards', async () => {
    const { storage, sync, answer, clock, log } = stage({ persistence: { enableCrossTab: true } });
    const started = sync.start();
    await clock.settle();
    await answer(at(5, data(5)));
    await started;
    expect(sync.persistence.hasPendingSave()).toBe(true);
    sync.stop();
    sync.stop();
    await clock.settle();
    expect(storage.getSavedSnapshots()).toEqual([at(5, data(5))]);
    expect([clock.pending(), channels.open.size, log]).toEqual([
      0,
      0,
      ['subscribe', 'pull', 'apply 5', 'unsubscribe'],
    ]);
    await expect(sync.start()).rejects.toThrow('start() called after stop()');
  });

  test('and leaving the page save at once; after stop nobody listens', async () => {
    const page = new EventTarget();
    vi.stubGlobal('addEventListener', page.addEventListener.bind(page));
    const removed = vi.fn(page.removeEventListener.bind(page));
    vi.stubGlobal('removeEventListener', removed);
    const { storage, sync, answer, clock } = stage();
    const started = sync.start();
    await clock.settle();
    await answer(at(5, data(5)));
    await started;
    page.dispatchEvent(new Event('pagehide'));
    await clock.settle();
    expect(storage.getSavedSnapshots()).toEqual([at(5, data(5))]);
    sync.stop();
    expect(removed).toHaveBeenCalledWith('pagehide', expect.any(Function));
  });

  test('while the preview is loaded starts nothing', async () => {
    const { storage, sync, clock, log } = stage();
    const late = new Deferred<null>();
    storage.loadWithMetadata = () => late.promise;
    const started = sync.start();
    await clock.settle();
    sync.stop();
    late.resolve(null);
    await expect(started).rejects.toThrow('start() called after stop()');
    expect([log, clock.pending()]).toEqual([[], 0]);
  });
});
