// What the generator writes for an app, in its shape: one file, every type, and what the topics are.

/** How the app looks. */
export type Settings = {
  /** The color scheme. */
  theme: Theme;
  /** In percent. */
  volume: number;
};

/** A color scheme. */
export type Theme = 'light' | 'dark';

/** What a customer wants to buy. */
export type Cart = {
  /** In the order they were added. */
  items: Array<Item>;
};

/** One line of a cart. */
export type Item = { sku: string; count: number };

/** The machine the app runs on. */
export type System = { cpu: number };

/** One chart's points, newest last. */
export type Feed = Array<number>;

/** A new name for the settings. */
export type Rename = { name: string };

/** The app's topics. */
export interface GeneratedTopics {
  /** How the app looks. */
  settings: Settings;
  /** The machine the app runs on. */
  system: System;
  /** What a customer wants to buy. */
  [cart: `cart:${string}`]: Cart;
  /** One chart's points, newest last. */
  [feed: `feed:${string}/points`]: Feed;
}

/** The topics that windows can only read. */
export interface GeneratedReadOnlyTopics {
  system: true;
  [feed: `feed:${string}/points`]: true;
}

/** What windows can ask Rust to do with a topic. */
export interface GeneratedTopicActions {
  settings: { rename: { args: Rename; result: null }; reset: { args: null; result: Settings } };
  system: { refresh: { args: null; result: number } };
  [cart: `cart:${string}`]: { add_item: { args: Item; result: number } };
}

declare module 'tauri-plugin-statesync-api' {
  interface Topics extends GeneratedTopics {}
  interface ReadOnlyTopics extends GeneratedReadOnlyTopics {}
  interface TopicActions extends GeneratedTopicActions {}
}
