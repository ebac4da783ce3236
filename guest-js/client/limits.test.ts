import { describe, expect, test } from 'vitest';
import { collectComplaints, outcome, stage } from './client.rig.ts';
import { createClient } from './client.ts';
import { patched } from './json.ts';
import type { PatchOperation } from './wire.ts';

const complaints = collectComplaints();

const nested = (levels: number): unknown => {
  let value: unknown = 1;
  for (let level = 0; level < levels; level += 1) value = [value];
  return value;
};

type Value = Record<string, unknown>;

describe('what a page may not send', () => {
  const doors: [string, (bad: unknown) => Promise<unknown>, string][] = [];
  const { host, client } = stage();
  host.register('a', { n: 1 });
  const handle = client.topic<Value>('a');
  doors.push(
    ['set', (bad) => handle.set({ bad }), 'bad'],
    ['an optimistic set', (bad) => handle.set({ bad }, { optimistic: true }), 'bad'],
    ['patch', (bad) => handle.patch([{ op: 'add', path: '/b', value: { bad } }]), '[0].value.bad'],
    ['action', (bad) => handle.action('any', { bad }), 'bad'],
    ['update by returning', (bad) => handle.update(() => ({ bad })), 'bad'],
    [
      'update by changing',
      (bad) =>
        handle.update((draft) => {
          draft.bad = bad;
        }),
      'bad',
    ],
  );

  test.each(doors)('is refused before anything is sent: %s', async (_, send, path) => {
    for (const bad of ['\ud83d', nested(128), nested(3000)]) {
      const error = await send(bad).then(
        () => undefined,
        (thrown) => thrown,
      );
      expect([error.kind, error.topic, error.path.startsWith(path)]).toEqual(['invalid-value', 'a', true]);
    }
    const writes = host.calls.filter(({ name }) => name !== 'snapshot');
    expect([writes, host.revision('a'), handle.status.pending]).toEqual([[], '1', 0]);
  });

  test('is the name of an action that is none', async () => {
    for (const name of ['', 'x'.repeat(65), 'a b', 'é', '\ud83d', 5 as unknown as string, 1n as never]) {
      await expect(handle.action(name, null)).rejects.toMatchObject({ kind: 'invalid-action', topic: 'a' });
    }
    expect(host.calls.some(({ name }) => name === 'action')).toBe(false);
  });

  test('is a name of a topic or a base that is none, whatever it is instead', async () => {
    for (const name of [1n, Symbol('s'), Object.create(null), 'x'.repeat(1e6)] as never[]) {
      expect(() => client.topic(name)).toThrow(expect.objectContaining({ kind: 'invalid-topic' }));
      await expect(handle.set({}, { base: name })).rejects.toMatchObject({ kind: 'invalid-revision' });
    }
  });

  test('may come of a function that puts a value into itself', async () => {
    const error = await handle
      .update((draft) => {
        draft.self = draft;
      })
      .catch((thrown) => thrown);
    expect([error.name, error.topic]).toEqual(['StateSyncError', 'a']);
  });
});

describe('a patch', () => {
  const fails = (value: unknown, operations: PatchOperation[]) => () => patched(value, operations);

  test('makes no value that is deeper than 128 levels, whatever its steps', () => {
    const double: PatchOperation[] = [{ op: 'add', path: '/0', value: nested(100) }];
    for (let n = 0; n < 120; n += 1) {
      double.push(
        { op: 'copy', from: '/0', path: '/1' },
        { op: 'move', from: '/1', path: `/0${'/0'.repeat(99)}` },
      );
    }
    expect(fails([], double)).toThrow(/deeper than 128/);
    expect(fails({}, [{ op: 'add', path: '/a', value: nested(127) }])).not.toThrow();
    expect(fails({}, [{ op: 'add', path: '/a', value: nested(128) }])).toThrow(/deeper/);
    expect(fails({ a: 1 }, [{ op: 'replace', path: '/a', value: nested(128) }])).toThrow(/deeper/);
  });

  test('does no more work than one may', () => {
    const grow: PatchOperation[] = [{ op: 'add', path: '/0', value: [1, 2, 3, 4] }];
    for (let n = 0; n < 100; n += 1) grow.push({ op: 'copy', from: '/0', path: '/0/0' });
    expect(fails([], grow)).toThrow(/too much work/);
    const shift = Array.from({ length: 200 }, (): PatchOperation => ({ op: 'add', path: '/0', value: 0 }));
    const list = Array.from({ length: 100_000 }, () => 0);
    expect(fails(list, shift)).toThrow(/too much work/);
    expect(fails(list, shift.slice(0, 100))).not.toThrow();
  });

  test('of that kind is not shown, and the host says why', async () => {
    const { host, client, clock } = stage();
    host.register('a', { part: nested(100) });
    const values: unknown[] = [];
    await client.subscribe('a', (value) => values.push(value));
    const deep: PatchOperation[] = [{ op: 'copy', from: '/part', path: `/part${'/0'.repeat(100)}` }];
    const writing = outcome(client.topic('a').patch(deep, { optimistic: true }));
    await clock.settle();
    expect(writing.error).toMatchObject({ kind: 'invalid-patch', topic: 'a' });
    expect((writing.error as { path: string }).path).toMatch(/^part\[0\]/);
    expect([values.length, client.topic('a').status.pending, host.revision('a')]).toEqual([1, 0, '1']);
  });
});

