import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createPersistenceApplier, createPersistenceApplierWithDefaults } from './applier.ts';
import type { StorageBackendWithMetadata } from './backend.ts';
import { createLZCompressionAdapter } from './compression.ts';
import { loadPersistedSnapshot } from './load.ts';
import { at, Crash, createRecorder, FakeStorage } from './persistence.rig.ts';
import { createLocalStorageBackend, createSessionStorageBackend } from './web-storage.ts';

let area: FakeStorage;

beforeEach(() => {
  area = new FakeStorage();
  vi.stubGlobal('localStorage', area);
});

afterEach(() => {
  vi.unstubAllGlobals();
});

const record = (revision: number, schemaVersion: number, data: unknown = { n: revision }) => ({
  snapshot: at(revision, data),
  metadata: { savedAt: revision, schemaVersion, sizeBytes: 9, compressed: false },
});

async function pairOf(storage: StorageBackendWithMetadata<unknown>) {
  const found = await storage.loadWithMetadata();
  return found && [found.snapshot.revision, found.metadata.schemaVersion];
}

describe('what is stored', () => {
  test('is { revision, data } as JSON under the key, with and without metadata', async () => {
    const storage = createLocalStorageBackend({ key: 'k' });
    await storage.save(at(3, { a: '\u2028</script>' }));
    expect(area.map.get('k')).toBe(JSON.stringify({ revision: '3', data: { a: '\u2028</script>' } }));
    expect([...area.map.keys()]).toEqual(['k']);
    await storage.saveWithMetadata(record(4, 2));
    expect(area.map.get('k')).toBe('{"revision":"4","data":{"n":4}}');
    expect([...area.map.keys()]).toEqual(['k', 'k:meta']);
    expect(JSON.parse(area.map.get('k:meta') as string)[0].metadata).toEqual(record(4, 2).metadata);
  });

  test('goes through serialize and deserialize', async () => {
    const storage = createLocalStorageBackend({
      key: 'k',
      serialize: ({ revision, data }) => `${revision}|${data}`,
      deserialize: (text) => at(Number(text.split('|')[0]), text.split('|')[1]),
    });
    await storage.saveWithMetadata({ ...record(4, 2), snapshot: at(4, 'x') });
    expect(area.map.get('k')).toBe('4|x');
    expect(await pairOf(storage)).toEqual(['4', 2]);
  });

  test('has its size in getUsage', async () => {
    const storage = createLocalStorageBackend({ key: 'k' });
    expect(await storage.getUsage?.()).toEqual({ used: 0 });
    await storage.save(at(1, 'x'));
    expect(await storage.getUsage?.()).toEqual({ used: 2 * '1k{"revision":"1","data":"x"}'.slice(1).length });
  });
});

describe('a pair of record and metadata', () => {
  test('is whole after a crash at every write, old or new', async () => {
    for (let writes = 0; writes <= 3; writes += 1) {
      area.map.clear();
      area.writesLeft = Number.POSITIVE_INFINITY;
      const storage = createLocalStorageBackend({ key: 'k' });
      await storage.saveWithMetadata(record(1, 1));
      await storage.saveWithMetadata(record(2, 2));
      area.writesLeft = writes;
      const crashed = await storage.saveWithMetadata(record(3, 3)).then(
        () => false,
        (error) => error.cause instanceof Crash || error instanceof Crash,
      );
      area.writesLeft = Number.POSITIVE_INFINITY;
      expect(await pairOf(createLocalStorageBackend({ key: 'k' }))).toEqual(crashed ? ['2', 2] : ['3', 3]);
    }
  });

  test('is whole, or known to be torn, however the writes of two pages fall between each other', async () => {
    await createLocalStorageBackend({ key: 'k' }).saveWithMetadata(record(2, 2));
    const start = new Map(area.map);
    const writes: [string, string][][] = [];
    for (const n of [3, 4]) {
      area.map.clear();
      start.forEach((text, key) => void area.map.set(key, text));
      const order: [string, string][] = [];
      const put = area.setItem.bind(area);
      vi.spyOn(area, 'setItem').mockImplementation((key, text) => {
        order.push([key, text]);
        put(key, text);
      });
      await createLocalStorageBackend({ key: 'k' }).saveWithMetadata(record(n, n));
      vi.restoreAllMocks();
      writes.push(order);
    }
    const [a, b] = writes as [[string, string][], [string, string][]];
    expect([a.length, b.length]).toEqual([2, 2]);
    await fc.assert(
      fc.asyncProperty(fc.shuffledSubarray(['a', 'a', 'b', 'b'], { minLength: 4 }), async (turns) => {
        area.map.clear();
        start.forEach((text, key) => void area.map.set(key, text));
        const left = { a: [...a], b: [...b] };
        for (const turn of turns) {
          const [key, text] = left[turn as 'a' | 'b'].shift() as [string, string];
          area.map.set(key, text);
        }
        const found = await pairOf(createLocalStorageBackend({ key: 'k' })).catch((error) => error.kind);
        expect([['3', 3], ['4', 4], 'torn']).toContainEqual(found);
      }),
    );
  });

  test('that was torn by someone else is not used, and is kept aside by the next save', async () => {
    const storage = createLocalStorageBackend({ key: 'k' });
    const { applier, applied, kinds, errors, onError } = createRecorder<unknown>();
    await storage.saveWithMetadata(record(1, 2));
    area.map.set('k', '{"revision":"9","data":"someone else"}');
    const before = [...area.map];
    expect(await loadPersistedSnapshot(storage, applier, onError)).toBe(null);
    expect(kinds()).toEqual(['torn']);
    expect(String(errors[0]?.error)).toContain('"k"');
    expect([...area.map]).toEqual(before);
    expect(applied).toEqual([]);
    const persisted = createPersistenceApplier({ storage, applier, schemaVersion: 2 });
    await persisted.apply(at(10, 'new'));
    expect(await pairOf(storage)).toEqual(['10', 2]);
    expect(area.map.get('k:bad')).toBe('{"revision":"9","data":"someone else"}');
    await storage.clear?.();
    expect([...area.map]).toEqual([]);
  });

  test('that a crash left half written says the schema version of the record that is there', async () => {
    const storage = createLocalStorageBackend({ key: 'k' });
    await storage.saveWithMetadata(record(1, 1));
    area.writesLeft = 1;
    await storage.saveWithMetadata(record(2, 2)).catch(() => {});
    expect((await storage.loadMetadata?.())?.schemaVersion).toBe(1);
  });

  test('of which only the metadata is left is nothing stored', async () => {
    const storage = createLocalStorageBackend({ key: 'k' });
    await storage.saveWithMetadata(record(1, 2));
    area.map.delete('k');
    expect(await storage.loadWithMetadata()).toBe(null);
  });

  test('of which only the record is left is a record that says nothing of itself', async () => {
    area.map.set('k', '{"revision":"9","data":"an older version of the library"}');
    expect(await pairOf(createLocalStorageBackend({ key: 'k' }))).toEqual(['9', 1]);
  });
});

