import { ref } from 'vue';

/** What Rust refused last, in its own words; empty when there is nothing to say. */
export const refusal = ref('');

/** Shows why a change was refused. That a topic is gone is no refusal: its note has just been deleted. */
export function refusedWrite({ phase, error }: { phase: string; error: unknown }): void {
  if (phase === 'write') refused(error);
}

/** Shows why something was refused. */
export function refused(error: unknown): void {
  refusal.value = error instanceof Error ? error.message : String(error);
}
