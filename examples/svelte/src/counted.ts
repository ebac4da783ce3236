// How often something ran, where a test can read it: an attribute of the element that shows the value.
import type { Attachment } from 'svelte/attachments';

/** Runs again exactly when what `read` reads has changed, as every effect of Svelte does, and counts that. */
export function counted(read: () => unknown): Attachment<HTMLElement> {
  let count = 0;
  return (node) => {
    read();
    count += 1;
    node.dataset.renders = String(count);
  };
}
