import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Measured, measureAppliers } from '../size.mjs';

const measured = await measureAppliers();
const { sharedHelper, ...appliers } = measured;
const path = new URL('../../README.md', import.meta.url);
const readme = existsSync(path) ? readFileSync(path, 'utf8') : '';

describe.each(Object.entries(appliers))('the applier for %s', (_name, bytes) => {
  it('has at most 1.1 KB with the shared helper', () => {
    expect(bytes).toBeLessThanOrEqual(1126);
  });

  it('has at most 0.4 KB beyond the shared helper', () => {
    expect(bytes - sharedHelper).toBeLessThanOrEqual(410);
  });
});

it.each(Object.keys(measured) as Measured[])('README.md says how large %s is', (name) => {
  const marked = new RegExp(`<!-- size:${name} -->([\\d,]+)<!-- /size -->`).exec(readme);
  expect(marked, `README.md has no <!-- size:${name} -->…<!-- /size -->`).not.toBeNull();
  expect(Number(marked?.[1]?.replaceAll(',', ''))).toBe(measured[name]);
});
