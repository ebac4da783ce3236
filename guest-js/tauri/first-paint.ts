// Keeps nothing: takes what the plugin's script (src/first-paint.js) has left in this page before its first own script.

const KEY = Symbol.for('tauri-plugin-statesync.first-paint');

/** The host's answer as text, once; `undefined` when the app has chosen no topics for this, or the window may read none. */
export function takeFirstPaint(): unknown {
  const holder = globalThis as { [KEY]?: unknown };
  const text = holder[KEY];
  delete holder[KEY];
  return text;
}
