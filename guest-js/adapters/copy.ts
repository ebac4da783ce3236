// Keeps nothing: a JSON copy of a value that nobody else holds, for stores that change their state in place.

/**
 * What JSON would carry of the value, as new objects and arrays. Members that JSON has no word for (functions,
 * `undefined`) are left out; dates become what they say of themselves. Proxies of stores are read through.
 */
export function copy<T>(value: T): T {
  return copied(value) as T;
}

function copied(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => (isData(item) ? copied(item) : null));
  if (typeof value !== 'object' || value === null) return value;
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON === 'function') return toJSON.call(value);
  const members = Object.keys(value).map((key) => [key, (value as Record<string, unknown>)[key]] as const);
  // Not by assignment: a member called `__proto__` would become the prototype.
  return Object.fromEntries(
    members.filter(([, member]) => isData(member)).map(([key, member]) => [key, copied(member)]),
  );
}

/** Whether JSON has a word for it. */
export function isData(value: unknown): boolean {
  return value !== undefined && typeof value !== 'function' && typeof value !== 'symbol';
}
