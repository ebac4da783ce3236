// What a server does that renders pages: there is no window and no Tauri.

import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import { createElement, Suspense } from 'react';
import { renderToPipeableStream } from 'react-dom/server';
import { createRoot } from 'solid-js';
import { get } from 'svelte/store';
import { afterEach, expect, test, vi } from 'vitest';
import { effectScope } from 'vue';
import { createStore } from 'zustand/vanilla';
import { setDefaultClient } from '../client/index.ts';
import { useSuspenseTopic } from './react/index.ts';
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

test('React renders the fallback of what waits for a topic, and finishes', async () => {
  setDefaultClient(undefined);
  const errors: unknown[] = [];
  const Waiting = () => String(useSuspenseTopic('a'));
  const page = createElement(Suspense, { fallback: 'waiting' }, createElement(Waiting));
  const { pipe } = renderToPipeableStream(page, { onError: (error) => void errors.push(error) });
  expect(await text(pipe(new PassThrough()))).toContain('waiting');
  expect(String(errors)).toContain('a server has no topics');
});
