// Light or dark: the settings decide for all windows, or leave it to the system.
import type { Theme } from './statesync.ts';

/** Shows the theme. No page begins in the wrong one: the app lets them have the settings before their first script. */
export function showTheme(theme: Theme): void {
  document.documentElement.dataset.theme = theme;
}

/** Runs `redraw` whenever colors change, for what CSS does not paint. */
export function whenThemeChanges(redraw: () => void): void {
  new MutationObserver(redraw).observe(document.documentElement, { attributeFilter: ['data-theme'] });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
}
