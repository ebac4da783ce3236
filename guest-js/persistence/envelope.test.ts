import { describe, expect, test } from 'vitest';
import { createTauriFileBackend } from '../tauri/index.ts';
import { createPersistenceApplier } from './applier.ts';
import { unknownMetadata } from './backend.ts';
import { seal, unseal, withMetadata } from './envelope.ts';
import { createMemoryStorageBackend } from './memory.ts';
import { at } from './persistence.rig.ts';

const sealed = (data: unknown, more: object = {}) => {
  const snapshot = at(1, data, 'run');
  return seal({ snapshot, metadata: { ...unknownMetadata(snapshot), ...more } });
};

describe('an envelope', () => {
  test('is not made when there is nothing to say, so that commands with types of their own work', async () => {
    expect(sealed({ a: 1 })).toEqual(at(1, { a: 1 }, 'run'));
    const calls: unknown[] = [];
    const invoke = async (command: string, args?: unknown) => {
      calls.push([command, args]);
      return null as never;
    };
    const storage = createTauriFileBackend({ invoke, saveCommand: 'save', loadCommand: 'load' });
    const persisted = createPersistenceApplier({ storage, applier: { apply() {} } });
    await persisted.apply(at(1, { a: 1 }));
    await persisted.apply(at(2, { a: 2 }));
    // Whether a newer app wrote the file is asked once: that costs a call here.
    expect(calls).toEqual([
      ['load', {}],
      ['save', { snapshot: at(1, { a: 1 }) }],
      ['save', { snapshot: at(2, { a: 2 }) }],
    ]);
  });

  test.each([
    { ttlMs: 0 },
    { hash: 'x' },
    { schemaVersion: 2 },
    { compressed: true, algorithm: 'x' },
  ])('carries %j, and the data as text', (more) => {
    const stored = sealed({ a: '\ud800' }, more);
    expect(stored.data).toMatchObject({ json: '{"a":"\\ud800"}', metadata: more });
    expect(unseal(stored, 'k')).toMatchObject({ snapshot: at(1, { a: '\ud800' }, 'run'), metadata: more });
  });

  test('is made for data that looks like one, or holds half of a pair', () => {
    for (const data of [sealed(1, { ttlMs: 5 }).data, { a: '\udc00' }]) {
      const stored = sealed(data);
      expect(stored.data).not.toEqual(data);
      expect(unseal(stored, 'k').snapshot).toEqual(at(1, data, 'run'));
    }
  });

  test('that is damaged is corrupted, by name', () => {
    const { data } = sealed(1, { ttlMs: 5 }) as { data: object };
    for (const damage of [{ json: '{' }, { json: 1 }, { metadata: {} }])
      expect(() => unseal(at(1, { ...data, ...damage }), 'my-file')).toThrow(
        /Failed to deserialize "my-file"/,
      );
  });
});

test('a storage that keeps metadata is not wrapped', () => {
  const storage = createMemoryStorageBackend();
  expect(withMetadata(storage)).toBe(storage);
});

test('a storage that cannot be cleared cannot be when wrapped', () => {
  expect(withMetadata({ save: async () => {}, load: async () => null })).not.toHaveProperty('clear');
});
