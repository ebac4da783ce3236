/**
 * Vue: a topic as reactive state.
 */
export type { ApplierOptions } from '../applier.ts';
export type { ConnectErrorContext } from '../connect.ts';
export type { IsEqual, Selector } from '../selection.ts';
export type { TopicHealth } from '../topic-store.ts';
export * from './applier.ts';
export { type TopicRef, useTopic, useTopicStatus } from './use-topic.ts';
export { type TopicModelOptions, useTopicModel } from './use-topic-model.ts';
