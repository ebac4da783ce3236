/**
 * MobX: a topic in an observable object.
 */
export type { ApplierOptions } from '../applier.ts';
export type { ConnectErrorContext, Connection, ConnectOptions } from '../connect.ts';
export * from './applier.ts';
export { connectMobX } from './connect.ts';
