// Keeps nothing: what may go wrong on the way between a page and the in-memory host, and how it does.

import type { PageClock } from '../client/environment.ts';
import type {
  ActionRequest,
  PatchOperation,
  PullRequest,
  Signal,
  SubscribeRequest,
  WriteRequest,
} from '../client/wire.ts';

/** A call on its way, as a fault hook sees it. */
export type HostCall =
  | { name: 'subscribe'; window: string; request: SubscribeRequest }
  | { name: 'pull'; window: string; request: PullRequest }
  | { name: 'set'; window: string; request: WriteRequest; value: unknown }
  | { name: 'patch'; window: string; request: WriteRequest; operations: readonly PatchOperation[] }
  | { name: 'action'; window: string; request: ActionRequest; args: unknown }
  | { name: 'snapshot'; window: string; topic: string }
  | { name: 'inspect'; window: string };

/** A signal on its way to a page. */
export interface HostSignal {
  window: string;
  page: string;
  generation: number;
  signal: Signal;
}

/** `lose`: it never arrives. `error`: the call rejects with it. `delayMs`: later, so that others overtake it. */
export type Fault = 'lose' | { error: unknown } | { delayMs: number } | undefined;

/** Hooks that say what happens to each message; `undefined` lets it pass. */
export interface Faults {
  /** Before a call reaches the host. */
  request?: (call: HostCall) => Fault;
  /** After the host has done it, before the answer reaches the page. */
  answer?: (call: HostCall) => Fault;
  signal?: (signal: HostSignal) => Fault;
}

/** Carries one message: after the fault that hits it, if it arrives at all. */
export function carry(clock: PageClock, fault: Fault): Promise<void> {
  if (fault === undefined) return Promise.resolve();
  if (fault === 'lose') return new Promise(() => {});
  if ('error' in fault) return Promise.reject(fault.error);
  return new Promise((resolve) => {
    clock.setTimeout(resolve, fault.delayMs);
  });
}
