/**
 * Solid: a topic as fine-grained state.
 */
export {};
