// The same text, and so the same hash, for equal data, in every window and in Rust (`src-tauri/src/truth.rs`).

/** JSON with the keys in order and without spaces. */
export function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${fields.map(([key, field]) => `${JSON.stringify(key)}:${canonical(field)}`).join(',')}}`;
  }
  return JSON.stringify(value);
}

const PRIME_HIGH = 0x100;
const PRIME_LOW = 0x1b3;

/** FNV-1a, 64 bits, over UTF-8, as 16 hexadecimal digits; two halves of 32 bits, because BigInt is slow. */
export function fnv1a(text: string): string {
  let high = 0xcbf29ce4;
  let low = 0x84222325;
  for (const byte of new TextEncoder().encode(text)) {
    low = (low ^ byte) >>> 0;
    // (high·2³² + low)·(2⁴⁰ + 0x1b3), everything above 64 bits dropped; 2⁴⁰ is 0x100 in the high half.
    const product = low * PRIME_LOW;
    const carry = Math.floor(product / 0x1_0000_0000);
    high = (Math.imul(high, PRIME_LOW) + Math.imul(low, PRIME_HIGH) + carry) >>> 0;
    low = product >>> 0;
  }
  return [high, low].map((half) => half.toString(16).padStart(8, '0')).join('');
}
