import { describe, expect, test } from 'vitest';
import { StateSyncError } from './error.ts';
import { jsonOf } from './sendable.ts';

const nested = (levels: number): unknown => {
  let value: unknown = 1;
  for (let level = 0; level < levels; level += 1) value = [value];
  return value;
};

function refusal(value: unknown): StateSyncError {
  try {
    jsonOf(value, 't');
  } catch (error) {
    if (error instanceof StateSyncError) return error;
    throw error;
  }
  throw new Error('it was not refused');
}

const seen = (value: unknown) => {
  const { kind, topic, path } = refusal(value);
  return [kind, topic, path];
};

const revoked = () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
};

const throws = () => {
  throw new Error('not now');
};

describe('a value that the host would not take', () => {
  test('is one of more than 128 levels', () => {
    expect(jsonOf(nested(128), 't')).toEqual(nested(128));
    expect(seen({ a: nested(128) })).toEqual(['invalid-value', 't', `a${'[0]'.repeat(66)}[…`]);
    for (const levels of [129, 5000, 200_000]) expect(refusal(nested(levels)).kind).toBe('invalid-value');
  });

  test.each([
    ['high half as a value', 'half \ud83d', '.'],
    ['low half as a value', { a: ['\ude00'] }, 'a[0]'],
    ['as a key', { list: [{ 'k\ud83d': 1 }] }, 'list[0].k\ud83d'],
    ['beside a whole one', { a: '😀', b: '😀\ud83d' }, 'b'],
    ['what a toJSON makes', { at: { toJSON: () => '\ud800' } }, 'at'],
  ])('has half of a surrogate pair: %s', (_, value, path) => {
    expect(seen(value)).toEqual(['invalid-value', 't', path]);
  });

  test('has no half where a text only spells one out', () => {
    for (const value of ['\\ud83d', '\\\\ude00 😀', { '\\ud800': '😀' }])
      expect(jsonOf(value, 't')).toEqual(value);
  });
});

describe('a value that is no JSON', () => {
  test.each<[string, unknown, string]>([
    ['a BigInt', { items: [{ id: 1n }] }, 'items[0].id'],
    ['a BigInt alone', 1n, '.'],
    ['a function', () => {}, '.'],
    ['a symbol', Symbol('s'), '.'],
    ['nothing', undefined, '.'],
    ['a toJSON that throws', { a: [{ toJSON: throws }] }, 'a[0]'],
    ['a getter that throws', { a: Object.defineProperty({}, 'b', { get: throws, enumerable: true }) }, 'a.b'],
    ['a proxy that throws', [new Proxy({}, { ownKeys: throws })], '[0]'],
    ['a proxy that was revoked', { a: revoked() }, 'a'],
  ])('is named by its place: %s', (_, value, path) => {
    expect(seen(value)).toEqual(['unserializable', 't', path]);
  });

  test('may contain itself', () => {
    const loop: { list: unknown[] } = { list: [] };
    loop.list.push(1, loop);
    expect(seen(loop)).toEqual(['unserializable', 't', 'list[1]']);
  });

  test('may throw what has no text', () => {
    const odd = {
      toJSON() {
        throw Object.create(null);
      },
    };
    expect(seen({ odd })).toEqual(['unserializable', 't', 'odd']);
  });

  test('is what its proxy shows', () => {
    expect(jsonOf(new Proxy({ a: 1 }, {}), 't')).toEqual({ a: 1 });
  });
});
