// Keeps whether a made-up page can be seen, and who wants to know.

import type { VisibilityCause, VisibilitySource } from '../client/environment.ts';

export interface ManualVisibility extends VisibilitySource {
  show(): void;
  hide(): void;
  focus(): void;
  pageShow(): void;
  listeners(): number;
}

/** Visible at first. */
export function createManualVisibility(visible = true): ManualVisibility {
  let shown = visible;
  const listeners = new Set<(cause: VisibilityCause) => void>();
  const tell = (cause: VisibilityCause) => {
    for (const listener of [...listeners]) listener(cause);
  };
  return {
    isVisible: () => shown,
    listen(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    show() {
      shown = true;
      tell('visible');
    },
    hide() {
      shown = false;
      tell('hidden');
    },
    focus: () => tell('focus'),
    pageShow: () => tell('pageshow'),
    listeners: () => listeners.size,
  };
}
