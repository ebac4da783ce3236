// Keeps which handles save into which storage, so that loading and clearing a storage reaches their listeners and their
// pending saves; and whether what is stored must stay as it is. Loses a storage with its last reference.

import type { SnapshotApplier, SnapshotEnvelope } from '../core/index.ts';
import type { StorageBackend } from './backend.ts';
import type { AnyCompressionAdapter } from './compression.ts';
import type { PersistenceError } from './error.ts';
import type { Emitter } from './events.ts';
import type { PersistenceErrorContext } from './options.ts';

/** What loading and clearing need of a handle. */
export interface Attachment {
  readonly storage: StorageBackend<never>;
  readonly emit: Emitter<unknown>['emit'];
  readonly report: (context: PersistenceErrorContext) => void;
  readonly schemaVersion: number;
  readonly compression: AnyCompressionAdapter | undefined;
  /** Shows a stored snapshot; `false` when something newer is shown already. */
  preview(snapshot: SnapshotEnvelope<unknown>): Promise<boolean>;
  /** Gives up what is not saved yet, and resolves when no save is under way. */
  forgetPending(): Promise<void>;
  /** This page itself tells of a clear under this name: the handle has cleared already, and may have saved since. */
  expectClear(channelName: string, tabId: string): void;
}

interface Place {
  readonly live: Set<Attachment>;
  /** Of the latest handle, also after its end: what is stored was made by it. */
  compression: AnyCompressionAdapter | undefined;
  /** Why nothing may be saved over what is stored. */
  held: PersistenceError | undefined;
}

const places = new WeakMap<object, Place>();
const handles = new WeakMap<object, Attachment>();

/** From now on loads and clears of the storage reach this handle. Returns what ends that. */
export function attach(handle: object, attachment: Attachment): () => void {
  const place = placeOf(attachment.storage);
  handles.set(handle, attachment);
  place.live.add(attachment);
  if (attachment.compression) place.compression = attachment.compression;
  return () => place.live.delete(attachment);
}

/** The handle behind an applier, if it is one of ours. */
export const attachmentOf = (applier: SnapshotApplier<never>): Attachment | undefined => handles.get(applier);

/** All handles that save into the storage, and the one given, each once. */
export function attachedTo(storage: StorageBackend<never>, also?: Attachment): Attachment[] {
  const live = new Set(places.get(storage)?.live);
  if (also) live.add(also);
  return [...live];
}

/** From now on nothing is saved over what is stored, until it is migrated or cleared (`undefined`). */
export function hold(storage: StorageBackend<never>, why: PersistenceError | undefined): void {
  placeOf(storage).held = why;
}

export const heldBy = (storage: StorageBackend<never>): PersistenceError | undefined =>
  places.get(storage)?.held;

function placeOf(storage: StorageBackend<never>): Place {
  let place = places.get(storage);
  if (place === undefined) {
    place = { live: new Set(), compression: undefined, held: undefined };
    places.set(storage, place);
  }
  return place;
}

export const compressionOf = (storage: StorageBackend<never>): AnyCompressionAdapter | undefined =>
  places.get(storage)?.compression;
