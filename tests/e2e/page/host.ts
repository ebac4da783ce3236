// Keeps nothing: the parts of a Tauri page that the tests touch, and the two calls to the test program.

/** What Tauri puts into every page. `callbacks` is its table of functions that Rust may call. */
interface Internals {
  invoke(command: string, args?: Record<string, unknown>): Promise<unknown>;
  callbacks: Map<number, (data: unknown) => unknown>;
}

export const internals = (window as unknown as { __TAURI_INTERNALS__: Internals }).__TAURI_INTERNALS__;

/** Names this load of the page: another one after a reload. */
export const load = crypto.randomUUID();

/** Tells the test program that this page is there and listens to orders. */
export function hello(): Promise<unknown> {
  return internals.invoke('hello', { load });
}

/** Answers an order. */
export function reply(id: number, outcome: { value: unknown } | { error: unknown }): Promise<unknown> {
  return internals.invoke('reply', { id, outcome });
}