describe('a value of the host that is too deep', () => {
  test('is an error of its topic, applied nowhere, and news of the topic are heard', async () => {
    const { host, client, clock } = stage();
    host.register('a', nested(500));
    host.register('b', 1);
    const [values, others, errors]: [unknown[], unknown[], unknown[]] = [[], [], []];
    const onError = ({ error }: { error: unknown }) => errors.push(error);
    client.subscribe('a', (value) => values.push(value), { onError }).catch(() => {});
    client.subscribe('b', (value) => others.push(value)).catch(() => {});
    await clock.settle();
    expect(errors[0]).toMatchObject({ kind: 'protocol', topic: 'a', permanent: true });
    expect([values, others]).toEqual([[], [1]]);
    const before = host.calls.length;
    await clock.advance(15_000);
    expect(host.calls.length).toBe(before);
    host.set('a', 'flat');
    await clock.advance(1000);
    expect(values).toEqual(['flat']);
    host.set('a', nested(400));
    await clock.advance(1000);
    expect(values).toEqual(['flat']);
    expect(errors.at(-1)).toMatchObject({ kind: 'protocol', topic: 'a' });
  });

  test('rejects get() and update()', async () => {
    const { host, client } = stage();
    host.register('a', nested(500));
    const handle = client.topic('a');
    await expect(handle.get()).rejects.toMatchObject({ kind: 'protocol', topic: 'a' });
    await expect(handle.update(() => 1)).rejects.toMatchObject({ kind: 'protocol', topic: 'a' });
  });

  test('is not learned from the answer of a write', async () => {
    const { host, client, clock } = stage();
    host.register('a', 1);
    host.register('b', 1);
    const values: unknown[] = [];
    client.subscribe('a', (value) => values.push(value), { onError: () => {} }).catch(() => {});
    await client.subscribe('b', () => {});
    await clock.settle();
    host.faults.signal = () => 'lose';
    host.set('a', nested(500));
    await client.topic('b').set(2);
    await clock.settle();
    expect(values).toEqual([1]);
  });

  test('is not what a page begins with', async () => {
    const { host } = stage();
    const transport = host.transport();
    const results = [{ topic: 'a', revision: '1', data: nested(129) }];
    const firstPaint = () => JSON.stringify({ epoch: 'e', results });
    const client = createClient({ transport: { ...transport, firstPaint } });
    expect(client.topic('a').value).toBe(undefined);
    expect(complaints.mock.lastCall?.[1]).toMatchObject({ kind: 'protocol' });
  });
});

describe('a window that may write a topic and not read it', () => {
  const blind = { readable: (topic: string) => topic !== 'a' };

  test('is answered with revision 0; nothing stays pending and nothing is pulled again', async () => {
    const { host, client, clock, named } = stage(blind);
    host.register('a', 'secret');
    await expect(client.topic('a').set('mine', { optimistic: true })).resolves.toBe('0');
    expect([host.value('a'), client.topic('a').status.pending]).toEqual(['mine', 0]);
    await clock.advance(60_000);
    expect(named()).toEqual(['set']);
  });

  test('also while it subscribes to it', async () => {
    const { host, client, clock, named } = stage(blind);
    host.register('a', 'secret');
    client.subscribe('a', () => {}, { onError: () => {} }).catch(() => {});
    await clock.settle();
    const before = named().length;
    const writing = outcome(client.topic('a').set('mine', { optimistic: true }));
    await clock.settle();
    expect([writing.value, client.topic('a').value, client.topic('a').status.pending]).toEqual([
      '0',
      undefined,
      0,
    ]);
    expect(named().slice(before)).toEqual(['set']);
  });

  test('hears of a conflict no more than that there is one', async () => {
    const { host, client } = stage(blind);
    host.register('a', 'secret');
    const error = await client
      .topic('a')
      .set('mine', { base: '1' as never })
      .catch((thrown) => thrown);
    expect([error.kind, error.revision, JSON.stringify(error.cause)]).toEqual([
      'conflict',
      '0',
      expect.not.stringContaining('secret'),
    ]);
    await expect(client.topic('a').patch([])).rejects.toMatchObject({ kind: 'unknown-topic' });
    await expect(client.topic('a').update(() => 1)).rejects.toMatchObject({ kind: 'unknown-topic' });
    expect(host.value('a')).toBe('secret');
  });
});
