/**
 * Vue: a topic as reactive state.
 */
export type { IsEqual, Selector } from '../selection.ts';
export type { TopicHealth } from '../topic-store.ts';
export { type TopicRef, useTopic, useTopicStatus } from './use-topic.ts';
