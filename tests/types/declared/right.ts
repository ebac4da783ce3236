// Compiled by tsc, never run: what compiles in an app that has declared its topics.

import {
  type DeclaredTopic,
  type LiveTopic,
  type Revision,
  subscribe,
  type TopicValue,
  topic,
  topics,
  type Unsubscribe,
  type WritableTopic,
} from 'tauri-plugin-statesync-api';
import type { Cart, Feed, Item, Settings, System, Theme } from './statesync.ts';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : never;

export const names: [
  Same<DeclaredTopic, 'settings' | 'system' | `cart:${string}` | `feed:${string}/points`>,
  Same<WritableTopic, 'settings' | `cart:${string}`>,
  Same<TopicValue<'settings'>, Settings>,
  Same<TopicValue<'cart:42'>, Cart>,
  Same<TopicValue<'feed:cpu/points'>, Feed>,
] = [true, true, true, true, true];

export async function subscribing(id: number): Promise<void> {
  const stop: Unsubscribe = await subscribe('settings', (settings, { revision, pending }) => {
    const theme: Same<typeof settings, Settings> = true;
    return [settings.theme, revision satisfies Revision, pending satisfies number, theme];
  });
  stop();
  await subscribe('settings', (settings) => settings.theme, { throttling: { debounceMs: 50 } });
  await subscribe(`cart:${id}`, (cart) => cart.items[0]?.sku);
  const live = await subscribe('system');
  const same: Same<typeof live, LiveTopic<System>> = true;
  const alsoWithOptions: LiveTopic<System> = await subscribe('system', {
    signal: new AbortController().signal,
  });
  void [same, live.pending, live.value.cpu, alsoWithOptions];
  // One of several, known only at run time.
  for (const name of ['settings', 'system'] as const)
    await subscribe(name, (_value: Settings | System) => {});
}

export async function writing(id: number, base: Revision): Promise<void> {
  const settings = topic('settings');
  const value: Settings = await settings.get();
  const revision: Revision = await settings.set({ ...value, theme: 'dark' }, { base, optimistic: true });
  await settings.update((draft) => {
    draft.volume += 10;
  });
  await settings.update((draft) => ({ ...draft, theme: 'light' as Theme }), { maxAttempts: 5 });
  await settings.patch([{ op: 'replace', path: '/theme', value: 'dark' }], { base: revision });
  const pending: number = settings.status.pending;
  await topic(`cart:${id}`).update((cart) => {
    cart.items.push({ sku: 'A-7', count: 1 } satisfies Item);
  });
  void pending;
}

export async function acting(id: number): Promise<void> {
  const nothing: null = await topic('settings').action('rename', { name: 'mine' });
  const whole: Settings = await topic('settings').action('reset', null);
  const count: number = await topic(`cart:${id}`).action(
    'add_item',
    { sku: 'A-7', count: 1 },
    { optimistic: (cart) => void cart.items.push({ sku: 'A-7', count: 1 }) },
  );
  // What windows cannot set can still have actions.
  const cpu: number = await topic('system').action('refresh', null);
  void [nothing, whole, count, cpu];
}

export async function byProperty(): Promise<void> {
  await topics.settings.update((draft) => {
    draft.theme = 'dark';
  });
  const { cpu }: System = await topics.system.get();
  void cpu;
}

/** What code that takes any topic, such as an adapter, is built from. */
export async function anyTopic<K extends DeclaredTopic>(name: K): Promise<TopicValue<K>> {
  const live: LiveTopic<TopicValue<K>> = await subscribe(name);
  return live.value;
}
