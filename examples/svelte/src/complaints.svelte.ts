// What went wrong last. Shown at the foot of the window until something works again.

let last = $state('');

export const complaints = {
  get text(): string {
    return last;
  },
  /** Somebody tries again. */
  forget(): void {
    last = '';
  },
};

export function complain(error: unknown): void {
  last = error instanceof Error ? error.message : String(error);
}

/** Waits for a write, and says so when Rust refused it. */
export function saying(write: Promise<unknown>): void {
  write.then(complaints.forget, complain);
}
