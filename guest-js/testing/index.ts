/**
 * For tests without Tauri: a host in memory, time and visibility by hand, and the claims every transport,
 * every adapter and every storage has to meet.
 */
export type { PageClock, VisibilitySource } from '../client/environment.ts';
export {
  type AdapterHarness,
  type AdapterStage,
  describeAdapterConformance,
} from './adapter-conformance.ts';
export type { Fault, Faults, HostCall, HostSignal } from './faults.ts';
export { type InstalledClient, installTestClient } from './install.ts';
export { createManualClock, type ManualClock } from './manual-clock.ts';
export { createManualVisibility, type ManualVisibility } from './manual-visibility.ts';
export {
  createMemoryHost,
  type MemoryHost,
  type MemoryHostOptions,
  type MemoryWindow,
} from './memory-host.ts';
export type { Action, Misfit, Normalize, Validate } from './memory-rules.ts';
export {
  describeStorageConformance,
  type StorageHarness,
  type StorageStage,
} from './storage-conformance.ts';
export {
  type ConformanceRunner,
  describeTransportConformance,
  type TransportHarness,
} from './transport-conformance.ts';
