/**
 * Solid: a topic as fine-grained state.
 */
export type { Selector } from '../selection.ts';
export type { TopicHealth } from '../topic-store.ts';
export { createTopic, createTopicStatus } from './create-topic.ts';
