// Compiled by tsc, never run: the page's wire shapes and the ones generated from Rust are the same.

import type * as rust from '../bindings/wire.ts';
import type { Revision } from '../core/index.ts';
import type * as page from './wire.ts';

/** Rust's side knows revisions as plain strings. */
type Plain<T> = T extends Revision
  ? string
  : T extends readonly (infer Item)[]
    ? Plain<Item>[]
    : T extends object
      ? { [Key in keyof T]: Plain<T[Key]> }
      : T;

type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never;

export const same: [
  Same<Plain<page.SubscribeRequest>, rust.SubscribeRequest>,
  Same<Plain<page.PullRequest>, rust.PullRequest>,
  Same<Plain<page.PullAnswer>, rust.PullAnswer>,
  Same<Plain<page.Signal>, rust.Signal>,
  Same<Plain<page.Inspection>, rust.Inspection>,
  Same<Plain<page.WriteRequest>, rust.WriteRequest>,
  Same<Plain<page.ActionRequest>, rust.WriteRequest & { action: string }>,
  Same<Plain<page.WriteAnswer>, rust.WriteAnswer>,
  Same<Plain<page.ActionAnswer>, rust.WriteAnswer & { result: unknown }>,
  Same<Plain<page.WireError>, rust.ErrorBody>,
] = [true, true, true, true, true, true, true, true, true, true];

// @ts-expect-error: what differs is found
export const different: Same<Plain<page.PullRequest>, rust.SubscribeRequest> = true;
