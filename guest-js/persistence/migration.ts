// Keeps nothing: brings stored data from the shape an older app gave it to today's. Never changes what is stored; a
// migration that fails leaves the data where it is.

import { textOf } from './error.ts';
import { MAX_MIGRATIONS } from './limits.ts';

/** What the data's shape is today, and the step from each older version to the next. */
export interface MigrationHandler<T> {
  currentVersion: number;
  /** From the version of its key to the next one. Must not change its argument. */
  // biome-ignore lint/suspicious/noExplicitAny: what an older app stored has no type here
  migrations: Record<number, (old: any) => unknown>;
  validate?: (data: unknown) => data is T;
}

/** With `success`, `data` is of `toVersion`; otherwise `error` says which step failed. */
export interface MigrationResult<T> {
  success: boolean;
  data?: T;
  fromVersion: number;
  toVersion: number;
  error?: Error;
}

/** Whether data of one version is older than another one, and has to be migrated to it. Newer data cannot be. */
export function needsMigration(fromVersion: number, currentVersion: number): boolean {
  return fromVersion < currentVersion;
}

/** The versions whose steps are run, in order: `getMigrationPath(1, 4)` is `[1, 2, 3]`. Empty when there is none. */
export function getMigrationPath(fromVersion: number, toVersion: number): number[] {
  const path: number[] = [];
  for (let version = fromVersion; version < toVersion && path.length < MAX_MIGRATIONS; version += 1)
    path.push(version);
  return path;
}

/**
 * Runs all steps, then the validator. Never throws: a step that throws gives `success: false` with what it threw as `error`;
 * one that is missing, data of a newer version, or data that the validator refuses, with an error whose message contains
 * `Missing migration`, `future version` or `validation`.
 */
export function migrateData<T>(
  data: unknown,
  fromVersion: number,
  handler: MigrationHandler<T>,
): MigrationResult<T> {
  const { currentVersion: toVersion, migrations, validate } = handler;
  const failed = (message: string, cause?: unknown): MigrationResult<T> => ({
    success: false,
    fromVersion,
    toVersion,
    error: new Error(message, cause === undefined ? undefined : { cause }),
  });
  if (![fromVersion, toVersion].every(Number.isSafeInteger))
    return failed(`Schema versions are whole numbers, not ${fromVersion} and ${toVersion}`);
  if (fromVersion > toVersion)
    return failed(
      `The data is of a future version: ${fromVersion}, and this app knows ${toVersion}. Update the app`,
    );
  if (toVersion - fromVersion > MAX_MIGRATIONS)
    return failed(`More than ${MAX_MIGRATIONS} migrations from version ${fromVersion} to ${toVersion}`);
  let migrated = data;
  for (const version of getMigrationPath(fromVersion, toVersion)) {
    const step = Object.hasOwn(migrations, version) ? migrations[version] : undefined;
    if (typeof step !== 'function')
      return failed(`Missing migration from version ${version} to ${version + 1}`);
    try {
      migrated = step(migrated);
    } catch (error) {
      const own = error instanceof Error ? error : new Error(textOf(error), { cause: error });
      return { success: false, fromVersion, toVersion, error: own };
    }
  }
  try {
    if (validate && !validate(migrated))
      return failed(`Data migrated from version ${fromVersion} to ${toVersion} did not pass validation`);
  } catch (error) {
    return failed(`The validation of migrated data threw: ${textOf(error)}`, error);
  }
  return { success: true, data: migrated as T, fromVersion, toVersion };
}

/** Collects migrations one by one. */
export interface MigrationBuilder<T> {
  /** The step from `fromVersion` to the next one. A second one for the same version is an error. */
  addMigration<A, B>(fromVersion: number, fn: (old: A) => B): MigrationBuilder<T>;
  withValidator(fn: (data: unknown) => data is T): MigrationBuilder<T>;
  build(currentVersion: number): MigrationHandler<T>;
}

/**
 * ```ts
 * const migration = createMigrationBuilder<Settings>()
 *   .addMigration(1, (old: { dark: boolean }) => ({ theme: old.dark ? 'dark' : 'light' }))
 *   .withValidator(isSettings)
 *   .build(2);
 * ```
 */
export function createMigrationBuilder<T>(): MigrationBuilder<T> {
  const migrations: Record<number, (old: never) => unknown> = {};
  let validate: MigrationHandler<T>['validate'];
  const builder: MigrationBuilder<T> = {
    addMigration(fromVersion, fn) {
      if (Object.hasOwn(migrations, fromVersion))
        throw new Error(`There is already a migration from version ${fromVersion}`);
      migrations[fromVersion] = fn as (old: never) => unknown;
      return builder;
    },
    withValidator(fn) {
      validate = fn;
      return builder;
    },
    build: (currentVersion) => ({
      currentVersion,
      migrations: { ...migrations } as MigrationHandler<T>['migrations'],
      ...(validate ? { validate } : {}),
    }),
  };
  return builder;
}

/** The handler itself, with its type: for few migrations that are written down at once. */
export function createSimpleMigration<T>(config: MigrationHandler<T>): MigrationHandler<T> {
  return { ...config, migrations: { ...config.migrations } };
}
