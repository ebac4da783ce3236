import { describe, expect, test } from 'vitest';
import { collectComplaints, outcome, stage } from './client.rig.ts';
import { isWrite, NOTE, type Note, shown } from './note.rig.ts';

collectComplaints();

describe('update', () => {
  test('sends the parts that changed, with the revision they are based on', async () => {
    const { host, a } = await shown();
    await a.update((draft) => {
      draft.tags.push('x');
    });
    const call = host.calls.at(-1);
    expect(call).toMatchObject({
      name: 'patch',
      request: { base: '1', topics: [{ topic: 'a', known: { revision: '1' } }] },
      operations: [{ op: 'add', path: '/tags/0', value: 'x' }],
    });
  });

  test('sends a value that was returned as it is', async () => {
    const { host, live, a } = await shown();
    await a.update((value) => ({ ...value, n: 3 }));
    expect(host.calls.at(-1)).toMatchObject({
      name: 'set',
      value: { ...NOTE, n: 3 },
      request: { base: '1' },
    });
    expect(live.value.n).toBe(3);
  });

  test('that changes nothing makes no call and resolves with the current revision', async () => {
    const { host, a } = await shown();
    const before = host.calls.length;
    expect(await a.update(() => {})).toBe('1');
    expect(await a.update((draft) => ({ ...draft }))).toBe('1');
    expect(
      await a.update((draft) => {
        draft.n = 0;
      }),
    ).toBe('1');
    expect(host.calls.length).toBe(before);
    expect(a.status.pending).toBe(0);
  });

  test('rejects with what its function throws, and with unserializable when it is asynchronous', async () => {
    const { host, live, a } = await shown();
    const before = host.calls.length;
    const broken = a.update(() => {
      throw new RangeError('no');
    });
    await expect(broken).rejects.toThrow(RangeError);
    await expect(a.update((async () => NOTE) as never)).rejects.toMatchObject({ kind: 'unserializable' });
    await expect(a.update((() => 1n) as never)).rejects.toMatchObject({ kind: 'unserializable' });
    const both = a.update(((draft: Note) => {
      draft.n = 5;
      return 5;
    }) as never);
    await expect(both).rejects.toThrow(TypeError);
    expect(host.calls.length).toBe(before);
    expect(live.value).toEqual(NOTE);
  });

  test('tries again with what the conflict has brought, without asking', async () => {
    const { host, client, clock, a } = await shown();
    host.faults.signal = () => 'lose';
    host.update<Note>('a', (value) => ({ ...value, n: 5 }));
    const done = outcome(
      a.update((draft) => {
        draft.n += 1;
      }),
    );
    await clock.advance(10);
    expect(done.value).toBe('3');
    expect(host.value<Note>('a').n).toBe(6);
    expect(client.stats()).toMatchObject({ pulls: 0, writes: 2 });
    expect(host.calls.filter(({ name }) => name === 'snapshot')).toEqual([]);
    expect(
      new Set(
        host.calls.filter(isWrite).map((c) => (c as { request: { operation: string } }).request.operation),
      ).size,
    ).toBe(2);
  });

  test('of a host that was started again is based on what that one has, though the number is the same (epoch)', async () => {
    const { host, client, clock } = stage();
    host.register('a', NOTE);
    await client.subscribe('a', () => {});
    host.update<Note>('a', (value) => ({ ...value, n: 1 }));
    await clock.advance(1000);
    host.restart(); // at revision 1 again
    host.faults.signal = () => 'lose';
    host.update<Note>('a', (value) => ({ ...value, title: 'later' }));
    expect(host.revision('a')).toBe('2'); // which the page has too, of the one before
    const done = outcome(client.topic<Note>('a').update((value) => ({ ...value, tags: ['mine'] })));
    await clock.advance(5000);
    expect(done.error).toBeUndefined();
    expect(host.value('a')).toEqual({ title: 'later', n: 1, tags: ['mine'] });
  });

  test('asks again when the question got lost', async () => {
    const { host, client, clock } = stage();
    host.register('a', { n: 1 });
    let lost = 2;
    host.faults.answer = (call) => (call.name === 'snapshot' && lost-- > 0 ? 'lose' : undefined);
    const done = outcome(
      client.topic<Note>('a').update((draft) => {
        draft.n += 1;
      }),
    );
    await clock.advance(25_000);
    expect(done.value).toBe('2');
    host.faults.answer = (call) => (call.name === 'snapshot' ? 'lose' : undefined);
    const hopeless = outcome(client.topic<Note>('a').update(() => {}));
    await clock.advance(35_000);
    expect(hopeless.error).toMatchObject({ kind: 'timeout', topic: 'a' });
    expect(clock.pending()).toBe(0);
  });

  test('asks for a snapshot where the page has none', async () => {
    const { host, client, clock } = stage();
    host.register('a', { n: 1 });
    let faster = 2;
    host.faults.request = (call) => {
      if (call.name === 'patch' && faster-- > 0)
        host.update<Note>('a', (value) => ({ ...value, n: 50 + faster }));
      return undefined;
    };
    const done = outcome(
      client.topic<Note>('a').update((draft) => {
        draft.n += 1;
      }),
    );
    await clock.advance(100);
    expect(done.value).toBe('4');
    expect(host.value<Note>('a').n).toBe(51);
    expect(host.calls.map(({ name }) => name)).toEqual([
      'snapshot',
      'patch',
      'snapshot',
      'patch',
      'snapshot',
      'patch',
    ]);
  });

  test('gives up with conflict after as many values as it may try, at once at first and then with pauses', async () => {
    const { host, clock, live, a } = await shown();
    const times: number[] = [];
    host.faults.request = (call) => {
      if (!isWrite(call)) return undefined;
      times.push(clock.now());
      host.update<Note>('a', (value) => ({ ...value, n: value.n + 10 }));
      return undefined;
    };
    const raise = (draft: Note) => {
      draft.n += 1;
    };
    const few = outcome(a.update(raise, { maxAttempts: 3, optimistic: true }));
    await clock.advance(10_000);
    expect(few.error).toMatchObject({ kind: 'conflict', topic: 'a', revision: '4' });
    expect(times).toHaveLength(3);
    expect([live.value.n, live.pending]).toEqual([30, 0]);
    times.length = 0;
    const many = outcome(a.update(raise));
    await clock.advance(60_000);
    expect(many.error).toMatchObject({ kind: 'conflict' });
    expect(times).toHaveLength(256);
    const pauses = times.slice(1).map((time, index) => time - (times[index] as number));
    expect(new Set(pauses.slice(0, 15))).toEqual(new Set([0]));
    expect(Math.min(...pauses.slice(15))).toBeGreaterThanOrEqual(1);
    expect(Math.max(...pauses)).toBeLessThanOrEqual(20);
  });
});
