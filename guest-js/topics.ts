// Keeps nothing: what the compiler knows of an app's topics. The app's generated file adds its own to the three
// interfaces, and every typed form of this package follows them. They reach an app through `export *` only: names that
// are re-exported one by one cannot be added to from outside.

import type { ActionTable, TopicHandle } from './client/index.ts';
import type { Topic } from './core/index.ts';

/**
 * The app's topics and their types: empty here, filled in by the app's generated file.
 *
 * ```ts
 * declare module 'tauri-plugin-statesync-api' {
 *   interface Topics { settings: Settings; [cart: `cart:${string}`]: Cart }
 * }
 * ```
 *
 * Once there is a topic in it, the name of one that is not does not compile.
 */
// biome-ignore lint/suspicious/noEmptyInterface: an app merges its own topics into it
export interface Topics {}

/** The topics that windows cannot set, update or patch: `system: true`. Filled in by the generated file. */
// biome-ignore lint/suspicious/noEmptyInterface: an app merges its own topics into it
export interface ReadOnlyTopics {}

/** The named actions of topics: `settings: { rename: { args: Rename; result: null } }`. Filled in by the generated file. */
// biome-ignore lint/suspicious/noEmptyInterface: an app merges its own topics into it
export interface TopicActions {}

/** The names of the app's topics; a family is a template such as `` `cart:${string}` ``. `never`: none declared. */
export type DeclaredTopic = keyof Topics & string;

/** Any name while the app has declared no topic, and none afterwards. */
export type UndeclaredTopic = [DeclaredTopic] extends [never] ? Topic : never;

/** The type of a declared topic. */
export type TopicValue<Name extends DeclaredTopic> = Topics[Name];

/** The names of the topics that windows can write. */
export type WritableTopic = Exclude<DeclaredTopic, keyof ReadOnlyTopics>;

/** Arguments and results of a declared topic's actions, by name. */
export type ActionsOf<Name extends DeclaredTopic> = Name extends keyof TopicActions
  ? TopicActions[Name]
  : Record<never, never>;

/** A topic that windows can only read; its actions, if it has any, are still allowed. */
export interface ReadOnlyTopicHandle<T, Actions = ActionTable>
  extends Omit<TopicHandle<T, Actions>, 'set' | 'update' | 'patch'> {}

/** What `topic(name)` gives for a declared name. */
export type DeclaredHandle<Name extends DeclaredTopic> = Name extends keyof ReadOnlyTopics
  ? ReadOnlyTopicHandle<TopicValue<Name>, ActionsOf<Name>>
  : TopicHandle<TopicValue<Name>, ActionsOf<Name>>;

/** A handle for every declared topic that is no family, under its name and with its documentation. */
export type DeclaredHandles = {
  // A name that an empty object could have is a template, not a name.
  readonly [Name in keyof Topics as Record<never, never> extends Record<Name, 1>
    ? never
    : Name]: DeclaredHandle<Name & DeclaredTopic>;
};
