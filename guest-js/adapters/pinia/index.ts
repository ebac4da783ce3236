/**
 * Pinia: a topic in a store.
 */
export type { ApplierOptions } from '../applier.ts';
export type { ConnectErrorContext, Connection, ConnectOptions } from '../connect.ts';
export * from './applier.ts';
export { createStateSyncPlugin, type PiniaStateSync } from './plugin.ts';
