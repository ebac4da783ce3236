import { intercept, observable } from 'mobx';
import { proxy } from 'valtio/vanilla';
import { describe, expect, test, vi } from 'vitest';
import { computed, reactive, readonly, ref } from 'vue';
import { createRevisionSync, type Revision, type SnapshotApplier } from '../core/index.ts';
import { createMobXSnapshotApplier } from './mobx/applier.ts';
import { createPiniaSnapshotApplier } from './pinia/applier.ts';
import { createValtioSnapshotApplier } from './valtio/applier.ts';
import { createVueSnapshotApplier } from './vue/applier.ts';

/** What an engine makes of an applier: the revision, and what it reported. */
async function outcome(applier: SnapshotApplier<object>, data: object) {
  const errors: unknown[] = [];
  const sync = createRevisionSync<object>({
    topic: 'topic',
    subscriber: { subscribe: async () => () => {} },
    provider: { getSnapshot: async () => ({ revision: '1' as Revision, data }) },
    applier,
    onError: ({ phase }) => errors.push(phase),
  });
  await sync.start().catch(() => {});
  sync.stop();
  return [sync.getLocalRevision(), errors];
}

const fixed = <S extends object>(state: S): S =>
  Object.defineProperty(state, 'fixed', { value: 1, writable: false, enumerable: true });

const NEWS = { a: 2, fixed: 2, z: 2 };

const STATES: Record<string, () => [SnapshotApplier<object>, () => object]> = {
  'a property of a Vue reactive': () => {
    const state = reactive(fixed({ a: 1, z: 1 }));
    return [createVueSnapshotApplier<object, object>(state), () => ({ ...state })];
  },
  'a computed value in a Vue reactive': () => {
    const state = reactive({ a: 1, fixed: computed(() => 1), z: 1 });
    return [createVueSnapshotApplier<object, object>(state), () => ({ ...state })];
  },
  'a read-only ref in a Vue reactive': () => {
    const state = reactive({ a: 1, fixed: readonly(ref(1)), z: 1 });
    return [createVueSnapshotApplier<object, object>(state), () => ({ ...state })];
  },
  'the whole of a read-only Vue object': () => {
    const state = readonly(reactive({ a: 1, fixed: 1, z: 1 }));
    return [createVueSnapshotApplier<object, object>(state), () => ({ ...state })];
  },
  'a member of a Pinia state': () => {
    const $state = reactive({ a: 1, fixed: computed(() => 1), z: 1 });
    const store = { $state, $patch: (change: (state: object) => void) => change($state) };
    return [createPiniaSnapshotApplier<object, object>(store), () => ({ ...$state })];
  },
  'a property of a Valtio proxy': () => {
    const state = proxy({ a: 1, z: 1 } as Record<string, number>);
    Object.defineProperty(state, 'fixed', { value: 1, writable: false, enumerable: true });
    return [createValtioSnapshotApplier<object, object>(state), () => ({ ...state })];
  },
  'a member of a MobX object': () => {
    const state = observable({ a: 1, fixed: 1, z: 1 });
    intercept(state, 'fixed', () => {
      throw new TypeError('fixed is read-only');
    });
    return [createMobXSnapshotApplier<object, object>(state), () => ({ ...state })];
  },
};

describe.each(Object.entries(STATES))('%s that cannot be written', (_, create) => {
  test('leaves the state as it was, and is reported', async () => {
    vi.spyOn(console, 'warn').mockImplementation(() => {});
    const [applier, read] = create();
    const before = read();
    expect(await outcome(applier, NEWS)).toEqual(['0', ['apply']]);
    expect(read()).toEqual(before);
    expect(before).toEqual({ a: 1, fixed: 1, z: 1 });
    vi.restoreAllMocks();
  });

  test('is no trouble while it stays what it is', async () => {
    const [applier, read] = create();
    const said = vi.spyOn(console, 'warn').mockImplementation(() => {});
    await outcome(applier, { fixed: 1 });
    expect([read(), said.mock.calls]).toEqual([{ a: 1, fixed: 1, z: 1 }, []]);
    vi.restoreAllMocks();
  });
});

test('an object that MobX does not observe is an error, and the revision does not advance', async () => {
  const plain = { a: 1 };
  expect(await outcome(createMobXSnapshotApplier<object, object>(plain), { a: 2 })).toEqual(['0', ['apply']]);
  expect(() =>
    createMobXSnapshotApplier<object, object>(plain).apply({ revision: '1' as Revision, data: {} }),
  ).toThrow('not observable');
  expect(plain).toEqual({ a: 1 });
});
