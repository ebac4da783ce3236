/**
 * Zustand: a topic in a store.
 */
export type { ApplierOptions } from '../applier.ts';
export type { ConnectErrorContext, Connection, ConnectOptions } from '../connect.ts';
export * from './applier.ts';
export { statesync, type WithStateSync } from './middleware.ts';
