/**
 * Vue: a topic as reactive state.
 */
export {};
