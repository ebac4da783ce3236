import { expect, test } from 'vitest';
import { canonical, fnv1a } from './canonical.ts';

test('equal data has one text, whatever the order of its keys', () => {
  const text = '{"a":{"A":12,"é\\u0001\\"":true},"b":[1,0.5,0,null]}';
  expect(canonical({ b: [1.0, 0.5, -0, null], a: { 'é\u0001"': true, A: 12 } })).toBe(text);
});

test('the hash is FNV-1a, the one Rust computes', () => {
  expect(fnv1a('')).toBe('cbf29ce484222325');
  expect(fnv1a('foobar')).toBe('85944171f73967e8');
});

test('the two halves agree with the definition on text of every length', () => {
  let text = '';
  for (let index = 0; index < 200; index += 1) {
    text += String.fromCodePoint(32 + ((index * 7919) % 0x2000));
    let expected = 0xcbf29ce484222325n;
    for (const byte of new TextEncoder().encode(text)) {
      expected = BigInt.asUintN(64, (expected ^ BigInt(byte)) * 0x100000001b3n);
    }
    expect(fnv1a(text)).toBe(expected.toString(16).padStart(16, '0'));
  }
});
