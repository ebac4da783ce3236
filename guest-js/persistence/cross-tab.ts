// Messages between pages of one origin: what was saved, a question for it, and that it was cleared. Keeps nothing but its
// channel; messages may get lost, and nothing depends on them. What comes in is checked like a pull's answer, and dropped
// when it is malformed or this page's own.

import type { SnapshotEnvelope } from '../core/index.ts';
import { isSnapshot, plainSnapshot, type StorageBackend } from './backend.ts';
import { PersistenceError } from './error.ts';

export interface CrossTabSyncOptions {
  /** Pages with the same name hear each other. */
  channelName: string;
  /** Take snapshots of other pages; default true. */
  receiveUpdates?: boolean;
  /** Tell other pages what is saved here; default true. */
  broadcastSaves?: boolean;
}

/** What is sent. The epoch is part of the snapshot. */
export type CrossTabMessage<T> =
  | { type: 'snapshot'; payload: SnapshotEnvelope<T>; tabId: string }
  | { type: 'request-sync'; tabId: string }
  | { type: 'clear'; tabId: string };

export interface CrossTabSyncHandlers<T> {
  /** A snapshot with canonical revision and an epoch that is text or missing. Whether it is newer is yours to judge. */
  onSnapshot?: (snapshot: SnapshotEnvelope<T>, fromTabId: string) => void;
  /** Another page asks for the newest snapshot: `broadcast` it. */
  onSyncRequest?: (fromTabId: string) => void;
  /** Another page cleared the stored data. */
  onClear?: (fromTabId: string) => void;
}

export interface CrossTabSync<T> {
  /** Does nothing with `broadcastSaves: false`. */
  broadcast(snapshot: SnapshotEnvelope<T>): void;
  requestSync(): void;
  notifyClear(): void;
  /** Without BroadcastChannel everything here does nothing. */
  isSupported(): boolean;
  /** Random, for each call of {@link createCrossTabSync}. */
  getTabId(): string;
  /** Final and idempotent. */
  dispose(): void;
}

/** Whether pages can tell each other anything here. */
export function isBroadcastChannelSupported(): boolean {
  return typeof BroadcastChannel === 'function';
}

/**
 * ```ts
 * const tabs = createCrossTabSync<Cart>({ channelName: 'cart', onSnapshot: (snapshot) => show(snapshot) });
 * tabs.requestSync();
 * ```
 */
export function createCrossTabSync<T>(
  options: CrossTabSyncOptions & CrossTabSyncHandlers<T>,
): CrossTabSync<T> {
  const { channelName, receiveUpdates = true, broadcastSaves = true } = options;
  if (typeof channelName !== 'string' || channelName === '')
    throw new PersistenceError('options', 'cross-tab sync needs a `channelName`, a non-empty string.');
  const tabId = randomTabId();
  let channel = openChannel(channelName);

  const hear = (message: unknown): void => {
    if (!channel || !isMessage(message) || message.tabId === tabId) return;
    if (message.type === 'clear') options.onClear?.(message.tabId);
    else if (message.type === 'request-sync') options.onSyncRequest?.(message.tabId);
    else if (receiveUpdates)
      options.onSnapshot?.(plainSnapshot(message.payload) as SnapshotEnvelope<T>, message.tabId);
  };
  const onMessage = (event: MessageEvent<unknown>): void => {
    try {
      hear(event.data);
    } catch {}
  };
  const end = channel && listen(channel, onMessage);

  const send = (message: CrossTabMessage<T>): void => {
    try {
      channel?.postMessage(message);
    } catch {
      // A framework's proxy cannot be cloned, its JSON can. What cannot be sent at all is not sent.
      try {
        channel?.postMessage(JSON.parse(JSON.stringify(message)));
      } catch {}
    }
  };

  return {
    broadcast(snapshot) {
      if (broadcastSaves) send({ type: 'snapshot', payload: plainSnapshot(snapshot), tabId });
    },
    requestSync: () => send({ type: 'request-sync', tabId }),
    notifyClear: () => send({ type: 'clear', tabId }),
    isSupported: isBroadcastChannelSupported,
    getTabId: () => tabId,
    dispose() {
      end?.();
      channel?.close();
      channel = undefined;
    },
  };
}

/** A save that is then told to other pages. One that fails rejects and is not told. */
export function withCrossTabSync<T>(
  storage: Pick<StorageBackend<T>, 'save'>,
  options: CrossTabSyncOptions & CrossTabSyncHandlers<T>,
): { save(snapshot: SnapshotEnvelope<T>): Promise<void>; crossTab: CrossTabSync<T> } {
  const crossTab = createCrossTabSync<T>(options);
  return {
    async save(snapshot) {
      await storage.save(snapshot);
      crossTab.broadcast(snapshot);
    },
    crossTab,
  };
}

/** Opaque origins have the class but may not use it. */
function openChannel(name: string): BroadcastChannel | undefined {
  if (!isBroadcastChannelSupported()) return undefined;
  try {
    return new BroadcastChannel(name);
  } catch {
    return undefined;
  }
}

/** Some environments have a BroadcastChannel with `onmessage` alone, and some with `addEventListener` alone. */
function listen(channel: BroadcastChannel, hear: (event: MessageEvent<unknown>) => void): () => void {
  if (typeof channel.addEventListener === 'function') {
    channel.addEventListener('message', hear);
    return () => channel.removeEventListener?.('message', hear);
  }
  channel.onmessage = hear;
  return () => {
    channel.onmessage = null;
  };
}

function isMessage(message: unknown): message is CrossTabMessage<unknown> {
  if (typeof message !== 'object' || message === null) return false;
  const { type, tabId, payload } = message as Record<string, unknown>;
  if (typeof tabId !== 'string' || tabId === '') return false;
  return type === 'request-sync' || type === 'clear' || (type === 'snapshot' && isSnapshot(payload));
}

/** Random numbers rather than `randomUUID`, which insecure contexts lack. */
function randomTabId(): string {
  const words = globalThis.crypto?.getRandomValues?.(new Uint32Array(4)) ?? [0, 0, 0, 0].map(randomWord);
  return [...words].map((word) => word.toString(36)).join('-');
}

const randomWord = () => Math.floor(Math.random() * 2 ** 32);
