// Keeps nothing but what has to be put back: swaps the page's client for one over an in-memory host.

import { type ClientOptions, createClient, type StateSyncClient } from '../client/client.ts';
import { setDefaultClient } from '../client/default.ts';
import type { MemoryHost, MemoryWindow } from './memory-host.ts';

export interface InstalledClient {
  readonly client: StateSyncClient;
  /** Stops the client and puts back the one that was there before. */
  restore(): void;
}

/**
 * Lets `subscribe` and `topic` of the main entry talk to `host`:
 *
 * ```ts
 * const host = createMemoryHost();
 * host.register('settings', { theme: 'dark' });
 * const { restore } = installTestClient(host);
 * ```
 */
export function installTestClient(
  host: MemoryHost,
  options: Omit<ClientOptions, 'transport'> & { window?: MemoryWindow } = {},
): InstalledClient {
  const { window, ...rest } = options;
  const client = createClient({ ...rest, transport: host.transport(window) });
  const previous = setDefaultClient(client);
  return {
    client,
    restore() {
      client.close();
      setDefaultClient(previous);
    },
  };
}
