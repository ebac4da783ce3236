/**
 * Brings snapshots into a Valtio proxy. Keeps getters, functions and the identity of nested proxies whose data did
 * not change.
 */
import type { SnapshotApplier } from '../../core/index.ts';
import { type ApplierOptions, createApplier, edit, isCode } from '../applier.ts';

/**
 * An applier for a Valtio proxy of an object or of a list. Writes only what changed. Throws when both filters are given.
 *
 * ```ts
 * const settings = proxy({ theme: 'light', volume: 5 });
 * const applier = createValtioSnapshotApplier(settings);
 * ```
 */
export function createValtioSnapshotApplier<S extends object, D = Partial<S>>(
  proxy: S,
  options?: ApplierOptions<NoInfer<S>, D, { proxy: S }>,
): SnapshotApplier<D> {
  return createApplier(
    options,
    { proxy },
    () => proxy,
    edit,
    isCode,
    (state) => state,
    true,
  );
}
