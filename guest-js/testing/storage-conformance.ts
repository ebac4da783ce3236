// Keeps the list of claims every storage backend has to meet, for any test runner. They go through the applier and the loader,
// as an app does, and open the place anew between the two, as after a reload. What an option promises is looked up in what is
// really stored.

import { CLAIMS, combinations } from './storage-claims.ts';
import { Page, type StorageStage } from './storage-page.ts';
import type { ConformanceRunner } from './transport-conformance.ts';

export type { StorageStage } from './storage-page.ts';

/** What a backend's author provides: a fresh place for every claim. */
export interface StorageHarness {
  name: string;
  create(): StorageStage | Promise<StorageStage>;
}

/**
 * Runs every claim as a test of its own:
 *
 * ```ts
 * import { test } from 'vitest';
 * describeStorageConformance({ test }, { name: 'my storage', create: () => stageOf(new MyStorage()) });
 * ```
 *
 * A storage with `save` and `load` only passes as `withMetadata(storage)`.
 */
export function describeStorageConformance(runner: ConformanceRunner, harness: StorageHarness): void {
  for (const [claim, prove] of Object.entries({ ...CLAIMS, ...combinations() })) {
    runner.test(`${harness.name}: ${claim}`, async () => {
      const stage = await harness.create();
      try {
        await prove(new Page(stage));
      } finally {
        await stage.dispose?.();
      }
    });
  }
}
