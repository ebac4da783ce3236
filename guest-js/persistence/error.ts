// Keeps nothing: the one error class of window-side persistence, and how whatever a storage throws becomes one.

/**
 * `unavailable`: there is no such storage here, or access is denied (private mode). `quota`: it is full.
 * `blocked`: another page holds an older version of the database open. `newer-database`: the database, or this store
 * in it, is of a newer version than this code asks for.
 * `corrupted`: the record cannot be read. `torn`: record and metadata do not belong together.
 * `hash`: the data is not what was saved. `expired`: older than its `ttlMs`. `revision`: not canonical.
 * `newer-schema`: a newer version of the app wrote it. `migration`, `validation`: the stored data cannot be used.
 * `compression`: no adapter for the algorithm the record names. `serialize`: the data cannot be stored as it is.
 * `unsupported`: an option this storage cannot honor. `options`: options that make no sense. `storage`: anything else.
 */
export type PersistenceErrorKind =
  | 'unavailable'
  | 'quota'
  | 'blocked'
  | 'newer-database'
  | 'corrupted'
  | 'torn'
  | 'hash'
  | 'expired'
  | 'revision'
  | 'newer-schema'
  | 'migration'
  | 'validation'
  | 'compression'
  | 'serialize'
  | 'unsupported'
  | 'options'
  | 'storage';

/** What is known about an error beside its kind and text. */
export interface PersistenceErrorDetails {
  /** Where the record is: the key in web storage, `database/store/record` in IndexedDB, a command's name. */
  key?: string;
  cause?: unknown;
  /** The same save would fail in the same way again, so it is not tried again. */
  permanent?: boolean;
}

/**
 * Everything this entry throws, rejects with or reports.
 *
 * ```ts
 * onPersistenceError: ({ error }) => {
 *   if (error instanceof PersistenceError && error.kind === 'quota') makeRoom();
 * }
 * ```
 */
export class PersistenceError extends Error {
  readonly kind: PersistenceErrorKind;
  readonly key?: string;
  readonly permanent: boolean;

  constructor(kind: PersistenceErrorKind, message: string, details: PersistenceErrorDetails = {}) {
    super(
      `statesync persistence: ${message} [${kind}]`,
      details.cause === undefined ? undefined : { cause: details.cause },
    );
    this.name = 'PersistenceError';
    this.kind = kind;
    this.permanent = details.permanent ?? false;
    if (details.key !== undefined) this.key = details.key;
  }
}

/** The text of anything that was thrown. */
export function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Names browsers give to "this storage is full"; Firefox has one of its own. */
const FULL = new Set(['QuotaExceededError', 'NS_ERROR_DOM_QUOTA_REACHED']);

export function isQuotaError(error: unknown): boolean {
  const { name, code } = (error ?? {}) as { name?: unknown; code?: unknown };
  return FULL.has(String(name)) || code === 22 || code === 1014;
}

/** Whatever a storage threw, as the class; `where` names the storage and the key. */
export function toPersistenceError(error: unknown, where: string, key?: string): PersistenceError {
  if (error instanceof PersistenceError) return error;
  const about = key === undefined ? {} : { key };
  if (isQuotaError(error)) {
    const advice = 'Store less, compress it, or make room; the save stays pending.';
    return new PersistenceError('quota', `${where}: quota exceeded. ${advice}`, { ...about, cause: error });
  }
  if ((error as { name?: unknown } | null)?.name === 'DataCloneError') {
    const advice = 'Snapshots must be JSON values: no functions, no proxies of a framework.';
    return new PersistenceError('serialize', `${where}: ${textOf(error)}. ${advice}`, {
      ...about,
      cause: error,
      permanent: true,
    });
  }
  return new PersistenceError('storage', `${where}: ${textOf(error)}`, { ...about, cause: error });
}
