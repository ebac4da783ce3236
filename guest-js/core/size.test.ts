import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { measure } from '../size.mjs';

const measured = await measure();
const path = new URL('../../README.md', import.meta.url);
const readme = existsSync(path) ? readFileSync(path, 'utf8') : '';

describe('an app pays', () => {
  it('at most 2700 bytes for createRevisionSync alone', () => {
    expect(measured.createRevisionSync).toBeLessThanOrEqual(2700);
  });

  it('at most 3149 bytes for all of ./core', () => {
    expect(measured.core).toBeLessThanOrEqual(3149);
  });

  it.each(['createRevisionSync', 'core'] as const)('what README.md says of %s', (name) => {
    const marked = new RegExp(`<!-- size:${name} -->([\\d,]+)<!-- /size -->`).exec(readme);
    expect(marked, `README.md has no <!-- size:${name} -->…<!-- /size -->`).not.toBeNull();
    expect(Number(marked?.[1]?.replaceAll(',', ''))).toBe(measured[name]);
  });
});
