/**
 * Pinia: a topic in a store.
 */
export {};
