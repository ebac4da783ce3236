/**
 * React: a topic as the state of components.
 *
 * Reads are hooks; writes are `topic(name).set`, `.update`, `.patch` and `.action` of the main entry, with
 * `{ optimistic: true }` where the component shall show them at once.
 */
export type { IsEqual, Selector } from '../selection.ts';
export type { TopicHealth } from '../topic-store.ts';
export { useSuspenseTopic, useTopic, useTopicStatus } from './use-topic.ts';
