// Keeps what a page shows of one topic: the newest value it has from the host, whichever way that came, with the writes
// that are not settled replayed over it. Loses older values, whenever they arrive: within an epoch what is shown never
// goes back, but for a write that is refused.
//
// Two ways lead here. `take` is the engine's: the snapshot it applies, also when it is older than what a write's answer
// has brought. `learn` is the writes': a snapshot of the same epoch that is newer than everything so far. Values are
// shared: what did not change keeps its identity from one to the next.

import { compareRevisions, type Revision } from '../core/index.ts';
import { share } from '../core/share.ts';
import { isSame } from './json.ts';
import { attempt, type PendingWrites } from './pending.ts';

/** A topic's value at one revision. */
export interface Snapshot {
  readonly value: unknown;
  readonly revision: Revision;
  readonly epoch: string | undefined;
}

/** What the page shows. Another object after every change; `revision` is that of the host's value under it. */
export interface Shown {
  readonly value: unknown;
  readonly revision: Revision;
}

export class Overlay {
  readonly #pending: PendingWrites;
  /** What the engine has applied. */
  #canonical: Snapshot | undefined;
  /** From the answer of a write: newer than `#canonical`, in the same epoch. */
  #confirmed: Snapshot | undefined;
  /** Shown in place of the newest one, while nobody can tell whether that has the write on its way in it. */
  #frozen: Snapshot | undefined;
  #shown: Shown | undefined;

  constructor(pending: PendingWrites) {
    this.#pending = pending;
  }

  /** The newest value from the host, without anything pending. */
  get newest(): Snapshot | undefined {
    return this.#confirmed ?? this.#canonical;
  }

  /** What the engine does not have yet. */
  get ahead(): Snapshot | undefined {
    return this.#confirmed;
  }

  get shown(): Shown | undefined {
    return this.#shown;
  }

  /** What is shown waits for a write to be settled, or for `thaw`. */
  get frozen(): boolean {
    return this.#frozen !== undefined;
  }

  /** The engine has applied a snapshot; an older one than a write brought changes nothing that is shown. */
  take({ value, revision, epoch }: Snapshot): void {
    const before = this.newest;
    const snapshot = { value: share(before?.value, value), revision, epoch };
    const confirmed = this.#confirmed;
    this.#canonical = snapshot;
    if (confirmed === undefined || confirmed.epoch !== epoch || !isNewer(confirmed, snapshot)) {
      this.#confirmed = undefined;
    }
    if (before?.epoch !== epoch) this.thaw();
    this.#advance(before);
  }

  /** A snapshot that came with a write's answer. False when it is not newer, or of another epoch. */
  learn({ value, revision, epoch }: Snapshot): boolean {
    const before = this.newest;
    if (before !== undefined && (before.epoch !== epoch || !isNewer({ revision }, before))) return false;
    this.#confirmed = { value: share(before?.value, value), revision, epoch };
    this.#advance(before);
    return true;
  }

  /** Shows the newest value from now on, whatever is on its way. */
  thaw(): void {
    this.#frozen = undefined;
  }

  /** Makes `shown` what it is to be; true when it is another one. */
  render(): boolean {
    const base = this.#frozen ?? this.newest;
    if (base === undefined) return false;
    this.#pending.reach(base);
    const before = this.#shown;
    const value = before === undefined ? this.#replay(base) : share(before.value, this.#replay(base));
    if (before !== undefined && Object.is(before.value, value) && before.revision === base.revision)
      return false;
    this.#shown = { value, revision: base.revision };
    return true;
  }

  #replay({ value }: Snapshot): unknown {
    return this.#pending.replay(value);
  }

  /**
   * There is a newer value while a write is on its way: it may have that write's work in it or not. Where doing it twice
   * is as good as once, nobody sees a difference. Where the value is exactly what the write was to make, it has landed.
   * Otherwise what is shown stands still for a moment: the write's answer is about to say.
   */
  #advance(before: Snapshot | undefined): void {
    const { sent } = this.#pending;
    const now = this.newest;
    if (sent?.preview === undefined || before === undefined || now === undefined) return;
    if (sent.state === 'landed' || before.epoch !== now.epoch || before.revision === now.revision) return;
    const once = attempt(sent.preview, now.value);
    const harmless = isSame(attempt(sent.preview, once), once);
    if (!harmless && isSame(attempt(sent.preview, before.value), now.value)) sent.state = 'landed';
    if (harmless || sent.state === 'landed') this.thaw();
    else this.#frozen ??= before;
  }
}

function isNewer(one: { revision: Revision }, other: { revision: Revision }): boolean {
  return compareRevisions(one.revision, other.revision) > 0;
}