describe('a record that cannot be read', () => {
  test.each([
    '{"revision":"1","data":',
    'null',
    '7',
    '[]',
    '{"revision":"1"}',
    '',
  ])('rejects with the key and the original error: %s', async (text) => {
    area.map.set('my-key', text);
    const storage = createLocalStorageBackend({ key: 'my-key' });
    for (const load of [storage.load, storage.loadWithMetadata]) {
      await expect(load()).rejects.toMatchObject({
        name: 'PersistenceError',
        kind: 'corrupted',
        key: 'my-key',
      });
      await expect(load()).rejects.toThrow(/Failed to deserialize "my-key".*Original error: ./s);
    }
    expect(area.map.get('my-key')).toBe(text);
  });

  test('with metadata that cannot be read is not used either', async () => {
    const storage = createLocalStorageBackend({ key: 'k' });
    for (const meta of ['{', '{}', '[{}]', '[{"of":"x","metadata":{"savedAt":"now"}}]']) {
      area.map.set('k', '{"revision":"1","data":1}');
      area.map.set('k:meta', meta);
      await expect(storage.loadWithMetadata()).rejects.toThrow(/Failed to deserialize "k:meta"/);
      await storage.saveWithMetadata(record(2, 1));
      expect(await pairOf(storage)).toEqual(['2', 1]);
    }
  });
});

