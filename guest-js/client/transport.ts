// Keeps nothing: what a session needs of whatever carries its calls. The Tauri one is in ../tauri, the in-memory
// one in ../testing. A transport may lose, delay and repeat things; it must never make one up.

import type { Revision, Topic } from '../core/index.ts';
import type {
  ActionAnswer,
  ActionRequest,
  Inspection,
  PatchOperation,
  PullAnswer,
  PullRequest,
  Signal,
  SubscribeRequest,
  WriteAnswer,
  WriteRequest,
} from './wire.ts';

/**
 * Carries the calls of one page.
 *
 * A call rejects with an object `{ kind, message, ... }` (`WireError`) when the host refused it, with the plain
 * string of Tauri's access control when the window may not make the call at all, and with anything else when the
 * call itself failed.
 */
export interface PluginTransport {
  /** Throws when there is nothing to talk to at all, for example on a server. */
  assertUsable?(): void;
  /** What the host put into the page before its first script: a `PullAnswer` as text, all of it data. Called once. */
  firstPaint?(): unknown;
  /** Every call brings a signal handler of its own: a fresh Channel (`give-up`, `one-session-a-page`). */
  subscribe(request: SubscribeRequest, onSignal: (signal: Signal) => void): Promise<PullAnswer>;
  pull(request: PullRequest): Promise<PullAnswer>;
  set(request: WriteRequest, value: unknown): Promise<WriteAnswer>;
  patch(request: WriteRequest, operations: readonly PatchOperation[]): Promise<WriteAnswer>;
  action(request: ActionRequest, args: unknown): Promise<ActionAnswer>;
  snapshot(topic: Topic): Promise<{ revision: Revision; data: unknown }>;
  inspect(): Promise<Inspection>;
}
