// Uses the script the plugin's crate brings along for apps with `withGlobalTauri`.
import type { subscribe } from 'tauri-plugin-statesync-api';
import type { Note } from './note.ts';

interface GlobalTauri {
  core: { invoke(command: string, args: Record<string, unknown>): Promise<unknown> };
  statesync: { subscribe: typeof subscribe };
}

const { core, statesync } = (window as unknown as { __TAURI__: GlobalTauri }).__TAURI__;

await statesync.subscribe<Note>('note', (value, { revision }) => {
  void core.invoke('saw', { note: value, revision });
});
