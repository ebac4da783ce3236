// A page of an app with `withGlobalTauri`: it imports nothing of the guest and finds it on `window.__TAURI__`.
import './witness.ts';
import './ledger.ts';
import { serve } from './orders.ts';
import type { Guest } from './watch.ts';

/** The same functions as those of the package, seen from outside. */
interface GlobalGuest extends Guest {
  topic(name: string): { get(): Promise<object>; set(value: unknown): Promise<string> };
}

const { statesync } = (window as unknown as { __TAURI__: { statesync: GlobalGuest } }).__TAURI__;

await serve(statesync, {
  set: async ({ topic }) => {
    const tally = statesync.topic(String(topic));
    return await tally.set({ ...(await tally.get()), filler: 'global' });
  },
});
