// One snapshot in localStorage or sessionStorage: `{ revision, data }` as JSON under the key, as any reader expects it, and
// its metadata under `KEY:meta`.
//
// Keeps pairs together although the two are written one after the other: the metadata is written first, and holds, beside
// its own, the metadata of the record before, each with the digest of the text it belongs to. Whichever text a crash or a
// full storage left under the key, its own metadata is there. A text that belongs to neither (someone else wrote it, or two
// tabs at the same instant) is an error of kind `torn`, never a guess. Where the metadata of both has no room, the text goes
// first, or a full storage could not take a smaller record. Loses nothing but what the browser throws away.

import type { SnapshotEnvelope } from '../core/index.ts';
import {
  byteLength,
  demandEnvelope,
  isMetadata,
  type PersistedSnapshotMetadata,
  plainSnapshot,
  rememberedJson,
  type StorageBackendWithMetadata,
  textOfSnapshot,
  torn,
  unknownMetadata,
  unreadable,
} from './backend.ts';
import { isQuotaError, PersistenceError, textOf, toPersistenceError } from './error.ts';
import { digest } from './hash.ts';

/** Where the snapshot is, and how it is written. */
export interface WebStorageBackendOptions {
  /** Also `KEY:meta` is used, and `KEY:bad` for a record that could not be read. */
  key: string;
  /** Default `JSON.stringify`. Its inverse has to be given with it. */
  serialize?: (snapshot: SnapshotEnvelope<unknown>) => string;
  deserialize?: (text: string) => SnapshotEnvelope<unknown>;
}

type AreaName = 'localStorage' | 'sessionStorage';

/** Metadata, and the digest of the text it belongs to. */
interface Bound {
  of: string;
  metadata: PersistedSnapshotMetadata;
}

/**
 * A snapshot in `localStorage`: shared by all pages of the origin, about 5 MB for all of them, kept until it is cleared.
 *
 * Creating it touches nothing. Calls reject with kind `unavailable` where there is no storage or the browser denies it
 * (private mode), `quota` when it is full (the message contains `quota exceeded`; what was stored before is still there), and
 * `corrupted` when the record cannot be read (`Failed to deserialize`, with the key and `Original error:`).
 *
 * ```ts
 * const storage = createLocalStorageBackend<Settings>({ key: 'settings' });
 * ```
 */
export function createLocalStorageBackend<T>(
  options: WebStorageBackendOptions,
): StorageBackendWithMetadata<T> {
  return createWebStorageBackend('localStorage', options);
}

/** {@link createLocalStorageBackend} for one tab: `sessionStorage` survives reloads and ends with the tab. */
export function createSessionStorageBackend<T>(
  options: WebStorageBackendOptions,
): StorageBackendWithMetadata<T> {
  return createWebStorageBackend('sessionStorage', options);
}

