import { configureStore, createSlice, type PayloadAction } from '@reduxjs/toolkit';
import { expect, test, vi } from 'vitest';
import { topic } from '../../index.ts';
import { A_WHILE, putBackAfterEach, SETTINGS, type Settings, stage } from '../adapters.rig.ts';
import { connectRedux, withSnapshotHandling } from './index.ts';

putBackAfterEach();

function make() {
  const slice = createSlice({
    name: 'settings',
    initialState: { theme: '', volume: 0, user: { id: 0, name: '' }, open: false } as Settings & {
      open: boolean;
    },
    reducers: {
      opened(state, { payload }: PayloadAction<boolean>) {
        state.open = payload;
      },
    },
  });
  const store = configureStore({ reducer: withSnapshotHandling(slice.reducer) });
  return { store, opened: slice.actions.opened };
}

test('a Redux store shows the topic, also a write that is not settled, and writes nothing itself', async () => {
  const { host, clock, named } = stage();
  host.register('settings', SETTINGS);
  const { store, opened } = make();
  const connection = connectRedux(store, 'settings');
  await clock.settle();
  await connection.ready;
  expect(store.getState()).toEqual({ ...SETTINGS, open: false });
  store.dispatch(opened(true));
  await clock.advance(A_WHILE);
  expect(store.getState().open).toBe(true);
  expect([named('patch'), named('set')]).toEqual([[], []]);
  void topic<Settings>('settings').update(
    (draft) => {
      draft.theme = 'dark';
    },
    { optimistic: true },
  );
  expect(store.getState().theme).toBe('dark');
  await clock.advance(A_WHILE);
  expect(host.value<Settings>('settings').theme).toBe('dark');
  connection.stop();
  await clock.settle();
  expect(host.inspect().sessions).toEqual([]);
});

test('a selector of one part sees the same object when another part changes', async () => {
  const { host, clock, change } = stage();
  host.register('settings', SETTINGS);
  const { store } = make();
  const connection = connectRedux(store, 'settings');
  await clock.settle();
  const { user } = store.getState();
  const changed = vi.fn();
  store.subscribe(changed);
  change<Settings>('settings', { volume: 6 });
  await clock.advance(A_WHILE);
  expect(store.getState().volume).toBe(6);
  expect(store.getState().user).toBe(user);
  expect(changed).toHaveBeenCalledOnce();
  connection.stop();
});
