import { describe, expect, test } from 'vitest';
import type { PatchOperation, WriteRequest } from '../client/wire.ts';
import type { Revision } from '../core/index.ts';
import { createManualClock } from './manual-clock.ts';
import { createMemoryHost, type MemoryWindow } from './memory-host.ts';

interface Cart {
  items: string[];
  total?: number;
}

/** A page with a session on the topic `a`, which is at revision 1. */
async function stage(value: unknown, window: MemoryWindow = {}) {
  const clock = createManualClock();
  const host = createMemoryHost({ clock });
  host.register('a', value);
  const transport = host.transport(window);
  await transport.subscribe({ page: 'p', generation: 1, topics: [{ topic: 'a' }] }, () => {});
  let operations = 0;
  const request = (more: Partial<WriteRequest> = {}): WriteRequest => {
    operations += 1;
    const known = { epoch: host.epoch, revision: '1' as Revision };
    return {
      page: 'p',
      generation: 1,
      operation: `w${operations}`,
      topic: 'a',
      topics: [{ topic: 'a', known }],
      ...more,
    };
  };
  return { clock, host, transport, request };
}

describe('a write to the in-memory host', () => {
  test('is answered with `written` where the page can compute the value itself', async () => {
    const { host, transport, request } = await stage([1]);
    const patch: PatchOperation[] = [{ op: 'add', path: '/-', value: 2 }];
    const patched = request();
    const first = { topic: 'a', revision: '2', written: true };
    expect((await transport.patch(patched, patch)).results).toEqual([first]);
    expect((await transport.patch(patched, patch)).results).toEqual([first]);
    // Somebody else was faster than the repetition.
    host.set('a', [9]);
    const [repeated] = (await transport.patch(patched, patch)).results;
    expect(repeated).toEqual({ topic: 'a', revision: '3', data: [9] });
    // Not what the page stated: 1 is two revisions behind.
    const [late] = (await transport.patch(request(), patch)).results;
    expect(late).toEqual({ topic: 'a', revision: '4', data: [9, 2] });
    const [set] = (await transport.set(request(), [7])).results;
    expect(set).toEqual({ topic: 'a', revision: '5', written: true });
  });

  test('is not counted as a pull', async () => {
    const { host, transport, request } = await stage(1);
    await transport.set(request(), 2);
    expect(host.inspect().counters).toMatchObject({ pulls: 1, updates: 2 });
  });

  test('brings the value back that became of it', async () => {
    const { host, transport, request } = await stage({ items: [] });
    host.normalize<Cart>('a', ({ items }) => ({ items, total: items.length }));
    const { results } = await transport.set(request(), { items: ['x'], more: true });
    expect(results).toEqual([{ topic: 'a', revision: '2', data: { items: ['x'], total: 1 } }]);
    const patch: PatchOperation[] = [{ op: 'replace', path: '/total', value: 9 }];
    expect((await transport.patch(request(), patch)).results).toMatchObject([{ data: { total: 1 } }]);
  });

  test('that does not fit changes nothing and names the path', async () => {
    const { host, transport, request } = await stage({ items: [] });
    host.validate<Cart>('a', ({ items }) =>
      items.length > 1 ? { path: 'items', message: 'at most one' } : undefined,
    );
    const patch: PatchOperation[] = [{ op: 'add', path: '/items', value: ['x', 'y'] }];
    for (const write of [
      () => transport.set(request(), { items: ['x', 'y'] }),
      () => transport.patch(request(), patch),
    ]) {
      await expect(write()).rejects.toEqual({
        kind: 'invalid-value',
        topic: 'a',
        path: 'items',
        message: 'topic "a" was not changed: the value does not fit its type at items: at most one',
      });
    }
    expect(host.revision('a')).toBe('1');
    expect((await transport.set(request(), { items: ['x'] })).revision).toBe('2');
  });

  test('that is repeated gets its first result, whatever became of the topic', async () => {
    const { host, transport, request } = await stage(1);
    host.register('b', 1);
    const done = request();
    const late = request({ topic: 'b', base: '7' as Revision });
    await transport.set(done, 2);
    await expect(transport.set(late, 3)).rejects.toMatchObject({ kind: 'conflict', revision: '1' });
    for (const topic of ['a', 'b']) host.remove(topic);
    expect(await transport.set(done, 2)).toMatchObject({
      revision: '2',
      results: [{ topic: 'a', error: {} }],
    });
    const again = transport.set(late, 3).catch((error) => [error.kind, error.revision, 'data' in error]);
    expect(await again).toEqual(['conflict', '1', false]);
    await expect(transport.set(request(), 3)).rejects.toMatchObject({ kind: 'unknown-topic' });
  });

  test('is read before its base counts, and a patch after it', async () => {
    const { host, transport, request } = await stage([]);
    host.validate<unknown>('a', (value) =>
      Array.isArray(value) ? undefined : { path: '.', message: 'no list' },
    );
    const base = '7' as Revision;
    await expect(transport.set(request({ base }), 1)).rejects.toMatchObject({ kind: 'invalid-value' });
    const patch: PatchOperation[] = [{ op: 'replace', path: '', value: 1 }];
    await expect(transport.patch(request({ base }), patch)).rejects.toMatchObject({ kind: 'conflict' });
    await expect(transport.patch(request(), patch)).rejects.toMatchObject({
      kind: 'invalid-value',
      path: '.',
    });
  });

  test('takes the value as it was when it was written', async () => {
    const { host, transport, request } = await stage(null);
    const value = { n: 1 };
    const answer = transport.set(request(), value);
    value.n = 2;
    await answer;
    expect(host.value('a')).toEqual({ n: 1 });
  });

  test('rejects like `invoke` for what cannot be sent, and refuses what is no JSON', async () => {
    const { transport, request } = await stage(1);
    await expect(transport.set(request(), 1n)).rejects.toBeInstanceOf(TypeError);
    await expect(transport.set(request(), undefined)).rejects.toMatchObject({ kind: 'unserializable' });
  });

  test('is refused in a window that may not write, or not run the action (scope-at-every-read)', async () => {
    const callable = (topic: string, action: string) => topic === 'a' && action === 'add';
    const { host, transport, request } = await stage(1, { writable: () => false, callable });
    for (const name of ['add', 'subtract']) {
      host.action<number, number>('a', name, (value, args, replace) => replace(value + args));
    }
    await expect(transport.set(request(), 2)).rejects.toMatchObject({ kind: 'unknown-topic' });
    await expect(transport.patch(request(), [])).rejects.toMatchObject({ kind: 'unknown-topic' });
    const refused = transport.action({ ...request(), action: 'subtract' }, 1);
    await expect(refused).rejects.toMatchObject({ kind: 'unknown-action', topic: 'a' });
    expect(await transport.action({ ...request(), action: 'add' }, 4)).toMatchObject({ result: null });
    expect(host.value('a')).toBe(5);
    const inexact = transport.action({ ...request(), action: 'add' }, 2 ** 53);
    await expect(inexact).rejects.toMatchObject({ kind: 'unsafe-integer', path: '.' });
  });

  test('to a topic the window may not write looks as if there were none (scope-at-every-read)', async () => {
    const { host, transport, request } = await stage(1, { writable: (topic) => topic !== 'secret' });
    host.register('secret', 1);
    const refusalOf = (topic: string) => transport.set(request({ topic }), 2).catch((error) => error);
    const secret = await refusalOf('secret');
    const missing = await refusalOf('secres');
    expect(JSON.stringify(secret).replaceAll('secret', 'x')).toBe(
      JSON.stringify(missing).replaceAll('secres', 'x'),
    );
  });

  test('shows a page only what its session has (scope-at-every-read)', async () => {
    const { host, transport, request } = await stage(1, { readable: (topic) => topic !== 'b' });
    for (const topic of ['b', 'c']) host.register(topic, 1);
    await transport.subscribe(
      { page: 'p', generation: 2, topics: [{ topic: 'a' }, { topic: 'b' }] },
      () => {},
    );
    const topics = ['a', 'b', 'c'].map((topic) => ({ topic }));
    const session = { generation: 2, topics };
    for (const topic of ['b', 'c']) {
      const { results } = await transport.set(request({ topic, ...session }), 2);
      expect(results.map((result) => ('error' in result ? result.error.kind : result.revision))).toEqual([
        '1',
        'unknown-topic',
        'unknown-topic',
      ]);
      const late = transport.set(request({ topic, ...session, base: '1' as Revision }), 3);
      expect(await late.catch((error) => Object.keys(error).sort())).toEqual([
        'kind',
        'message',
        'revision',
        'topic',
      ]);
    }
    host.set('a', 2);
    const late = transport.set(request({ ...session, base: '1' as Revision }), 3);
    await expect(late).rejects.toMatchObject({ kind: 'conflict', epoch: host.epoch, data: 2 });
    const stranger = transport.set(request({ generation: 1, base: '1' as Revision }), 3);
    expect(await stranger.catch((error) => 'data' in error)).toBe(false);
  });

  test('by an action is allowed where windows can only read', async () => {
    const { host, transport, request } = await stage(1);
    host.register('clock', { ticks: 0 }, { readOnly: true });
    host.action<{ ticks: number }, null>('clock', 'tick', (clock) => {
      clock.ticks += 1;
      return { at: clock.ticks };
    });
    const ticked = request({ topic: 'clock' });
    expect((await transport.action({ ...ticked, action: 'tick' }, null)).result).toEqual({ at: 1 });
    await expect(transport.set(request({ topic: 'clock' }), {})).rejects.toMatchObject({ kind: 'read-only' });
    host.restart();
    expect((await transport.action({ ...ticked, action: 'tick' }, null)).result).toEqual({ at: 2 });
    await expect(transport.set(request({ topic: 'clock' }), {})).rejects.toMatchObject({ kind: 'read-only' });
  });

  test("finds the actions of a family by its pattern, and a topic's own before them", async () => {
    const { host, transport, request } = await stage(1);
    const none = ['cart:/x', 'cart:1/y', 'cart:1', 'x/cart:1/x'];
    for (const topic of ['cart:1/x', 'cart:2/x', ...none]) host.register(topic, []);
    host.action('cart:1/x', 'who', () => 'member');
    for (const action of ['which', 'who']) host.action('cart:{id}/x', action, () => 'family');
    const run = (topic: string, action: string) => transport.action({ ...request({ topic }), action }, null);
    expect((await run('cart:1/x', 'which')).result).toBe('family');
    expect((await run('cart:1/x', 'who')).result).toBe('member');
    expect((await run('cart:2/x', 'who')).result).toBe('family');
    for (const topic of [...none, 'cart:3/x']) {
      await expect(run(topic, 'which')).rejects.toMatchObject({ kind: 'unknown-action', topic });
    }
  });

  test('by an action that throws changes nothing, whatever it did before', async () => {
    const { host, transport, request } = await stage([1]);
    host.action<number[], null>('a', 'fail', (list) => {
      list.push(2);
      throw new Error('full');
    });
    const failing = transport.action({ ...request(), action: 'fail' }, null);
    await expect(failing).rejects.toEqual({
      kind: 'action-refused',
      message: 'action "fail" changed nothing in topic "a": full',
      topic: 'a',
    });
    expect([host.value('a'), host.revision('a')]).toEqual([[1], '1']);
  });

  test('is remembered with its result until the next one of its page and topic, and as used afterwards', async () => {
    const { host, transport, request } = await stage(0);
    host.register('b', 0);
    const first = request();
    await transport.set(first, 1);
    for (let n = 0; n < 300; n += 1) await transport.set(request({ topic: 'b' }), n);
    expect((await transport.set(first, 1)).revision).toBe('2');
    await transport.set(request(), 2);
    const late = transport.set(first, 1);
    await expect(late).rejects.toMatchObject({ kind: 'operation-reused', topic: 'a' });
    expect([host.value('a'), host.revision('a')]).toEqual([2, '3']);
    host.restart();
    expect((await transport.set(first, 1)).revision).toBe('2');
  });
});
