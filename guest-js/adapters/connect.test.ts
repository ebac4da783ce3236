import { describe, expect, test, vi } from 'vitest';
import { createStore } from 'zustand/vanilla';
import { createClient } from '../client/index.ts';
import { A_WHILE, putBackAfterEach, SETTINGS, type Settings, stage } from './adapters.rig.ts';
import { type ConnectOptions, connectTopic } from './connect.ts';

putBackAfterEach();

/** A store of this page, connected to `settings`. Its applier is the simplest that is right. */
function connected(
  options: ConnectOptions<Settings, Settings> = {},
  initial: Partial<Settings> = { theme: '', volume: 0 },
) {
  const store = createStore(() => initial as Settings);
  const shown: Settings[] = [];
  store.subscribe((state) => shown.push(state));
  const connection = connectTopic<Settings, Settings>(
    'settings',
    {
      applier: {
        apply({ data }) {
          const state = store.getState();
          if (JSON.stringify({ ...state, ...data }) !== JSON.stringify(state)) store.setState(data);
        },
      },
      read: store.getState,
      listen: (changed) => store.subscribe(changed),
    },
    options,
  );
  return { store, shown, connection, type: (members: Partial<Settings>) => store.setState(members) };
}

async function running() {
  const staged = stage();
  staged.host.register('settings', SETTINGS);
  const page = connected();
  await staged.clock.settle();
  return { ...staged, ...page };
}

const operations = (call: { name: string }) => (call as { operations?: unknown }).operations;

