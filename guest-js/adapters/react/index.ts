/**
 * React: a topic as the state of components.
 */
export {};
