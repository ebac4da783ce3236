// What went wrong last. Shown at the foot of the window until something works again.
import { createSignal, type JSX } from 'solid-js';

const [last, setLast] = createSignal('');

/** Waits for a write, and says so when Rust refused it. */
export function saying(write: Promise<unknown>): void {
  write.then(
    () => setLast(''),
    (error: unknown) => setLast(error instanceof Error ? error.message : String(error)),
  );
}

export function Complaint(): JSX.Element {
  return (
    <p class="complaint" id="complaint" role="status">
      {last()}
    </p>
  );
}
