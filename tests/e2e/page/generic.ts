// A generic client: `listen` on the app's plain event and `invoke` of one command, no Channel and no session.
import './witness.ts';
import './ledger.ts';
import {
  createTauriRevisionSync,
  type TauriInvoke,
  type TauriListen,
} from 'tauri-plugin-statesync-api/tauri';
import { serve } from './orders.ts';
import type { Guest } from './watch.ts';

const { event, core } = (
  window as unknown as { __TAURI__: { event: { listen: TauriListen }; core: { invoke: TauriInvoke } } }
).__TAURI__;

const EVENT = 'statesync:invalidation';
/** Every topic the event ever named. */
const named = new Set<string>();
await event.listen<{ topic: string }>(EVENT, ({ payload }) => named.add(payload.topic));

const guest: Guest = {
  subscribe: async (topic, handler, { onError }) => {
    const sync = createTauriRevisionSync<unknown>({
      topic,
      listen: event.listen,
      invoke: core.invoke,
      eventName: EVENT,
      commandName: 'plugin:statesync|snapshot',
      args: { topic },
      applier: { apply: ({ data, revision }) => handler(data, { revision }) },
      onError,
    });
    await sync.start();
    return () => sync.stop();
  },
};

await serve(guest, { named: () => [...named] });
