// Compiled by tsc, never run: JSON that serde would not make, and what pages must not do.

import { subscribe, topic, topics } from 'tauri-plugin-statesync-api';
import type { GeneratedTopics } from './statesync.ts';

// @ts-expect-error: numbers are no bigints
export const count: GeneratedTopics['count'] = 1n;
// @ts-expect-error: nothing is null, not undefined
export const maybe: GeneratedTopics['maybe'] = undefined;
// @ts-expect-error: the field's name in JSON is another
export const renamed: Pick<GeneratedTopics['renamed'], 'two_words'> = {};
// @ts-expect-error: a field that is always there is missing
export const optional: GeneratedTopics['optional'] = { orNull: null, twice: null };
// @ts-expect-error: a field that serde skips
export const unseen: GeneratedTopics['optional'] = { orNull: null, defaulted: true, twice: null, unseen: 1 };
// @ts-expect-error: not the variant's name in JSON
export const level: GeneratedTopics['levels'] = ['VeryLow'];
// @ts-expect-error: a variant's content has its name around it
export const external: GeneratedTopics['external'] = [2, 'b'];
// @ts-expect-error: no such variant
export const tag: GeneratedTopics['internal'] = { kind: 'square' };
// @ts-expect-error: fields of another variant
export const fields: GeneratedTopics['internal'] = { kind: 'not_yet', outerRadius: 1 };
// @ts-expect-error: the content does not stand beside the tag
export const adjacent: GeneratedTopics['adjacent'] = { type: 'Fields', left: true };
// @ts-expect-error: a tuple has its length
export const point: GeneratedTopics['adjacent'] = { type: 'Point', data: [1] };
// @ts-expect-error: none of the alternatives
export const untagged: GeneratedTopics['untagged'] = [true];
// @ts-expect-error: a page of numbers has no texts
export const page: GeneratedTopics['pages']['numbers'] = { items: ['a'], next: null };
// @ts-expect-error: the fields of what is flattened are the object's own
export const flat: GeneratedTopics['flat'] = { own: true, label: { text: 'a' }, kind: 'not_yet' };
// @ts-expect-error: a map of flags has no numbers
export const map: GeneratedTopics['containers']['by_number'] = { 7: 1 };
// @ts-expect-error: not a key of the map
export const key: GeneratedTopics['containers']['by_level'] = { Low: 1 };
// @ts-expect-error: JSON has no functions
export const anything: GeneratedTopics['foreign']['anything'] = { call: () => 1 };
// @ts-expect-error: the type written by hand is kept
export const color: GeneratedTopics['foreign']['color'] = 'red';

export async function using(): Promise<void> {
  // @ts-expect-error: no such topic
  await subscribe('numberz', () => {});
  // @ts-expect-error: windows only read it
  await topics.foreign.set(await topics.foreign.get());
  // @ts-expect-error: windows only read the whole family
  await topic('readings/cellar/now').set([]);
  // @ts-expect-error: an argument is missing
  await topic('cart:1').action('add_item', { count: 1 });
  // @ts-expect-error: an action of one topic of the family only
  await topic('cart:1').action('restock', null);
  // @ts-expect-error: another result
  const text: string = await topics.count.action('add-up', [1]);
  void text;
}
