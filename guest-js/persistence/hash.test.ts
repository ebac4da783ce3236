import { afterEach, expect, test, vi } from 'vitest';
import { canonicalJson, hashSnapshot } from './hash.ts';
import { at } from './persistence.rig.ts';

afterEach(() => {
  vi.unstubAllGlobals();
});

test('a hash is SHA-256, the same with and without crypto.subtle', () => {
  const hash = hashSnapshot(at(1, { a: 1 }, 'run'));
  expect(hash).toMatch(/^sha256:[0-9a-f]{64}$/);
  vi.stubGlobal('crypto', undefined);
  expect(hashSnapshot(at(1, { a: 1 }, 'run'))).toBe(hash);
});

test('a hash changes with data, revision and epoch, and not with the order of fields', () => {
  const hashes = [
    at(1, { a: 1, b: 2 }),
    at(1, { a: 1, b: 3 }),
    at(2, { a: 1, b: 2 }),
    at(1, { a: 1, b: 2 }, 'run'),
  ];
  expect(new Set(hashes.map(hashSnapshot)).size).toBe(4);
  expect(hashSnapshot(at(1, { b: 2, a: 1 }))).toBe(hashSnapshot(at(1, { a: 1, b: 2 })));
});

test('lone surrogates do not collapse into one hash', () => {
  expect(hashSnapshot(at(1, '\ud800'))).not.toBe(hashSnapshot(at(1, '\ud801')));
});

test('canonical JSON keeps a field named __proto__', () => {
  expect(canonicalJson(JSON.parse('{"b":1,"__proto__":{"z":1,"a":2}}'))).toBe(
    '{"__proto__":{"a":2,"z":1},"b":1}',
  );
});
