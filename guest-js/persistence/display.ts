// What the inner applier was given last, and whether something from elsewhere may follow it. Keeps that snapshot, so that
// parts of the next one that are equal keep their identity. Loses on purpose what comes from another page while a pull's
// snapshot is being applied, all but the newest.
//
// A pull's snapshot is always applied: the engine judged it, and it repairs whatever a cache or another page claimed. The
// others are previews and pass the gate of a pull (`strictly-newer`, `epoch`), and a preview never becomes the engine's
// local revision.

import { MAX_DEPTH, tooDeepAt } from '../core/depth.ts';
import {
  type ApplyContext,
  compareRevisions,
  type SnapshotApplier,
  type SnapshotEnvelope,
} from '../core/index.ts';
import { share } from '../core/share.ts';
import { PersistenceError } from './error.ts';

/** Where what is shown came from. */
type Source = 'pull' | 'stored' | 'page';

/** `shown`: it is. `stale`: not newer than what is shown. `foreign`: of another epoch. `refused`: by the applier. */
export type PreviewOutcome = 'shown' | 'stale' | 'foreign' | 'refused';

export interface Display<T> {
  /** Rejects as the applier does; `false` when it did not take the snapshot. */
  pull(snapshot: SnapshotEnvelope<T>, context?: ApplyContext): Promise<void | false>;
  /** The stored snapshot, at start: only while nothing else is shown. */
  stored(snapshot: SnapshotEnvelope<T>): Promise<PreviewOutcome>;
  /** Another page's snapshot. */
  page(snapshot: SnapshotEnvelope<T>): Promise<PreviewOutcome>;
  /**
   * The engine has pulled since another page's snapshot was shown, and found nothing newer: shows what was pulled again.
   * `true` when that was necessary.
   */
  takeBack(): Promise<boolean>;
  /** The newest snapshot that a pull brought. */
  pulled(): SnapshotEnvelope<T> | undefined;
}

export function createDisplay<T>(applier: SnapshotApplier<T>): Display<T> {
  let shown: { snapshot: SnapshotEnvelope<T>; source: Source } | undefined;
  let pulled: SnapshotEnvelope<T> | undefined;
  /** Ends when the snapshot that is being applied is. */
  let turn: Promise<unknown> | undefined;
  /** Pages that wait for that; only the newest goes on. */
  let latest = 0;

  const show = async (
    snapshot: SnapshotEnvelope<T>,
    source: Source,
    context?: ApplyContext,
  ): Promise<void | false> => {
    demandDepth(snapshot);
    const data = share(shown?.snapshot.data, snapshot.data);
    const shared = data === snapshot.data ? snapshot : { ...snapshot, data };
    const applied = context ? applier.apply(shared, context) : applier.apply(shared);
    const isPending = typeof (applied as Promise<unknown> | undefined)?.then === 'function';
    const outcome = isPending ? await whileWaiting(applied as Promise<void | false>) : applied;
    if (outcome === false) return false;
    shown = { snapshot: shared, source };
    if (source === 'pull') pulled = shared;
  };

  const whileWaiting = async <R>(applied: Promise<R>): Promise<R> => {
    turn = applied;
    try {
      return await applied;
    } finally {
      if (turn === applied) turn = undefined;
    }
  };

  const others = async (): Promise<void> => {
    while (turn) await Promise.allSettled([turn]);
  };

  const preview = async (snapshot: SnapshotEnvelope<T>, source: Source): Promise<PreviewOutcome> =>
    (await show(snapshot, source)) === false ? 'refused' : 'shown';

  return {
    async pull(snapshot, context) {
      if (turn) await others();
      return context?.signal.aborted ? false : show(snapshot, 'pull', context);
    },
    async stored(snapshot) {
      await others();
      return shown ? 'stale' : preview(snapshot, 'stored');
    },
    async page(snapshot) {
      latest += 1;
      const number = latest;
      await others();
      if (number !== latest) return 'stale';
      if (shown && shown.snapshot.epoch !== snapshot.epoch) return 'foreign';
      if (shown && compareRevisions(snapshot.revision, shown.snapshot.revision) <= 0) return 'stale';
      return preview(snapshot, 'page');
    },
    async takeBack() {
      await others();
      if (shown?.source !== 'page' || !pulled) return false;
      return (await show(pulled, 'pull')) !== false;
    },
    pulled: () => pulled,
  };
}

/** Neither shown nor stored: what shares, hashes and stores a value calls itself for each of its levels. */
function demandDepth({ data }: SnapshotEnvelope<unknown>): void {
  const path = tooDeepAt(data);
  if (path === undefined) return;
  const message = `the data is deeper than ${MAX_DEPTH} levels at ${path}: it is neither shown nor stored.`;
  throw new PersistenceError('serialize', message, { permanent: true });
}
