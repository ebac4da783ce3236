/**
 * MobX: a topic in an observable object.
 */
export {};
