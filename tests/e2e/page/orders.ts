// Keeps nothing: runs the orders that the test program evaluates into this page, and answers each.

import { hello, internals, load, reply } from './host.ts';
import { ledger, swallowChannels } from './ledger.ts';
import { type Guest, watch, watchedTopics } from './watch.ts';
import { describe, failures, warnings } from './witness.ts';

export type Orders = Record<string, (words: Record<string, unknown>) => unknown>;

let blocked: { from: number; to: number } | null = null;

function block(ms: number): void {
  const from = Date.now();
  while (Date.now() - from < ms) {
    // The page's only thread does nothing else meanwhile.
  }
  blocked = { from, to: Date.now() };
}

/** Orders that every page obeys. */
function everyday(guest: Guest): Orders {
  return {
    ping: () => null,
    state: () => ({
      load,
      visible: document.visibilityState !== 'hidden',
      topics: watchedTopics(),
      ledger: ledger(),
      blocked,
      warnings,
      failures,
    }),
    watch: ({ topic }) => watch(guest, String(topic)),
    // Answered first: the page cannot speak while it is blocked.
    block: ({ ms }) => {
      setTimeout(block, 0, Number(ms));
    },
    // Any call, as a page without the guest would make it: its answer or its error, as they come.
    invoke: ({ command, args }) =>
      internals.invoke(String(command), args as Record<string, unknown>).then(
        (answer) => ({ answer }),
        (error) => ({ error }),
      ),
    swallow: () => swallowChannels(),
    look: () => {
      window.dispatchEvent(new Event('focus'));
    },
    back: () => history.back(),
  };
}

/** Starts watching what the address asks for, opens for orders, and says hello. */
export async function serve(guest: Guest, more: Orders = {}): Promise<void> {
  const orders = { ...everyday(guest), ...more };
  const obey = async (id: number, order: string, words: Record<string, unknown>) => {
    try {
      const value = await orders[order]?.(words);
      await reply(id, { value: value ?? null });
    } catch (error) {
      await reply(id, { error: describe(error).message });
    }
  };
  Object.assign(window, { obey });
  const wanted = new URLSearchParams(location.search).get('watch');
  for (const topic of wanted?.split(',') ?? []) void watch(guest, topic);
  await hello();
  // A page that comes back from the page cache runs no script again: it says hello by itself.
  window.addEventListener('pageshow', (event) => {
    if (event.persisted) void hello();
  });
}