describe('a full storage', () => {
  test('takes a smaller record although the metadata of both has no room', async () => {
    const storage = createLocalStorageBackend({ key: 'k' });
    await storage.saveWithMetadata(record(1, 1, 'x'.repeat(500)));
    area.quota = [...area.map].reduce((sum, [name, text]) => sum + name.length + text.length, 0);
    await storage.saveWithMetadata(record(2, 2, 'small'));
    expect(await pairOf(storage)).toEqual(['2', 2]);
  });

  test('puts the text back when its metadata has no room', async () => {
    const storage = createLocalStorageBackend({ key: 'k' });
    await storage.saveWithMetadata(record(1, 1, 'x'));
    const before = [...area.map];
    area.quota = before.reduce((sum, [name, text]) => sum + name.length + text.length, 0);
    const bigger = { ...record(2, 2, 'y'), metadata: { ...record(2, 2).metadata, hash: 'z'.repeat(100) } };
    await expect(storage.saveWithMetadata(bigger)).rejects.toThrow('quota exceeded');
    expect([...area.map]).toEqual(before);
    expect(await pairOf(storage)).toEqual(['1', 1]);
  });

  test('rejects with "quota exceeded" and keeps what it had, whole', async () => {
    const storage = createLocalStorageBackend({ key: 'k' });
    await storage.saveWithMetadata(record(1, 1));
    const before = [...area.map];
    area.quota = 800;
    const failure = storage.saveWithMetadata(record(2, 2, 'x'.repeat(700)));
    await expect(failure).rejects.toMatchObject({ kind: 'quota', key: 'k' });
    await expect(failure).rejects.toThrow('quota exceeded');
    expect([...area.map]).toEqual(before);
    expect(await pairOf(storage)).toEqual(['1', 1]);
  });

  test.each([
    ['localStorage', createLocalStorageBackend],
    ['sessionStorage', createSessionStorageBackend],
  ] as const)('names itself, the key and the kilobytes it had no room for: %s', async (name, create) => {
    vi.stubGlobal(name, area);
    const storage = create<unknown>({ key: 'my-key' });
    area.quota = 100;
    const data = 'é'.repeat(1024);
    for (const save of [
      () => storage.save(at(1, data)),
      () => storage.saveWithMetadata(record(1, 1, data)),
    ]) {
      const error = await save().catch((thrown) => thrown);
      expect([error.kind, error.key]).toEqual(['quota', 'my-key']);
      expect(error.message).toContain(`${name} quota exceeded`);
      expect(error.message).toContain('"my-key"');
      expect(error.message).toContain('Data size: 3 KB');
    }
  });

  test.each([
    ['NS_ERROR_DOM_QUOTA_REACHED', undefined],
    ['Error', 22],
    ['Error', 1014],
  ])('is known by its name or code: %s %s', async (name, code) => {
    area.denial = Object.assign(new Error('full'), { name, code });
    const storage = createLocalStorageBackend({ key: 'k' });
    await expect(storage.save(at(1, 1))).rejects.toThrow('quota exceeded');
  });

  test('holds with compression what it does not hold without', async () => {
    area.quota = 3000;
    const data = 'all work and no play '.repeat(200);
    const { applier, onError, kinds } = createRecorder<string>();
    const storage = createLocalStorageBackend<string>({ key: 'k' });
    const plain = createPersistenceApplier({ storage, applier, onPersistenceError: onError });
    await plain.apply(at(1, data));
    plain.dispose();
    expect(kinds()).toEqual(['quota']);
    const compression = createLZCompressionAdapter();
    await createPersistenceApplier({ storage, applier, compression }).apply(at(1, data));
    expect((await loadPersistedSnapshot(storage, applier))?.data).toBe(data);
  });
});

describe('a save', () => {
  /** Data that counts how often it is serialized. */
  function counted() {
    const data = {
      times: 0,
      toJSON() {
        data.times += 1;
        return { n: 1 };
      },
    };
    return data;
  }

  test('serializes the data once, with the applier and without, the first time and later', async () => {
    const storage = createLocalStorageBackend<unknown>({ key: 'k' });
    const persisted = createPersistenceApplier<unknown>({ storage, applier: { apply() {} } });
    for (const save of [storage.save, storage.save, persisted.apply, persisted.apply, storage.save]) {
      const data = counted();
      await save(at(1, data, 'run'));
      expect(data.times).toBe(1);
      expect(await storage.load()).toEqual(at(1, { n: 1 }, 'run'));
    }
    const times = vi.fn(JSON.stringify);
    const own = createLocalStorageBackend<unknown>({ key: 'own', serialize: (value) => times(value) });
    await createPersistenceApplier<unknown>({ storage: own, applier: { apply() {} } }).apply(at(1, 1));
    expect(times).toHaveBeenCalledTimes(1);
  });
});

describe('private mode', () => {
  test('that throws when the property is read makes every call reject, and creation not', async () => {
    vi.stubGlobal('window', {
      get localStorage(): Storage {
        throw new DOMException('The operation is insecure.', 'SecurityError');
      },
    });
    const storage = createLocalStorageBackend({ key: 'k' });
    for (const call of [
      storage.load(),
      storage.save(at(1, 1)),
      storage.clear?.(),
      storage.loadWithMetadata(),
    ]) {
      await expect(call).rejects.toMatchObject({ kind: 'unavailable', key: 'k' });
      await expect(call).rejects.toThrow(/"k": The operation is insecure/);
    }
  });

  test('that refuses every write leaves the applier working', async () => {
    area.denial = new DOMException('denied', 'SecurityError');
    const { applier, revisions, kinds, onError } = createRecorder<number>();
    const persisted = createPersistenceApplierWithDefaults({
      storage: createLocalStorageBackend<number>({ key: 'k' }),
      applier,
      onPersistenceError: onError,
    });
    await persisted.apply(at(1, 1));
    await expect(persisted.flush()).rejects.toThrow(/localStorage "k": denied/);
    expect([revisions(), kinds(), persisted.hasPendingSave()]).toEqual([['1'], ['storage'], true]);
    area.denial = undefined;
    await persisted.flush();
    expect(area.map.get('k')).toBe('{"revision":"1","data":1}');
    persisted.dispose();
  });

  test('without any storage, as on a server, rejects as well', async () => {
    vi.unstubAllGlobals();
    await expect(createSessionStorageBackend({ key: 'k' }).load()).rejects.toThrow(
      /sessionStorage cannot be used for "k": there is no such storage here/,
    );
  });
});

test('a backend without a key is refused', () => {
  expect(() => createLocalStorageBackend({ key: '' })).toThrow(/needs a `key`/);
});
