// Keeps the page's one client where every copy of this module finds it: after a hot replacement, or when a bundle
// contains the package twice, there is still one session and one engine per topic.

import type { StateSyncClient } from './client.ts';

const KEY = Symbol.for('tauri-plugin-statesync.client');

interface Holder {
  [KEY]?: StateSyncClient;
}

/** The page's client, made by `create` at the first use. */
export function defaultClient(create: () => StateSyncClient): StateSyncClient {
  const holder = globalThis as Holder;
  holder[KEY] ??= create();
  return holder[KEY];
}

/** Puts another client in its place; returns the one that was there. `undefined`: the next use makes a new one. */
export function setDefaultClient(client: StateSyncClient | undefined): StateSyncClient | undefined {
  const holder = globalThis as Holder;
  const previous = holder[KEY];
  if (client === undefined) delete holder[KEY];
  else holder[KEY] = client;
  return previous;
}
