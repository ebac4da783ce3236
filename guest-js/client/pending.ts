// Keeps the writes of a page to one topic that are not settled, in the order of the calls, and what each of them will do
// as far as the page can tell. A write leaves in the moment its result is shown: one that is answered without its value,
// because the page has no session, is shown on until the value has come.

import { compareRevisions, type Revision } from '../core/index.ts';

/**
 * `queued`: the host has not got it, or has said that it did nothing. `sent`: the host may have done it or not.
 * `landed`: the host's value is what this write was to make, so it is not shown a second time.
 */
export type WriteState = 'queued' | 'sent' | 'landed';

export interface PendingWrite {
  state: WriteState;
  /** What it makes of a value; changes nothing it gets, and may throw where it does not apply. */
  readonly preview: ((value: unknown) => unknown) | undefined;
}

/** Where a value is in the host's counting. */
export interface Place {
  revision: Revision;
  epoch: string | undefined;
}

/** A write with what its preview last made of what; once it is answered, the value that has it and the one that has not. */
interface Record {
  write: PendingWrite;
  memo: { from: unknown; to: unknown } | undefined;
  answered?: { at: Place; over: Place };
}

export class PendingWrites {
  readonly #records: Record[] = [];

  /** How many are not settled. */
  get count(): number {
    return this.#records.filter(({ answered }) => answered === undefined).length;
  }

  /** The one whose call is not answered: writes go one after another. */
  get sent(): PendingWrite | undefined {
    return this.#records.find(({ write, answered }) => answered === undefined && write.state !== 'queued')
      ?.write;
  }

  add(preview: PendingWrite['preview']): PendingWrite {
    const write: PendingWrite = { state: 'queued', preview };
    this.#records.push({ write, memo: undefined });
    return write;
  }

  /** It did nothing, or nobody knows. False when it is settled already. */
  remove(write: PendingWrite): boolean {
    const record = this.#records.find((one) => one.write === write && one.answered === undefined);
    if (record !== undefined) this.#drop(record);
    return record !== undefined;
  }

  /**
   * The host has done it, `at` its revision. It is shown on over what the page has now, until that is as new. Unless the
   * answer is of a life of the host that the page has left since it sent the write.
   */
  answer(write: PendingWrite, at: Place, places: { sent: Place | undefined; now: Place | undefined }): void {
    const record = this.#records.find((one) => one.write === write);
    if (record === undefined) return;
    const { sent, now } = places;
    const past = now?.epoch !== at.epoch && now?.epoch !== sent?.epoch;
    if (write.preview === undefined || write.state === 'landed' || now === undefined || past)
      this.#drop(record);
    else record.answered = { at, over: now };
  }

  /** What is shown is based on the value of this place from now on: forgets the answered writes it has in it. */
  reach({ revision, epoch }: Place): void {
    for (const record of [...this.#records]) {
      if (record.answered === undefined) continue;
      const { at, over } = record.answered;
      const has = epoch === at.epoch ? compareRevisions(revision, at.revision) >= 0 : epoch !== over.epoch;
      if (has) this.#drop(record);
    }
  }

  #drop(record: Record): void {
    this.#records.splice(this.#records.indexOf(record), 1);
  }

  /** The value with everything that is pending in it. */
  replay(value: unknown): unknown {
    let result = value;
    for (const record of this.#records) {
      const { preview, state } = record.write;
      if (preview === undefined || state === 'landed') continue;
      if (record.memo === undefined || !Object.is(record.memo.from, result)) {
        record.memo = { from: result, to: attempt(preview, result) };
      }
      result = record.memo.to;
    }
    return result;
  }
}

/** What `preview` makes of a value: the value itself where it cannot be applied, the host will say why. */
export function attempt(preview: (value: unknown) => unknown, value: unknown): unknown {
  try {
    return preview(value);
  } catch {
    return value;
  }
}
