/**
 * Jotai: a topic as an atom.
 */
export type { TopicHealth } from '../topic-store.ts';
export { type ReadOnlyTopicAtom, type TopicAtom, topicAtom, topicStatusAtom } from './topic-atom.ts';