describe('a connected store', () => {
  test('shows the topic and every newer value, and writes nothing by itself', async () => {
    const { host, clock, store, connection, named, change } = await running();
    await connection.ready;
    expect(store.getState()).toEqual(SETTINGS);
    change<Settings>('settings', { theme: 'dark' });
    await clock.advance(A_WHILE);
    expect(store.getState().theme).toBe('dark');
    expect(host.calls.map(({ name }) => name)).toEqual(['subscribe', 'pull']);
    expect(named('patch')).toEqual([]);
  });

  test('writes what was changed in one tick as one patch', async () => {
    const { host, clock, type, named } = await running();
    type({ theme: 'd' });
    type({ theme: 'dark', volume: 6 });
    await clock.advance(A_WHILE);
    expect(named('patch').map(operations)).toEqual([
      [
        { op: 'add', path: '/theme', value: 'dark' },
        { op: 'add', path: '/volume', value: 6 },
      ],
    ]);
    expect(host.value('settings')).toEqual({ ...SETTINGS, theme: 'dark', volume: 6 });
    const pulls = named('pull') as { request?: { topics: unknown[] } }[];
    expect(pulls.filter(({ request }) => request?.topics.length)).toEqual([]);
  });

  test('writes nothing when a change was taken back within the tick', async () => {
    const { clock, type, named } = await running();
    type({ theme: 'dark' });
    type({ theme: 'light' });
    await clock.advance(A_WHILE);
    expect(named('patch')).toEqual([]);
  });

  test('does not lose what is typed while a pull is on its way', async () => {
    const { host, clock, store, shown, type, change } = await running();
    host.faults.answer = ({ name }) => (name === 'pull' ? { delayMs: 200 } : undefined);
    change<Settings>('settings', { volume: 6, theme: 'blue' });
    await clock.advance(100); // the pull has read the value, its answer is on its way
    type({ theme: 'd' });
    await clock.advance(20);
    type({ theme: 'da' });
    await clock.advance(1000);
    expect(store.getState()).toEqual({ ...SETTINGS, theme: 'da', volume: 6 });
    expect(host.value('settings')).toEqual({ ...SETTINGS, theme: 'da', volume: 6 });
    const typed = shown.slice(shown.findIndex(({ theme }) => theme === 'd'));
    expect(typed.map(({ theme }) => theme).filter((theme) => !['d', 'da'].includes(theme))).toEqual([]);
  });

  test('does not lose what is typed while a write is on its way', async () => {
    const { host, clock, store, shown, type, change, named } = await running();
    host.faults.request = ({ name }) => (name === 'patch' ? { delayMs: 50 } : undefined);
    host.faults.answer = ({ name }) => (name === 'patch' ? { delayMs: 50 } : undefined);
    for (const theme of ['d', 'da', 'dar', 'dark']) {
      type({ theme });
      await clock.advance(30);
      change<Settings>('settings', { volume: theme.length });
    }
    await clock.advance(2000);
    expect(store.getState()).toEqual({ ...SETTINGS, theme: 'dark', volume: 4 });
    expect(host.value('settings')).toEqual(store.getState());
    expect(named('patch')).toHaveLength(4);
    const lengths = shown.map(({ theme }) => theme.length).slice(1);
    expect(lengths).toEqual([...lengths].sort());
  });

  test('does not lose what is typed before the first value', async () => {
    const { host, clock } = stage();
    host.register('settings', SETTINGS);
    const { store, type } = connected();
    type({ theme: 'typed' });
    await clock.advance(A_WHILE);
    expect(store.getState()).toEqual({ ...SETTINGS, theme: 'typed' });
    expect(host.value('settings')).toEqual({ ...SETTINGS, theme: 'typed' });
  });

  test('writes what is typed before the first value to what the topic turns out to be', async () => {
    const { host, clock } = stage();
    host.register('settings', SETTINGS);
    const { type } = connected({}, { tags: ['initial'] });
    type({ tags: ['initial', 'typed'] });
    await clock.advance(A_WHILE);
    expect(host.value('settings')).toEqual({ ...SETTINGS, tags: ['initial', 'typed'] });
  });

  test('does not lose what is typed in the very tick in which a value comes', async () => {
    const { host, clock, client, store, type } = await running();
    // Comes after the store's own subscription was served, in the same tick.
    await client.subscribe<Settings>('settings', ({ volume }) => {
      if (volume === 6 && store.getState().theme === 'light') type({ theme: 'typed' });
    });
    host.update<Settings>('settings', (value) => ({ ...value, volume: 6 }));
    await clock.advance(A_WHILE);
    expect(store.getState()).toEqual({ ...SETTINGS, volume: 6, theme: 'typed' });
    expect(host.value('settings')).toEqual(store.getState());
  });

  test('shows another store of the page what is typed, and no older value in between', async () => {
    const { clock, type, change } = await running();
    const other = connected();
    await clock.settle();
    type({ theme: 'dark' });
    change<Settings>('settings', { volume: 6 });
    await clock.advance(A_WHILE);
    expect(other.shown.map(({ theme, volume }) => `${theme} ${volume}`)).toEqual([
      'light 5',
      'dark 5',
      'dark 6',
    ]);
  });

  test('lets two windows type into different fields at the same time', async () => {
    const { host, clock, store, type, named } = await running();
    host.faults.request = ({ name }) => (name === 'patch' ? { delayMs: 20 } : undefined);
    const far = stageOther(host, clock);
    for (const n of [1, 2, 3, 4]) {
      type({ theme: 'x'.repeat(n) });
      void far.patch([{ op: 'replace', path: '/user/name', value: 'y'.repeat(n) }]);
      await clock.advance(7);
    }
    await clock.advance(2000);
    expect(host.value('settings')).toEqual({ ...SETTINGS, theme: 'xxxx', user: { id: 1, name: 'yyyy' } });
    expect(store.getState()).toEqual(host.value('settings'));
    expect(named('patch')).toHaveLength(8);
  });

  test('undoes what the host refuses, and says so', async () => {
    const staged = stage();
    staged.host.register('settings', SETTINGS);
    staged.host.validate('settings', (value) =>
      (value as Settings).volume > 10 ? { path: 'volume', message: 'too loud' } : undefined,
    );
    const onError = vi.fn();
    const { store, type } = connected({ onError });
    await staged.clock.settle();
    type({ volume: 11 });
    expect(store.getState().volume).toBe(11);
    await staged.clock.advance(A_WHILE);
    expect(store.getState()).toEqual(SETTINGS);
    expect(onError.mock.calls.map(([{ phase, topic, error }]) => [phase, topic, error.kind])).toEqual([
      ['write', 'settings', 'invalid-value'],
    ]);
    type({ volume: 9 });
    await staged.clock.advance(A_WHILE);
    expect(staged.host.value<Settings>('settings').volume).toBe(9);
  });

  test('goes on when the handler of errors throws', async () => {
    const { host, clock } = stage();
    host.register('settings', SETTINGS);
    host.validate('settings', (value) =>
      (value as Settings).volume > 10 ? { path: 'volume', message: 'too loud' } : undefined,
    );
    const complaint = vi.spyOn(console, 'error').mockImplementation(() => {});
    const page = connected({
      onError() {
        throw new Error('mine');
      },
    });
    await clock.settle();
    page.type({ volume: 11 });
    const flushed = page.connection.flush();
    await clock.advance(A_WHILE);
    await flushed;
    expect(String(complaint.mock.calls)).toContain('mine');
    expect(page.store.getState()).toEqual(SETTINGS);
  });

  test('tells of a window that may not follow the topic, and is ready with it', async () => {
    const { clock } = stage({ forbidden: true });
    const onError = vi.fn();
    const { connection } = connected({ onError });
    await clock.settle();
    await connection.ready;
    expect(onError.mock.calls.map(([{ error }]) => error.kind)).toEqual(['forbidden']);
  });

  test('takes over what the host made of a value', async () => {
    const { host, clock, store, type, named } = await running();
    host.normalize('settings', (value) => ({
      ...(value as Settings),
      theme: (value as Settings).theme.trim(),
    }));
    type({ theme: ' dark ' });
    await clock.advance(A_WHILE);
    expect(store.getState().theme).toBe('dark');
    expect(named('patch')).toHaveLength(1);
  });

  test('writes what a subscriber of the store makes of a new value', async () => {
    const { host, clock, store, change } = await running();
    store.subscribe(({ volume }) => {
      if (volume > 10) store.setState({ volume: 10 });
    });
    change<Settings>('settings', { volume: 50 });
    await clock.advance(A_WHILE);
    expect(host.value<Settings>('settings').volume).toBe(10);
    expect(store.getState().volume).toBe(10);
  });

  test('keeps to itself what omitKeys names, and functions', async () => {
    const { host, clock } = stage();
    host.register('settings', SETTINGS);
    const { store, type } = connected({ omitKeys: ['tags'] });
    await clock.settle();
    type({ tags: ['mine'], theme: 'dark', ...{ toggle: () => {} } });
    await clock.advance(A_WHILE);
    expect(host.value('settings')).toEqual({ ...SETTINGS, theme: 'dark' });
    expect(store.getState().tags).toEqual(['mine']);
  });

  test('leaves alone what the topic does not have, until it is changed here', async () => {
    const { host, clock } = stage();
    host.register('settings', SETTINGS);
    const { type } = connected({}, { tags: ['initial'] });
    await clock.settle();
    type({ theme: 'dark' });
    await clock.advance(A_WHILE);
    expect(host.value('settings')).toEqual({ ...SETTINGS, theme: 'dark' });
    type({ tags: ['typed'] });
    await clock.advance(A_WHILE);
    expect(host.value('settings')).toEqual({ ...SETTINGS, theme: 'dark', tags: ['typed'] });
  });

  test('maps there and back with toState and fromState', async () => {
    const { host, clock, named, change } = stage();
    host.register('percent', { volume: 50 });
    const store = createStore(() => ({ level: 0 }));
    connectTopic<{ level: number }, { volume: number }>(
      'percent',
      {
        applier: { apply: ({ data }) => store.setState({ level: data.volume / 100 }) },
        read: store.getState,
        listen: (changed) => store.subscribe(changed),
      },
      { toState: () => ({}), fromState: ({ level }) => ({ volume: level * 100 }) },
    );
    await clock.settle();
    expect(store.getState()).toEqual({ level: 0.5 });
    store.setState({ level: 0.7 });
    await clock.advance(A_WHILE);
    expect(host.value('percent')).toEqual({ volume: 70 });
    change('percent', { volume: 20 });
    await clock.advance(A_WHILE);
    expect(store.getState()).toEqual({ level: 0.2 });
    expect(named('patch')).toHaveLength(1);
  });

  test('wants fromState where there is toState', () => {
    stage();
    expect(() => connected({ toState: (data) => data })).toThrow('toState needs fromState');
    expect(() => connected({ toState: (data) => data, writeBack: false })).not.toThrow();
  });

  test('does not write with writeBack: false, and once the host said that the topic is read-only', async () => {
    const { host, clock, named } = stage();
    host.register('settings', SETTINGS, { readOnly: true });
    const quiet = connected({ writeBack: false });
    const onError = vi.fn();
    const loud = connected({ onError });
    await clock.settle();
    quiet.type({ theme: 'mine' });
    await clock.advance(A_WHILE);
    expect(named('patch')).toEqual([]);
    loud.type({ theme: 'mine' });
    await clock.advance(A_WHILE);
    loud.type({ theme: 'mine again' });
    await clock.advance(A_WHILE);
    expect(named('patch')).toHaveLength(1);
    expect(onError.mock.calls.map(([{ error }]) => error.kind)).toEqual(['read-only']);
  });

  test('has its last change on the way when it is stopped, and is left alone then', async () => {
    const { host, clock, store, connection, type, change } = await running();
    type({ theme: 'last' });
    connection.stop();
    await clock.advance(A_WHILE);
    expect(host.value<Settings>('settings').theme).toBe('last');
    change<Settings>('settings', { volume: 6 });
    type({ theme: 'local' });
    await clock.advance(A_WHILE);
    expect(store.getState()).toEqual({ ...SETTINGS, theme: 'local' });
    expect(host.inspect().sessions).toEqual([]);
    expect(clock.pending()).toBe(0);
  });

  test('flush settles when the host has everything', async () => {
    const { host, clock, connection, type } = await running();
    host.faults.answer = ({ name }) => (name === 'patch' ? { delayMs: 50 } : undefined);
    type({ theme: 'dark' });
    let settled = false;
    void connection.flush().then(() => {
      settled = true;
    });
    await clock.advance(49);
    expect(settled).toBe(false);
    await clock.advance(1);
    expect(settled).toBe(true);
  });
});

