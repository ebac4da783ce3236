import { create } from 'zustand';

/** What Rust refused last, in its own words; empty when there is nothing to say. It is this window's own business. */
export const useRefusal = create<{ message: string }>()(() => ({ message: '' }));

/** Shows why something was refused. */
export function refused(error: unknown): void {
  useRefusal.setState({ message: error instanceof Error ? error.message : String(error) });
}

/** Shows nothing any more. */
export function forgetRefusal(): void {
  useRefusal.setState({ message: '' });
}
