// Keeps a copy of a topic that one effect scope may change; loses it when the scope is disposed, after everything that
// was changed is on its way.

import { onScopeDispose, type Ref, ref, watch } from 'vue';
import type { TopicValue, UndeclaredTopic, WritableTopic } from '../../index.ts';
import { type ConnectErrorContext, connectTopic } from '../connect.ts';
import { copy } from '../copy.ts';
import { diff } from '../diff.ts';
import { replay } from '../replay.ts';
import { heldValue } from '../untyped.ts';

export interface TopicModelOptions {
  /** Hears of failed pulls and refused writes. Without it they go to the console. */
  onError?: (context: ConnectErrorContext) => void;
}

/**
 * The topic as a deep ref that can be written: `v-model` on any part of it works. `undefined` until the first value
 * arrived, and on a server.
 *
 * ```vue
 * <script setup lang="ts">
 * const settings = useTopicModel('settings');
 * </script>
 * <template><input v-if="settings" v-model="settings.name"></template>
 * ```
 *
 * What is changed is shown at once and written at the end of the tick; what the host refuses is undone. New values are
 * brought in member by member, and items of lists by their `id`, so only what reads a changed one runs again. Ends with
 * the effect scope (the component).
 */
export function useTopicModel<K extends WritableTopic>(
  topic: K,
  options?: TopicModelOptions,
): Ref<TopicValue<K> | undefined>;
export function useTopicModel<T>(topic: UndeclaredTopic, options?: TopicModelOptions): Ref<T | undefined>;
export function useTopicModel<T>(topic: string, options: TopicModelOptions = {}): Ref<T | undefined> {
  const model = ref(copy(heldValue<T>(topic))) as Ref<T | undefined>;
  const connection = connectTopic(
    topic,
    {
      applier: { apply: ({ data }) => settle(model, data) },
      read: () => copy(model.value),
      listen: (changed) => watch(model, changed, { deep: true, flush: 'sync' }),
    },
    options,
  );
  onScopeDispose(connection.stop);
  return model;
}

/** Changes what differs from the topic, in place. */
function settle<T>(model: Ref<T | undefined>, data: T): void {
  const edits = diff(copy(model.value), data);
  // A whole value is no part of anything.
  if (edits.some(({ kind, path }) => kind === 'set' && path.length === 0)) model.value = copy(data);
  else replay(model.value, edits);
}