describe('a list in a connected store', () => {
  interface Task {
    id: number;
    text: string;
  }
  const tasks = [
    { id: 1, text: 'one' },
    { id: 2, text: 'two' },
  ];

  async function list() {
    const staged = stage();
    staged.host.register('tasks', tasks);
    const store = createStore<{ list: Task[] }>(() => ({ list: [] }));
    connectTopic<{ list: Task[] }, Task[]>(
      'tasks',
      {
        applier: { apply: ({ data }) => store.setState({ list: data }) },
        read: store.getState,
        listen: (changed) => store.subscribe(changed),
      },
      { toState: () => ({}), fromState: (state) => state.list },
    );
    await staged.clock.settle();
    const edit = (id: number, text: string) =>
      store.setState({ list: store.getState().list.map((task) => (task.id === id ? { id, text } : task)) });
    return { ...staged, store, edit };
  }

  test('has what is typed in the right item when others insert and remove at the same time', async () => {
    const { host, clock, store, edit } = await list();
    host.faults.answer = ({ name }) => (name === 'pull' ? { delayMs: 200 } : undefined);
    host.set('tasks', [
      { id: 3, text: 'new' },
      { id: 2, text: 'two' },
    ]);
    await clock.advance(100);
    edit(2, 'two!');
    await clock.advance(2000);
    expect(host.value('tasks')).toEqual([
      { id: 3, text: 'new' },
      { id: 2, text: 'two!' },
    ]);
    expect(store.getState().list).toEqual(host.value('tasks'));
  });

  test('keeps the additions of both windows', async () => {
    const { host, clock, store } = await list();
    host.faults.answer = ({ name }) => (name === 'pull' ? { delayMs: 200 } : undefined);
    host.set('tasks', [...tasks, { id: 3, text: 'theirs' }]);
    await clock.advance(100);
    store.setState({ list: [...store.getState().list, { id: 4, text: 'ours' }] });
    await clock.advance(2000);
    expect(host.value<Task[]>('tasks').map(({ id }) => id)).toEqual([1, 2, 4, 3]);
    expect(store.getState().list).toEqual(host.value('tasks'));
  });
});

/** Another window on the same host. */
function stageOther(host: ReturnType<typeof stage>['host'], clock: ReturnType<typeof stage>['clock']) {
  const page = createClient({ transport: host.transport({ label: 'other' }), clock, random: () => 0.5 });
  return page.topic<Settings>('settings');
}
