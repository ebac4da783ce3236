/**
 * Valtio: a topic in a proxy.
 */
export {};
