// Keeps nothing: one short text for a JSON value, the same as in src/digest.rs, so that a page and Rust can compare
// what they have without sending it.

function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${canonical(field)}`).join(',')}}`;
}

/** Bytes of the canonical JSON, and their 32-bit FNV-1a hash. */
export function digest(value: unknown): string {
  const bytes = new TextEncoder().encode(canonical(value));
  let hash = 0x811c9dc5;
  for (const byte of bytes) hash = Math.imul(hash ^ byte, 0x01000193);
  return `${bytes.length}-${(hash >>> 0).toString(16).padStart(8, '0')}`;
}
