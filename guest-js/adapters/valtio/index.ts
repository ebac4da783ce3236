/**
 * Valtio: a topic in a proxy.
 */
export type { ApplierOptions } from '../applier.ts';
export type { ConnectErrorContext, Connection, ConnectOptions } from '../connect.ts';
export * from './applier.ts';
export { connectValtio } from './connect.ts';
