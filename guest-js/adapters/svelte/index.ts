/**
 * Svelte: a topic as a store or as a rune.
 */
export type { ApplierOptions } from '../applier.ts';
export type { ConnectErrorContext } from '../connect.ts';
export type { IsEqual, Selector } from '../selection.ts';
export * from './applier.ts';
export { type TopicState, topicState, topicStore } from './read.ts';
export { type WritableTopicOptions, writableTopicStore } from './write.ts';
