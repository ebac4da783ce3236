/**
 * Zustand: a topic in a store.
 */
export {};
