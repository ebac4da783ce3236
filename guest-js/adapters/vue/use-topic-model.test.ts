// @vitest-environment happy-dom
import { describe, expect, test } from 'vitest';
import {
  computed,
  createApp,
  defineComponent,
  effectScope,
  h,
  nextTick,
  type Ref,
  toRaw,
  vModelText,
  watchEffect,
  withDirectives,
} from 'vue';
import { A_WHILE, putBackAfterEach, SETTINGS, type Settings, stage } from '../adapters.rig.ts';
import { describeConnected } from '../connected.rig.ts';
import { useTopicModel } from './index.ts';

putBackAfterEach();

describeConnected('a Vue model', (options) => {
  const scope = effectScope();
  const model = scope.run(() => useTopicModel<Settings>('settings', options)) as Ref<Settings>;
  return {
    read: () => JSON.parse(JSON.stringify(model.value)),
    user: () => toRaw(model.value.user),
    type: (members) => Object.assign(model.value, members),
    rename(name) {
      model.value.user.name = name;
    },
    stop: () => scope.stop(),
  };
});

describe('useTopicModel', () => {
  test('is undefined until the first value arrived', async () => {
    const { host, clock } = stage();
    host.register('settings', SETTINGS);
    const scope = effectScope();
    const model = scope.run(() => useTopicModel<Settings>('settings'));
    expect(model?.value).toBe(undefined);
    await clock.settle();
    expect(model?.value).toEqual(SETTINGS);
    scope.stop();
  });

  test('takes a whole new value, a list and a primitive', async () => {
    const { host, clock } = stage();
    host.register('tags', ['a']);
    host.register('count', 1);
    const scope = effectScope();
    const [tags, count] = scope.run(() => [
      useTopicModel<string[]>('tags'),
      useTopicModel<number>('count'),
    ]) as [Ref<string[]>, Ref<number>];
    await clock.settle();
    tags.value.push('b');
    count.value += 1;
    await clock.advance(A_WHILE);
    expect([host.value('tags'), host.value('count')]).toEqual([['a', 'b'], 2]);
    tags.value = ['c'];
    host.set('count', 5);
    await clock.advance(A_WHILE);
    expect([host.value('tags'), count.value]).toEqual([['c'], 5]);
    scope.stop();
  });

  test('runs what reads one field of one item once when it changes and not when another does', async () => {
    const { host, clock } = stage();
    const [a, b] = [
      { id: 'a', text: '' },
      { id: 'b', text: '' },
    ];
    host.register('notes', [a, b]);
    const scope = effectScope();
    const seen: unknown[] = [];
    scope.run(() => {
      const notes = useTopicModel<{ id: string; text: string }[]>('notes');
      const note = computed(() => notes.value?.find(({ id }) => id === 'b'));
      watchEffect(() => seen.push(note.value?.text), { flush: 'sync' });
    });
    await clock.settle();
    host.set('notes', [{ id: 'a', text: 'typed' }, b]);
    await clock.advance(A_WHILE);
    host.set('notes', [
      { id: 'c', text: 'new' },
      { id: 'b', text: 'typed' },
    ]);
    await clock.advance(A_WHILE);
    expect(seen).toEqual([undefined, '', 'typed']);
    scope.stop();
  });

  test('works with v-model, and typing renders what is typed once', async () => {
    const { host, clock, change } = stage();
    host.register('settings', SETTINGS);
    let renders = 0;
    const Name = defineComponent(() => {
      const settings = useTopicModel<Settings>('settings');
      return () => {
        renders += 1;
        const user = settings.value?.user;
        if (user === undefined) return undefined;
        const update = (name: string) => {
          user.name = name;
        };
        return withDirectives(h('input', { 'onUpdate:modelValue': update }), [[vModelText, user.name]]);
      };
    });
    const shown = document.createElement('div');
    document.body.append(shown);
    const app = createApp(Name);
    app.mount(shown);
    await clock.settle();
    await nextTick();
    const input = shown.querySelector('input') as HTMLInputElement;
    expect(input.value).toBe('Ada');
    renders = 0;
    input.value = 'Ada L';
    input.dispatchEvent(new Event('input'));
    await clock.advance(A_WHILE);
    await nextTick();
    expect(host.value<Settings>('settings').user.name).toBe('Ada L');
    expect(renders).toBe(1);
    change<Settings>('settings', { volume: 6 });
    await clock.advance(A_WHILE);
    await nextTick();
    expect([renders, input.value]).toEqual([1, 'Ada L']);
    app.unmount();
    await clock.settle();
    expect(host.inspect().sessions).toEqual([]);
  });
});
