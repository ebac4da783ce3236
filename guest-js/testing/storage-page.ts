// Keeps one place for a snapshot with the two ends of an app, what saves and what loads after a reload, and what a claim about
// a storage is checked with.

import type { Revision, SnapshotEnvelope } from '../core/index.ts';
import { createPersistenceApplier } from '../persistence/applier.ts';
import type { StorageBackend } from '../persistence/backend.ts';
import { PersistenceError } from '../persistence/error.ts';
import { canonicalJson } from '../persistence/hash.ts';
import { type LoadOptions, loadPersistedSnapshot } from '../persistence/load.ts';
import type { PersistenceApplierOptions, PersistenceErrorContext } from '../persistence/options.ts';
import { createManualClock } from './manual-clock.ts';

/** One empty place for a snapshot. */
export interface StorageStage {
  /** A backend for it. Each call is another page load: nothing but what is stored may connect two of them. */
  open(): StorageBackend<unknown>;
  /** All that is stored there, as text: the values of all keys, the JSON of all records, the content of the file. */
  read(): string | Promise<string>;
  dispose?(): void | Promise<void>;
}

export function check(condition: unknown, claim: string): asserts condition {
  if (!condition) throw new Error(`storage conformance: ${claim}`);
}

/** Fields in one order, because storages may sort them; and escapes, so that a difference can be read. */
const text = (value: unknown): string =>
  String(canonicalJson(value)).replace(
    /[^ -~]/g,
    (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );

export function same(actual: unknown, expected: unknown, claim: string): void {
  check(text(actual) === text(expected), `${claim}: expected ${text(expected)}, got ${text(actual)}`);
}

export const at = (revision: number, data: unknown, epoch?: string): SnapshotEnvelope<unknown> => ({
  revision: String(revision) as Revision,
  data,
  ...(epoch === undefined ? {} : { epoch }),
});

const CLOCK = () => {
  const clock = { ...createManualClock(), wall: 1_700_000_000_000, wallTime: () => clock.wall };
  return clock;
};

/** A stage with the two ends of an app: what saves, and what loads after a reload. */
export class Page {
  readonly stage: StorageStage;
  readonly clock = CLOCK();
  readonly errors: PersistenceErrorContext[] = [];

  constructor(stage: StorageStage) {
    this.stage = stage;
  }

  async save(
    snapshot: SnapshotEnvelope<unknown>,
    options: Partial<PersistenceApplierOptions<unknown>> = {},
  ): Promise<unknown> {
    let failure: unknown;
    const persisted = createPersistenceApplier<unknown>({
      storage: this.stage.open(),
      applier: { apply() {} },
      clock: this.clock,
      onPersistenceError: ({ error }) => {
        failure = error;
      },
      // Throttled far away, so that `flush` alone decides when it is over.
      throttling: { debounceMs: 1000 },
      ...options,
    });
    await persisted.apply(snapshot);
    await persisted.flush().catch(() => {});
    persisted.dispose();
    return failure;
  }

  async saved(...[snapshot, options]: Parameters<Page['save']>): Promise<void> {
    const failure = await this.save(snapshot, options);
    if (failure) throw failure;
  }

  /** What was applied, or `undefined`. */
  async load(options: LoadOptions<unknown> = {}): Promise<SnapshotEnvelope<unknown> | undefined> {
    let applied: SnapshotEnvelope<unknown> | undefined;
    const applier = {
      apply(snapshot: SnapshotEnvelope<unknown>) {
        applied = snapshot;
      },
    };
    this.errors.length = 0;
    await loadPersistedSnapshot(this.stage.open(), applier, (context) => this.errors.push(context), {
      clock: this.clock,
      ...options,
    });
    return applied;
  }

  async loads(expected: unknown, claim: string, options?: LoadOptions<unknown>): Promise<void> {
    const loaded = await this.load(options);
    if (this.errors.length > 0) throw this.errors[0]?.error;
    same(loaded, expected, claim);
  }

  async refuses(kind: string, options?: LoadOptions<unknown>): Promise<void> {
    check((await this.load(options)) === undefined, 'nothing is applied');
    const kinds = this.errors.map(({ error }) =>
      error instanceof PersistenceError ? error.kind : String(error),
    );
    same(kinds, [kind], 'what is reported');
  }
}
