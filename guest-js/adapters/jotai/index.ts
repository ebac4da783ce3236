/**
 * Jotai: a topic as an atom.
 */
export type { ApplierOptions } from '../applier.ts';
export type { TopicHealth } from '../topic-store.ts';
export * from './applier.ts';
export { type ReadOnlyTopicAtom, type TopicAtom, topicAtom, topicStatusAtom } from './topic-atom.ts';
