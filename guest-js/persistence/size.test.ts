import { expect, test } from 'vitest';
import { measurePersistence } from '../size.mjs';

const measured = await measurePersistence();

test('an engine with a preview from localStorage has at most 16 KB with its libraries', () => {
  expect(measured.persistedRevisionSync).toBeLessThanOrEqual(16_384);
});

test('the whole entry has at most 21 KB with its libraries', () => {
  expect(measured.persistence).toBeLessThanOrEqual(21_504);
});
