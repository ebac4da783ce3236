// Runes need a file that Svelte compiles.

/** Runs an effect until the returned function is called. */
export function effects(effect: () => void): () => void {
  return $effect.root(() => {
    $effect(effect);
  });
}
