/**
 * Redux and Redux Toolkit: a topic in a store.
 */
export {};
