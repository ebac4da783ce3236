import { describe, expect, test } from 'vitest';
import { collectComplaints, outcome, stage } from './client.rig.ts';
import { createClient } from './client.ts';

collectComplaints();

interface Counter {
  n: number;
  other?: string;
}

describe('patch', () => {
  test('changes what it names, costs no pull and resolves with the revision', async () => {
    const { host, client, clock } = stage();
    host.register('a', { n: 1, list: ['x'] });
    const live = await client.subscribe('a');
    const revision = await client.topic('a').patch([
      { op: 'test', path: '/n', value: 1 },
      { op: 'replace', path: '/n', value: 2 },
      { op: 'add', path: '/list/-', value: 'y' },
    ]);
    expect([revision, live.value]).toEqual(['2', { n: 2, list: ['x', 'y'] }]);
    await clock.advance(1000);
    expect(host.value('a')).toEqual({ n: 2, list: ['x', 'y'] });
    expect(client.stats().pulls).toBe(0);
  });

  test('is applied to the newest value without a base, and refused with one that is old', async () => {
    const { host, client } = stage();
    host.register('a', { n: 1, other: 'old' });
    host.update<Counter>('a', (value) => ({ ...value, other: 'new' }));
    const a = client.topic<Counter>('a');
    await a.patch([{ op: 'replace', path: '/n', value: 2 }]);
    expect(host.value('a')).toEqual({ n: 2, other: 'new' });
    const late = a.patch([{ op: 'replace', path: '/n', value: 3 }], { base: '1' as never });
    await expect(late).rejects.toMatchObject({ kind: 'conflict', revision: '3' });
    expect(host.value('a')).toEqual({ n: 2, other: 'new' });
  });

  test('shows what a conflict has brought', async () => {
    const { host, client } = stage();
    host.register('a', { n: 1 });
    const live = await client.subscribe<Counter>('a');
    host.faults.signal = () => 'lose';
    host.set('a', { n: 5 });
    const late = client.topic('a').patch([], { base: '1' as never });
    await expect(late).rejects.toMatchObject({ kind: 'conflict' });
    expect(live.value).toEqual({ n: 5 });
    expect(client.stats().pulls).toBe(0);
  });

  test('that makes no sense is refused without a call, and one that does not fit by the host', async () => {
    const { host, client } = stage();
    host.register('a', { n: 1 });
    const a = client.topic('a');
    const nonsense: unknown[] = [
      undefined,
      {},
      [null],
      [{ op: 'put', path: '/n', value: 1 }],
      [{ op: 'add', path: 'n', value: 1 }],
      [{ op: 'add', path: '/n' }],
      [{ op: 'add', path: '/n', value: undefined }],
      [{ op: 'remove', path: '/~2' }],
      [{ op: 'move', path: '/n' }],
    ];
    for (const operations of nonsense) {
      const kind = operations === undefined ? 'unserializable' : 'invalid-patch';
      await expect(a.patch(operations as never), JSON.stringify(operations)).rejects.toMatchObject({ kind });
    }
    expect(host.calls).toEqual([]);
    const misfit = a.patch([{ op: 'remove', path: '/missing' }]);
    await expect(misfit).rejects.toMatchObject({ kind: 'invalid-patch', topic: 'a' });
    expect(host.value('a')).toEqual({ n: 1 });
  });
});

describe('action', () => {
  test('resolves with what the host returned, and its change is shown without a pull', async () => {
    const { host, client } = stage();
    host.register('a', { n: 1 });
    host.action<Counter, { by: number }>('a', 'raise', (value, { by }) => {
      value.n += by;
      return value.n * 100;
    });
    const live = await client.subscribe<Counter>('a');
    expect(await client.topic('a').action('raise', { by: 4 })).toBe(500);
    expect(live.value).toEqual({ n: 5 });
    expect(client.stats()).toMatchObject({ pulls: 0, writes: 1 });
  });

  test('rejects with action-refused and unknown-action, and changes nothing', async () => {
    const { host, client } = stage();
    host.register('a', { n: 1 });
    host.action<Counter, null>('a', 'fail', () => {
      throw new Error('out of stock');
    });
    const refused = client.topic('a').action('fail', null);
    await expect(refused).rejects.toMatchObject({ kind: 'action-refused', message: /out of stock/ });
    await expect(client.topic('a').action('missing', null)).rejects.toMatchObject({ kind: 'unknown-action' });
    await expect(client.topic('a').action('fail', 1n)).rejects.toMatchObject({ kind: 'unserializable' });
    expect(host.revision('a')).toBe('1');
  });

  test('sends null where nothing is given', async () => {
    const { host, client } = stage();
    host.register('a', 1);
    const got: unknown[] = [];
    host.action('a', 'look', (_, args) => got.push(args));
    await client.topic('a').action('look', undefined);
    expect(got).toEqual([null]);
  });
});

describe('two windows', () => {
  test('that raise a counter 500 times each make it 1000', async () => {
    const { host, client, clock } = stage();
    const other = createClient({ transport: host.transport({ label: 'other' }), clock, random: () => 0.3 });
    host.register('a', { n: 0 });
    await client.subscribe('a', () => {});
    await other.subscribe('a', () => {});
    let turn = 0;
    host.faults.answer = () => ({ delayMs: (turn++ * 7) % 5 });
    const raise = (draft: Counter) => {
      draft.n += 1;
    };
    const all = [client, other].flatMap((one) =>
      Array.from({ length: 500 }, () => one.topic<Counter>('a').update(raise)),
    );
    const done = outcome(Promise.all(all));
    await clock.advance(60_000);
    expect(done.error).toBeUndefined();
    expect(new Set(done.value as string[]).size).toBe(1000);
    expect(host.value('a')).toEqual({ n: 1000 });
    expect(host.revision('a')).toBe('1001');
  });

  test('that change different fields keep both', async () => {
    const { host, client, clock } = stage();
    const other = createClient({ transport: host.transport({ label: 'other' }), clock, random: () => 0.3 });
    host.register('a', { n: 0, other: '' });
    const live = await client.subscribe<Counter>('a');
    await other.subscribe('a', () => {});
    host.faults.signal = () => ({ delayMs: 200 });
    const done = Promise.all([
      client.topic<Counter>('a').update((draft) => {
        draft.n = 1;
      }),
      other.topic<Counter>('a').update((draft) => {
        draft.other = 'b';
      }),
    ]);
    await clock.advance(1000);
    await done;
    expect(host.value('a')).toEqual({ n: 1, other: 'b' });
    expect(live.value).toEqual({ n: 1, other: 'b' });
  });
});
