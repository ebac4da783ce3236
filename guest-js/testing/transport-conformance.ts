// Keeps the list of claims every transport has to meet, whoever writes it, for any test runner. They speak the wire
// shapes directly: a transport that passes can carry the client.

import { LIMITS } from './conformance-limits.ts';
import { Page, type TransportHarness } from './conformance-page.ts';
import { READS } from './conformance-reads.ts';
import { WRITES } from './conformance-writes.ts';

export type { TransportHarness } from './conformance-page.ts';

/** The part of a test runner that is needed; vitest, jest and node:test all have it. */
export interface ConformanceRunner {
  test(name: string, body: () => Promise<void>): unknown;
}

/**
 * Runs every claim as a test of its own:
 *
 * ```ts
 * import { test } from 'vitest';
 * describeTransportConformance('my transport', createHarness, { test });
 * ```
 */
export function describeTransportConformance(
  name: string,
  createHarness: () => TransportHarness | Promise<TransportHarness>,
  runner: ConformanceRunner = globalThis as unknown as ConformanceRunner,
): void {
  for (const [claim, prove] of Object.entries({ ...READS, ...WRITES, ...LIMITS })) {
    runner.test(`${name}: ${claim}`, async () => {
      const harness = await createHarness();
      let pages = 0;
      const anotherPage = () => {
        pages += 1;
        return new Page(harness.transport(), `conformance-${pages}`);
      };
      try {
        await prove({ harness, page: anotherPage(), anotherPage });
      } finally {
        await harness.dispose?.();
      }
    });
  }
}
