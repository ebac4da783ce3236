// Compiled by tsc, never run: what must not compile in an app that has declared its topics.

import { subscribe, topic, topics } from 'tauri-plugin-statesync-api';

interface Settings {
  theme: string;
}

export async function names(text: string): Promise<void> {
  // @ts-expect-error: no such topic
  await subscribe('setings', () => {});
  // @ts-expect-error: no such topic
  await subscribe('setings');
  // @ts-expect-error: no such topic
  await topic('setings').get();
  // @ts-expect-error: no such topic
  await topics.setings.get();
  // @ts-expect-error: a family is no single topic
  await topics['cart:42'].get();
  // @ts-expect-error: the family has a colon
  await subscribe('cart42', () => {});
  // @ts-expect-error: the family ends with /points
  await subscribe('feed:cpu', () => {});
  // @ts-expect-error: stating a type is for topics that are not declared
  await subscribe<Settings>('somewhere', () => {});
  // @ts-expect-error: stating a type is for topics that are not declared
  await topic<Settings>('somewhere').get();
  // @ts-expect-error: any text is not a name
  await subscribe(text, () => {});
  // @ts-expect-error: any text is not a name
  topic(text);
}

export async function fields(): Promise<void> {
  // @ts-expect-error: no such field
  await subscribe('settings', (settings) => settings.them);
  // @ts-expect-error: no such field
  await subscribe('cart:42', (cart) => cart.theme);
  // @ts-expect-error: another type
  await subscribe('settings', (settings: { cpu: number }) => settings.cpu);
  const live = await subscribe('settings');
  // @ts-expect-error: no such field
  void live.value.them;
  // @ts-expect-error: the handle itself is read-only
  live.value = { theme: 'dark', volume: 1 };
}

export async function values(): Promise<void> {
  // @ts-expect-error: no such theme
  await topic('settings').set({ theme: 'pink', volume: 1 });
  // @ts-expect-error: a field is missing
  await topic('settings').set({ theme: 'dark' });
  // @ts-expect-error: a field too many
  await topic('settings').set({ theme: 'dark', volume: 1, them: 'light' });
  // @ts-expect-error: a revision is not just any text
  await topic('settings').set({ theme: 'dark', volume: 1 }, { base: '1' });
  await topic('settings').update((draft) => {
    // @ts-expect-error: no such theme
    draft.theme = 'pink';
  });
  // @ts-expect-error: not the whole value
  await topic('settings').update(() => ({ theme: 'dark' as const }));
  // @ts-expect-error: no such operation
  await topic('settings').patch([{ op: 'merge', path: '/theme', value: 'dark' }]);
  // @ts-expect-error: an operation without its value
  await topic('settings').patch([{ op: 'replace', path: '/theme' }]);
}

export async function readOnly(): Promise<void> {
  // @ts-expect-error: windows only read it
  await topic('system').set({ cpu: 1 });
  // @ts-expect-error: windows only read it
  await topic('system').update(() => {});
  // @ts-expect-error: windows only read it
  await topic('system').patch([]);
  // @ts-expect-error: windows only read it
  await topics.system.set({ cpu: 1 });
  // @ts-expect-error: windows only read the whole family
  await topic('feed:cpu/points').set([]);
}

export async function actions(): Promise<void> {
  // @ts-expect-error: no such action
  await topic('settings').action('rname', { name: 'mine' });
  // @ts-expect-error: an action of another topic
  await topic('settings').action('add_item', { sku: 'A-7', count: 1 });
  // @ts-expect-error: other arguments
  await topic('settings').action('rename', { title: 'mine' });
  // @ts-expect-error: another result
  const text: string = await topic('cart:1').action('add_item', { sku: 'A-7', count: 1 });
  // @ts-expect-error: no actions at all
  await topic('feed:cpu/points').action('clear', null);
  // @ts-expect-error: not a field of the value
  await topic('settings').action('reset', null, { optimistic: (draft) => void draft.them });
  void text;
}
