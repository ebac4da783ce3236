import { expect, test } from 'vitest';
import type { Revision } from '../core/index.ts';
import {
  createLZCompressionAdapter,
  createMemoryStorageBackend,
  createPersistenceApplier,
  loadPersistedSnapshot,
} from './index.ts';

test('what is applied is stored, and is the preview of the next page', async () => {
  const storage = createMemoryStorageBackend<{ a: number[] }>();
  const applied: unknown[] = [];
  const applier = { apply: (s: unknown) => void applied.push(s) };
  const persisted = createPersistenceApplier({
    storage,
    applier,
    compression: createLZCompressionAdapter(),
    enableHash: true,
  });
  await persisted.apply({ revision: '1' as Revision, data: { a: [1, 2] } });
  expect(storage.getRawData()).toMatchObject({ snapshot: { revision: '1' }, metadata: { compressed: true } });
  const loaded = await loadPersistedSnapshot(
    storage,
    applier,
    (e) => {
      throw e.error;
    },
    { verifyHash: true },
  );
  expect(loaded).toEqual({ revision: '1', data: { a: [1, 2] } });
  expect(applied).toEqual([loaded, loaded]);
});
