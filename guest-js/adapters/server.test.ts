// What a server does that renders pages: there is no window and no Tauri.

import { createRoot } from 'solid-js';
import { get } from 'svelte/store';
import { afterEach, expect, test, vi } from 'vitest';
import { effectScope } from 'vue';
import { createStore } from 'zustand/vanilla';
import { setDefaultClient } from '../client/index.ts';
import { createTopic } from './solid/create-topic.ts';
import { topicState, topicStore } from './svelte/read.ts';
import { storeOf } from './topic-store.ts';
import { useTopic } from './vue/use-topic.ts';
import { useTopicModel } from './vue/use-topic-model.ts';
import { statesync } from './zustand/middleware.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

test('every adapter renders undefined or the initial state on a server, without a word', async () => {
  setDefaultClient(undefined);
  const complaint = vi.spyOn(console, 'error').mockImplementation(() => {});
  const scope = effectScope();
  const shown = scope.run(() => [useTopic('a').value, useTopicModel('a').value]) ?? [];
  shown.push(get(topicStore('a')), topicState('a').current);
  shown.push(createRoot((dispose) => [createTopic('a')(), dispose()][0]));
  const store = createStore<{ n: number }>()(statesync(() => ({ n: 1 }), { topic: 'a' }));
  await store.statesync.ready;
  expect(shown).toEqual([undefined, undefined, undefined, undefined, undefined]);
  expect(store.getState()).toEqual({ n: 1 });
  expect(complaint).not.toHaveBeenCalled();
  scope.stop();
});

test('nothing that one request has rendered is there for the next', () => {
  expect(storeOf('a')).not.toBe(storeOf('a'));
});
