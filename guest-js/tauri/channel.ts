// Keeps the Channel of the session and the few retired before it. Loses the messages of retired Channels: their
// generation is over. Rust ends a Channel when its session ends, and the stock receiver then removes itself; one that
// missed a message never does, so only the newest few retired ones are left to do it by themselves (`bounded`).

import { Channel, invoke } from '@tauri-apps/api/core';
import type { PluginTransport } from '../client/transport.ts';
import type { Signal } from '../client/wire.ts';
import { watchContentSecurityPolicy } from './csp.ts';
import { assertTauri, tauriInternals } from './environment.ts';
import { takeFirstPaint } from './first-paint.ts';

const MOST_RETIRED = 4;

/** The plugin's own transport: one `Channel` per session for the signals, `invoke` for the calls. */
export function createTauriTransport(): PluginTransport {
  let current: Channel<Signal> | undefined;
  const retired: Channel<Signal>[] = [];
  let watching = false;

  const retire = (channel: Channel<Signal>) => {
    channel.onmessage = () => {};
    retired.push(channel);
    while (retired.length > MOST_RETIRED) {
      const oldest = retired.shift();
      if (oldest !== undefined) tauriInternals()?.unregisterCallback?.(oldest.id);
    }
  };
  const call = async <T>(command: string, args: Record<string, unknown>): Promise<T> => {
    assertTauri();
    if (!watching) watchContentSecurityPolicy();
    watching = true;
    return await invoke<T>(`plugin:statesync|${command}`, args);
  };

  return {
    assertUsable: assertTauri,
    firstPaint: takeFirstPaint,
    async subscribe(request, onSignal) {
      assertTauri();
      if (current !== undefined) retire(current);
      const channel = new Channel<Signal>(onSignal);
      current = channel;
      return await call('subscribe', { request, channel });
    },
    pull: (request) => call('pull', { request }),
    set: (request, value) => call('set', { request, value }),
    patch: (request, patch) => call('patch', { request, patch }),
    action: (request, args) => call('action', { request, args }),
    snapshot: (topic) => call('snapshot', { topic }),
    inspect: () => call('inspect', {}),
  };
}
