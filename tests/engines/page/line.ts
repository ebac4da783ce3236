// The page's end of the line: fetches orders from the runner, one at a time, and answers each.
//
// Keeps: nothing. An order that is under way when the page goes is never answered; the runner sees another life.

/** What the runner may ask of a page, by name. */
export type Deeds = Record<string, (args: Record<string, string>) => unknown>;

interface Order {
  number: number;
  deed: string;
  args: Record<string, string>;
}

/** The name the runner knows this page by. */
export const pageName = new URLSearchParams(location.search).get('page') ?? 'main';
const here = new URLSearchParams({ page: pageName, life: `${Date.now()}-${Math.random()}` });
// A sandboxed frame has no origin that an address could be relative to.
const server = new URL('/', (document.currentScript as HTMLScriptElement).src).href;

/** What an error says, with what caused it. */
export function told(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}

/** A request to the runner's server that carries the page's name. */
export function call(path: string, body?: string, more: Record<string, string> = {}): Promise<Response> {
  const query = new URLSearchParams([...here, ...Object.entries(more)]);
  return fetch(`${server}${path}?${query}`, body === undefined ? {} : { method: 'POST', body });
}

async function answer(deeds: Deeds, { number, deed, args }: Order): Promise<void> {
  let answer: { number: number; value?: unknown; error?: string };
  try {
    const run = deeds[deed];
    if (!run) throw new Error(`no deed called ${deed}`);
    answer = { number, value: (await run(args)) ?? null };
  } catch (error) {
    answer = { number, error: told(error) };
  }
  await call('answer', JSON.stringify(answer));
  // Only now: a page that goes answers no more.
  if (deed === 'reload') location.reload();
  if (deed === 'close') window.close();
}

/** Obeys until the page goes. Orders run side by side: one may wait for another. */
export async function serve(deeds: Deeds): Promise<void> {
  const all: Deeds = { ...deeds, reload: () => null, close: () => null };
  for (;;) {
    const order = (await (await call('next')).json()) as Order;
    void answer(all, order);
  }
}
