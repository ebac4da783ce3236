/**
 * Svelte: a topic as a store or as a rune.
 */
export {};
