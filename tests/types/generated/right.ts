// Compiled by tsc, never run: what the generated file of a real Rust app lets its pages do. `values.ts` beside it has the
// JSON that serde_json made of values of the same types.

import {
  type DeclaredTopic,
  subscribe,
  type TopicValue,
  topic,
  topics,
  type WritableTopic,
} from 'tauri-plugin-statesync-api';
import type {
  Cart,
  Containers,
  External,
  Internal,
  JsonValue,
  Level,
  Optional,
  Page,
  Topic,
  Total,
} from './statesync.ts';

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : never;

export const declared: [
  Same<TopicValue<'optional'>, Optional>,
  Same<TopicValue<'cart:42'>, Cart>,
  Same<TopicValue<'cart:of-the-house'>, Cart>,
  Same<TopicValue<'readings/cellar/now'>, number[]>,
  // The app's own type, not the one of this name in the package.
  Same<TopicValue<'topic'>, Topic>,
  Same<Topic, { title: string }>,
  'foreign' extends WritableTopic ? never : true,
  'readings/a/now' extends DeclaredTopic ? true : never,
] = [true, true, true, true, true, true, true, true];

export const json: [
  Same<TopicValue<'count'>, number>,
  Same<TopicValue<'numbers'>['large'], number>,
  Same<TopicValue<'numbers'>['largest'], number>,
  Same<Optional['orNull'], number | null>,
  Same<Optional['orMissing'], number | undefined>,
  Same<TopicValue<'renamed'>['two-words' | 'another name'], string | boolean>,
  Same<TopicValue<'pages'>['of_pages']['items'][number], Page<TopicValue<'maybe'>>>,
  Same<TopicValue<'foreign'>['anything'], JsonValue>,
  Same<Containers['by_level'], { [key in Level]?: number }>,
  Same<Containers['by_id'][number], string>,
] = [true, true, true, true, true, true, true, true, true, true];

/** A tag tells the variants apart. */
export function area(shape: Internal): number {
  switch (shape.kind) {
    case 'circle':
      return shape.outerRadius;
    case 'named':
      return shape.text.length;
    case 'not_yet':
      return 0;
  }
}

export function volume(from: External): number | undefined {
  if (from === 'Nothing') return 0;
  if ('Two' in from) return from.Two[0];
  return 'Fields' in from ? from.Fields.someVolume : from['one thing'];
}

export async function using(id: number): Promise<void> {
  await subscribe('documented', (value) => value.first);
  await topic(`cart:${id}`).update((cart) => {
    cart.items.push({ sku: 'a', count: 1 });
  });
  const total: Total = await topic(`cart:${id}`).action('add_item', { sku: 'a' });
  await topic('cart:of-the-house').action('restock', null);
  await topic('cart:of-the-house').action('add_item', { sku: 'a', count: total.items });
  const sum: number = await topics.count.action('add-up', [1, 2]);
  await topics.numbers.set({ ...(await topics.numbers.get()), large: sum, never_zero: null });
}
