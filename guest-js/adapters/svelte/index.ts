/**
 * Svelte: a topic as a store or as a rune.
 */
export type { IsEqual, Selector } from '../selection.ts';
export { type TopicState, topicState, topicStore } from './read.ts';
