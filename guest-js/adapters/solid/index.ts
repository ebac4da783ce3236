/**
 * Solid: a topic as fine-grained state.
 */
export type { ApplierOptions } from '../applier.ts';
export type { Selector } from '../selection.ts';
export type { TopicHealth } from '../topic-store.ts';
export * from './applier.ts';
export { createTopic, createTopicStatus } from './create-topic.ts';
