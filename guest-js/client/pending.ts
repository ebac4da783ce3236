// Keeps the writes of a page to one topic that are not settled, in the order of the calls, and what each of them will do
// as far as the page can tell. A write leaves in the moment its result is shown.

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

/** A write with what its preview last made of what. */
interface Record {
  write: PendingWrite;
  memo: { from: unknown; to: unknown } | undefined;
}

export class PendingWrites {
  readonly #records: Record[] = [];

  get count(): number {
    return this.#records.length;
  }

  /** The one whose call is not answered: writes go one after another. */
  get sent(): PendingWrite | undefined {
    return this.#records.find(({ write }) => write.state !== 'queued')?.write;
  }

  add(preview: PendingWrite['preview']): PendingWrite {
    const write: PendingWrite = { state: 'queued', preview };
    this.#records.push({ write, memo: undefined });
    return write;
  }

  /** False when it was not there any more. */
  remove(write: PendingWrite): boolean {
    const index = this.#records.findIndex((record) => record.write === write);
    if (index >= 0) this.#records.splice(index, 1);
    return index >= 0;
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
