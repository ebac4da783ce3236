// How often something ran, where a test can read it: an attribute of the element that shows the value.
import { createEffect } from 'solid-js';

/** For `ref`: an effect that runs when what `read` reads has changed, as everything in Solid does, and counts that. */
export function counted(read: () => unknown): (node: HTMLElement) => void {
  return (node) => {
    let count = 0;
    createEffect(() => {
      read();
      count += 1;
      node.dataset.renders = String(count);
    });
  };
}
