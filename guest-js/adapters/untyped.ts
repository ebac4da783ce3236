// Keeps nothing: the main entry as adapters call it. They hold topics of any name and any value; what an app may write
// is said by the types of what it calls, never here.

import {
  type LiveTopic,
  type SubscribeOptions,
  subscribe,
  type Topic,
  type TopicHandle,
  type TopicHandler,
  topic,
  type Unsubscribe,
} from '../index.ts';

/** `subscribe` with a handler, for any name. */
export const follow = subscribe as unknown as <T>(
  topic: Topic,
  handler: TopicHandler<T>,
  options?: SubscribeOptions,
) => Promise<Unsubscribe>;

/** `subscribe` without a handler, for any name. */
export const observe = subscribe as unknown as <T>(
  topic: Topic,
  options?: SubscribeOptions,
) => Promise<LiveTopic<T>>;

/** `topic`, for any name. */
export const handleOf = topic as unknown as <T>(name: Topic) => TopicHandle<T>;

/** What the page has of a topic without a call. Whatever is wrong with it, following it will say. */
export function heldValue<T>(name: Topic): T | undefined {
  try {
    return handleOf<T>(name).value;
  } catch {
    return undefined;
  }
}

/** A server has no topics and renders pages without them: that is no failure. */
export function isServerRendering(error: unknown): boolean {
  return typeof window === 'undefined' && (error as { kind?: unknown } | null)?.kind === 'not-in-tauri';
}
