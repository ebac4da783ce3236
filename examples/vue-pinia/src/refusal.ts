import { ref } from 'vue';

/** What Rust refused last, in its own words; empty when there is nothing to say. */
export const refusal = ref('');

/** Keeps what an error says. */
export function refused(error: unknown): void {
  refusal.value = error instanceof Error ? error.message : String(error);
}
