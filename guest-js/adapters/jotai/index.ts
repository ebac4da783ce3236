/**
 * Jotai: a topic as an atom.
 */
export {};