function createWebStorageBackend<T>(
  name: AreaName,
  { key, serialize, deserialize = JSON.parse }: WebStorageBackendOptions,
): StorageBackendWithMetadata<T> {
  if (typeof key !== 'string' || key === '')
    throw new PersistenceError('options', `a ${name} backend needs a \`key\`, a non-empty string.`);
  const metaKey = `${key}:meta`;
  const badKey = `${key}:bad`;
  const where = `${name} "${key}"`;

  /** Runs one access; whatever it throws names the key. */
  const attempt = async <R>(run: (area: Storage) => R): Promise<R> => {
    const area = open(name, key);
    try {
      return run(area);
    } catch (error) {
      throw toPersistenceError(error, where, key);
    }
  };

  /** Runs a save, which hands over its text as soon as there is one. */
  const saving = (run: (area: Storage, made: (text: string) => string) => void): Promise<void> => {
    let size = 0;
    return attempt((area) => {
      try {
        run(area, (text) => {
          size = byteLength(text);
          return text;
        });
      } catch (error) {
        throw isQuotaError(error) ? full(name, key, size, error) : error;
      }
    });
  };

  /** The text of a snapshot; `json` is its data's, where somebody has made that already. */
  const textFor = (snapshot: SnapshotEnvelope<unknown>, json?: string): string => {
    if (serialize === undefined) return textOfSnapshot(snapshot, json ?? JSON.stringify(snapshot.data));
    const text: unknown = serialize(plainSnapshot(snapshot));
    if (typeof text === 'string') return text;
    throw new PersistenceError('serialize', `${where}: serialize gave ${typeof text} instead of text.`, {
      key,
      permanent: true,
    });
  };

  const read = (text: string): SnapshotEnvelope<T> => {
    let value: unknown;
    try {
      value = deserialize(text);
    } catch (error) {
      throw unreadable(key, textOf(error), error);
    }
    return demandEnvelope(value, key) as SnapshotEnvelope<T>;
  };

  /** Newest first. */
  const boundIn = (area: Storage): Bound[] => {
    const text = area.getItem(metaKey);
    if (text === null) return [];
    let list: unknown;
    try {
      list = JSON.parse(text);
    } catch (error) {
      throw unreadable(metaKey, textOf(error), error);
    }
    if (!Array.isArray(list) || !list.every(isBound)) throw unreadable(metaKey, 'it is not metadata');
    return list;
  };

  /** What to keep of the metadata there is: that of the text there is. Metadata that is garbage is worth nothing. */
  const belonging = (area: Storage): Bound[] => {
    const text = area.getItem(key);
    if (text === null) return [];
    try {
      const all = boundIn(area);
      return all.length === 0 ? [] : all.filter(({ of }) => of === digest(text)).slice(0, 1);
    } catch {
      return [];
    }
  };

  const put = (area: Storage, text: string, metadata: PersistedSnapshotMetadata): void => {
    const before = area.getItem(metaKey);
    const own: Bound = { of: digest(text), metadata };
    try {
      area.setItem(metaKey, JSON.stringify([own, ...belonging(area)]));
    } catch (error) {
      if (!isQuotaError(error)) throw error;
      putWithoutRoom(area, text, own);
      return;
    }
    try {
      area.setItem(key, text);
    } catch (error) {
      restore(area, metaKey, before);
      throw error;
    }
  };

  /**
   * Where the metadata of two records has no room: the text first, which may be shorter than the one there is. Only a crash
   * between the two writes can tear them, and that is noticed.
   */
  const putWithoutRoom = (area: Storage, text: string, own: Bound): void => {
    const before = area.getItem(key);
    area.setItem(key, text);
    try {
      area.setItem(metaKey, JSON.stringify([own]));
    } catch (error) {
      restore(area, key, before);
      throw error;
    }
  };

  return {
    save: (snapshot) =>
      saving((area, made) => {
        const json = serialize === undefined ? JSON.stringify(snapshot.data) : undefined;
        const text = made(textFor(snapshot, json));
        // Metadata of its own, or the text would be taken for a torn one.
        if (area.getItem(metaKey) === null) area.setItem(key, text);
        else put(area, text, unknownMetadata(snapshot, json));
      }),
    load: () =>
      attempt((area) => {
        const text = area.getItem(key);
        return text === null ? null : read(text);
      }),
    saveWithMetadata: (record) =>
      saving((area, made) =>
        put(area, made(textFor(record.snapshot, rememberedJson(record))), record.metadata),
      ),
    loadWithMetadata: () =>
      attempt((area) => {
        const text = area.getItem(key);
        if (text === null) return null;
        const bound = boundIn(area);
        const own = bound.length === 0 ? undefined : bound.find(({ of }) => of === digest(text));
        if (bound.length > 0 && own === undefined) throw torn(key);
        const snapshot = read(text);
        return { snapshot, metadata: own?.metadata ?? unknownMetadata(snapshot) };
      }),
    loadMetadata: () =>
      attempt((area) => {
        const text = area.getItem(key);
        if (text === null) return null;
        const bound = boundIn(area);
        return (bound.find(({ of }) => of === digest(text)) ?? bound[0])?.metadata ?? null;
      }),
    clear: () =>
      attempt((area) => {
        for (const each of [key, metaKey, badKey]) area.removeItem(each);
      }),
    setAside: () =>
      saving((area, made) => {
        const text = area.getItem(key);
        if (text !== null) area.setItem(badKey, made(text));
        area.removeItem(key);
        area.removeItem(metaKey);
      }),
    getUsage: () =>
      attempt((area) => {
        const units = [key, metaKey, badKey].reduce((sum, each) => {
          const text = area.getItem(each);
          return text === null ? sum : sum + each.length + text.length;
        }, 0);
        return { used: 2 * units };
      }),
  };
}

/** The area itself. Browsers that deny it throw when the property is read. */
function open(name: AreaName, key: string): Storage {
  let area: Storage | null | undefined;
  let cause: unknown;
  try {
    area = (typeof window === 'undefined' ? (globalThis as Partial<typeof window>) : window)[name];
  } catch (error) {
    cause = error;
  }
  if (area) return area;
  const why = cause === undefined ? 'there is no such storage here' : textOf(cause);
  throw new PersistenceError(
    'unavailable',
    `${name} cannot be used for "${key}": ${why}. Private mode, blocked site data or a server; nothing is kept.`,
    { key, cause },
  );
}

/** A storage that has no room for a text of so many bytes. What it had before is still there. */
function full(name: AreaName, key: string, size: number, cause: unknown): PersistenceError {
  const advice = 'Store less, compress it, or make room; the save stays pending.';
  const message = `${name} quota exceeded for "${key}". Data size: ${Math.ceil(size / 1024)} KB. ${advice}`;
  return new PersistenceError('quota', message, { key, cause });
}

function isBound(value: unknown): value is Bound {
  const { of, metadata } = (value ?? {}) as Partial<Bound>;
  return typeof of === 'string' && isMetadata(metadata);
}

/** Puts one half back after the other one could not be written. What was there had room. */
function restore(area: Storage, key: string, before: string | null): void {
  try {
    if (before === null) area.removeItem(key);
    else area.setItem(key, before);
  } catch {}
}
