import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  createMigrationBuilder,
  createSimpleMigration,
  getMigrationPath,
  migrateData,
  needsMigration,
} from './migration.ts';

interface Settings {
  theme: string;
  size: number;
}

const isSettings = (data: unknown): data is Settings => typeof (data as Settings | null)?.theme === 'string';

const handler = createMigrationBuilder<Settings>()
  .addMigration(1, (old: { dark: boolean }) => ({ theme: old.dark ? 'dark' : 'light' }))
  .addMigration(2, (old: { theme: string }) => ({ ...old, size: 10 }))
  .withValidator(isSettings)
  .build(3);

describe('migrateData', () => {
  test('runs the steps from the stored version to today’s', () => {
    expect(migrateData({ dark: true }, 1, handler)).toEqual({
      success: true,
      data: { theme: 'dark', size: 10 },
      fromVersion: 1,
      toVersion: 3,
    });
    expect(migrateData({ theme: 'x' }, 2, handler).data).toEqual({ theme: 'x', size: 10 });
    expect(migrateData({ theme: 'x', size: 1 }, 3, handler).data).toEqual({ theme: 'x', size: 1 });
  });

  test.each([
    ['future version', { theme: 'x' }, 4, handler],
    ['Missing migration from version 1 to 2', {}, 1, createMigrationBuilder<Settings>().build(2)],
    ['validation', { nothing: true }, 3, handler],
    ['whole numbers', {}, 1.5, handler],
    ['whole numbers', {}, Number.NaN, handler],
    ['More than', {}, -1e9, handler],
  ])('fails with "%s" and throws nothing', (message, data, from, by) => {
    const result = migrateData(data, from, by);
    expect(result).toMatchObject({ success: false, fromVersion: from });
    expect(result.error?.message).toContain(message);
    expect(result).not.toHaveProperty('data');
  });

  test('fails with the very error that a step throws', () => {
    const own = new RangeError('no such theme');
    const migrations = {
      1: () => {
        throw own;
      },
    };
    expect(migrateData({}, 1, { currentVersion: 2, migrations })).toEqual({
      success: false,
      fromVersion: 1,
      toVersion: 2,
      error: own,
    });
    expect(migrateData({}, 1, { currentVersion: 2, migrations }).error).toBe(own);
    const text = { 1: () => Promise.reject, 2: 'x' };
    expect(migrateData({}, 2, { currentVersion: 3, migrations: text as never }).success).toBe(false);
  });

  test('fails when the validator throws', () => {
    const validate = (_: unknown): _ is Settings => {
      throw new Error('odd');
    };
    expect(migrateData({}, 3, { ...handler, validate }).error?.message).toMatch(/validation.*odd/);
  });

  test('runs no step that an object merely inherits', () => {
    const migrations = Object.create({ 1: () => 'inherited' });
    expect(migrateData({}, 1, { currentVersion: 2, migrations }).success).toBe(false);
  });
});

test('data of a newer version needs no migration: there is none', () => {
  expect([needsMigration(3, 2), needsMigration(2, 2), needsMigration(2, 3)]).toEqual([false, false, true]);
});

test('the path names each version whose step is run', () => {
  expect(getMigrationPath(1, 4)).toEqual([1, 2, 3]);
  expect([getMigrationPath(3, 3), getMigrationPath(4, 1)]).toEqual([[], []]);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 50 }), (from, to) => {
      expect(getMigrationPath(from, to)).toHaveLength(Math.max(0, to - from));
      expect(needsMigration(from, to)).toBe(from < to);
    }),
  );
});

test('the builder refuses a second step for a version, and what it built stays as it is', () => {
  const builder = createMigrationBuilder<number>().addMigration(1, (n: number) => n + 1);
  const built = builder.build(2);
  expect(() => builder.addMigration(1, () => 0)).toThrow(/already a migration from version 1/);
  builder.addMigration(2, () => 0);
  expect(Object.keys(built.migrations)).toEqual(['1']);
  expect(built).not.toHaveProperty('validate');
});

test('a simple migration is the handler', () => {
  const simple = createSimpleMigration<number>({ currentVersion: 2, migrations: { 1: (n) => n * 2 } });
  expect(migrateData(4, 1, simple).data).toBe(8);
});
