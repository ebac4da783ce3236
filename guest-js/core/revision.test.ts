import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareRevisions, isCanonicalRevision, type Revision, ZERO_REVISION } from './revision.ts';

const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const text = (value: bigint) => String(value) as Revision;

describe('a revision', () => {
  it('is canonical from zero up to u64::MAX', () => {
    expect(ZERO_REVISION).toBe('0');
    for (const value of ['0', '1', '42', '9007199254740993', '18446744073709551615'])
      expect(isCanonicalRevision(value)).toBe(true);
  });

  it('is refused with a sign, a leading zero, blanks, other digits, an exponent or one above u64::MAX', () => {
    for (const value of [
      '',
      '-1',
      '+1',
      '00',
      '01',
      ' 1',
      '1 ',
      '1\n',
      '1.0',
      '1e3',
      '0x1',
      '١',
      '18446744073709551616',
      '99999999999999999999',
      '100000000000000000000',
    ])
      expect(isCanonicalRevision(value), JSON.stringify(value)).toBe(false);
  });

  it('is refused when it is not text', () => {
    for (const value of [0, 1, 1n, null, undefined, {}, ['1'], true, { toString: () => '1' }])
      expect(isCanonicalRevision(value)).toBe(false);
  });

  it('is canonical exactly when it is the decimal text of a u64', () => {
    fc.assert(fc.property(u64, (value) => isCanonicalRevision(text(value))));
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: fc.constantFrom('0', '1', '9', '-', '+', ' ', 'e', '.') }), fc.string()),
        (value) => {
          const parsed = /^\d+$/.test(value) ? BigInt(value) : undefined;
          const canonical = parsed !== undefined && String(parsed) === value && parsed < 2n ** 64n;
          expect(isCanonicalRevision(value)).toBe(canonical);
        },
      ),
    );
  });

  it('compares as the number it stands for, whatever its length', () => {
    fc.assert(
      fc.property(u64, u64, (a, b) => {
        expect(compareRevisions(text(a), text(b))).toBe(a < b ? -1 : a > b ? 1 : 0);
      }),
    );
    expect(compareRevisions('9' as Revision, '10' as Revision)).toBe(-1);
    expect(compareRevisions('10' as Revision, '9' as Revision)).toBe(1);
    expect(compareRevisions('9007199254740992' as Revision, '9007199254740993' as Revision)).toBe(-1);
  });
});
