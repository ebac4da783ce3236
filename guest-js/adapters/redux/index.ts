/**
 * Redux and Redux Toolkit: a topic in a store.
 */
export type { ApplierOptions } from '../applier.ts';
export type { ConnectErrorContext, Connection } from '../connect.ts';
export * from './applier.ts';
export { connectRedux, type ReduxConnectOptions } from './connect.ts';
