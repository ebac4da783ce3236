// Light or dark: the settings decide for all windows, or leave it to the system.
import type { Theme } from './statesync.ts';

const KEY = 'theme';

/** Shows the theme and remembers it, so that the next page load does not begin in the wrong one. */
export function showTheme(theme: Theme): void {
  document.documentElement.dataset.theme = theme;
  localStorage.setItem(KEY, theme);
}

/** Before the settings are here: what they were the last time. */
export function previewTheme(): void {
  document.documentElement.dataset.theme = localStorage.getItem(KEY) ?? 'auto';
}

/** Runs `redraw` whenever colors change, for what CSS does not paint. */
export function whenThemeChanges(redraw: () => void): void {
  new MutationObserver(redraw).observe(document.documentElement, { attributeFilter: ['data-theme'] });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
}
