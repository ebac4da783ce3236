import { describe, expect, test, vi } from 'vitest';
import type { HostCall } from '../testing/index.ts';
import { collectComplaints, outcome, stage } from './client.rig.ts';

collectComplaints();

interface Note {
  title: string;
  n: number;
  tags: string[];
}

const isWrite = (call: HostCall) => call.name === 'set' || call.name === 'patch' || call.name === 'action';
const NOTE: Note = { title: 'old', n: 0, tags: [] };

/** A page that shows the note, and every value it showed. */
async function shown(value: unknown = NOTE) {
  const set = stage();
  set.host.register('a', value);
  const live = await set.client.subscribe<Note>('a');
  const values: Note[] = [];
  await set.client.subscribe<Note>('a', (next) => values.push(next));
  values.length = 0;
  const slow = (answers: number, requests = 0) => {
    set.host.faults.request = (call) => (isWrite(call) ? { delayMs: requests } : undefined);
    set.host.faults.answer = (call) => (isWrite(call) ? { delayMs: answers } : undefined);
  };
  return { ...set, live, values, slow, a: set.client.topic<Note>('a') };
}

describe('an optimistic write', () => {
  test('is shown at once, and its answer changes nothing that is shown', async () => {
    const { host, clock, live, values, slow, a } = await shown();
    slow(60);
    const written = outcome(
      a.update(
        (draft) => {
          draft.title = 'new';
        },
        { optimistic: true },
      ),
    );
    expect([live.value.title, live.revision, live.pending]).toEqual(['new', '1', 1]);
    const early = live.value;
    await clock.advance(60);
    expect(written.value).toBe('2');
    expect([live.value.title, live.revision, live.pending]).toEqual(['new', '2', 0]);
    expect(live.value).toBe(early);
    expect(values.map(({ title }) => title)).toEqual(['new', 'new']);
    expect(host.value<Note>('a').title).toBe('new');
  });

  test('that is refused disappears, and the value without it is delivered', async () => {
    const { host, clock, live, values, slow, a } = await shown();
    slow(60);
    host.validate<Note>('a', ({ title }) => (title === 'bad' ? { path: 'title', message: 'no' } : undefined));
    const refused = outcome(a.patch([{ op: 'replace', path: '/title', value: 'bad' }], { optimistic: true }));
    expect(live.value.title).toBe('bad');
    await clock.advance(60);
    expect(refused.error).toMatchObject({ kind: 'invalid-value', path: 'title' });
    expect([live.value, live.pending]).toEqual([NOTE, 0]);
    expect(values.map(({ title }) => title)).toEqual(['bad', 'old']);
    await clock.advance(1000);
    expect(values).toHaveLength(2);
  });

  test('that is refused leaves the ones behind it in place', async () => {
    const { clock, live, slow, a } = await shown();
    slow(60);
    const first = outcome(a.set({ ...NOTE, title: 'x' }, { base: '9' as never, optimistic: true }));
    void a.patch([{ op: 'replace', path: '/n', value: 5 }], { optimistic: true });
    expect(live.value).toEqual({ title: 'x', n: 5, tags: [] });
    await clock.advance(60);
    expect(first.error).toMatchObject({ kind: 'conflict' });
    expect([live.value, live.pending]).toEqual([{ title: 'old', n: 5, tags: [] }, 1]);
    await clock.advance(60);
    expect([live.value, live.pending]).toEqual([{ title: 'old', n: 5, tags: [] }, 0]);
  });

  test('is replayed over newer values of others', async () => {
    const { host, clock, live, slow, a } = await shown();
    slow(0, 400);
    void a.patch([{ op: 'replace', path: '/title', value: 'mine' }], { optimistic: true });
    await clock.settle();
    host.update<Note>('a', (value) => ({ ...value, n: 7 }));
    await clock.advance(150);
    expect(live.value).toEqual({ title: 'mine', n: 7, tags: [] });
    host.update<Note>('a', (value) => ({ ...value, title: 'theirs', n: 8 }));
    await clock.advance(160);
    expect(live.value).toEqual({ title: 'mine', n: 8, tags: [] });
    await clock.advance(400);
    expect(live.value).toEqual({ title: 'mine', n: 8, tags: [] });
    expect(host.value('a')).toEqual(live.value);
  });

  test('is not shown twice when a pull brings its result before its answer does', async () => {
    const { host, client, clock, live, values, slow, a } = await shown();
    host.register('b', 0);
    await client.subscribe('b', () => {});
    slow(70);
    void a.update(
      (draft) => {
        draft.n += 1;
        draft.tags.push('t');
      },
      { optimistic: true },
    );
    await clock.advance(10);
    host.set('b', 1); // its signal pulls everything, also what is written
    await clock.advance(50);
    expect(client.stats().pulls).toBe(1);
    expect([live.value.n, live.revision, live.pending]).toEqual([1, '2', 1]);
    await clock.advance(200);
    expect(values.map(({ n, tags }) => [n, tags.length])).toEqual([
      [1, 1],
      [1, 1],
    ]);
    expect(live.revision).toBe('2');
  });

  test('stands still for a moment while nobody can tell whether a newer value has it in it', async () => {
    const { host, clock, live, client, values, slow, a } = await shown();
    host.register('b', 0);
    await client.subscribe('b', () => {});
    slow(90);
    void a.update(
      (draft) => {
        draft.n += 1;
      },
      { optimistic: true },
    );
    await clock.advance(5);
    host.update<Note>('a', (value) => ({ ...value, n: value.n + 10 }));
    host.set('b', 1); // its signal pulls everything, also what is written
    await clock.advance(60);
    expect(client.stats().pulls).toBe(1);
    expect([live.value.n, live.revision]).toEqual([1, '1']);
    await clock.advance(30);
    expect([live.value.n, live.revision]).toEqual([11, '3']);
    expect(values.map(({ n }) => n)).toEqual([1, 11]);
  });

  test('whose answer is lost does not hold others back for longer than a moment', async () => {
    const { host, clock, live, slow, a } = await shown();
    slow(1_000_000);
    void a.patch([{ op: 'add', path: '/tags/-', value: 'mine' }], { optimistic: true }).catch(() => {});
    await clock.advance(5);
    host.update<Note>('a', (value) => ({ ...value, n: 7 }));
    await clock.advance(300);
    expect(live.value.n).toBe(7);
    expect(live.value.tags).toContain('mine');
  });

  test('that is answered without its value is shown until the value has come', async () => {
    const { host, clock, live, values, slow, a } = await shown();
    host.faults.signal = () => 'lose';
    slow(10);
    host.endSessions();
    host.faults.request = (call) => (call.name === 'pull' ? { delayMs: 500 } : undefined);
    void a.update(
      (draft) => {
        draft.n += 1;
      },
      { optimistic: true },
    );
    await clock.advance(20);
    expect(host.value<Note>('a').n).toBe(1);
    expect([live.value.n, live.revision, live.pending]).toEqual([1, '1', 0]);
    await clock.advance(2000);
    expect([live.value.n, live.revision, live.status]).toEqual([1, '2', 'ready']);
    expect(values.every(({ n }) => n === 1)).toBe(true);
    host.faults.signal = host.faults.request = undefined;
    host.update<Note>('a', (value) => ({ ...value, n: 5 }));
    await clock.advance(2000);
    expect(live.value.n).toBe(5);
  });

  test('that is answered by a host that was started again is shown until that one has answered (epoch)', async () => {
    const { host, clock, live, values, a } = await shown();
    host.restart();
    host.faults.request = (call) => (call.name === 'pull' ? { delayMs: 500 } : undefined);
    void a.patch([{ op: 'replace', path: '/title', value: 'new' }], { optimistic: true });
    await clock.advance(100);
    expect([live.value.title, live.pending]).toEqual(['new', 0]);
    await clock.advance(2000);
    expect([live.value, live.status]).toEqual([host.value('a'), 'ready']);
    expect(values.every(({ title }) => title === 'new')).toBe(true);
  });

  test('that is answered by a host that is gone is not shown over what the next one has (epoch)', async () => {
    const { host, visibility, clock, live, slow, a } = await shown();
    slow(5000);
    void a.patch([{ op: 'replace', path: '/title', value: 'mine' }], { optimistic: true });
    await clock.advance(1);
    host.restart();
    host.update<Note>('a', (value) => ({ ...value, title: 'theirs' }));
    visibility.focus(); // brings the page to the host of now
    await clock.advance(4000);
    expect(live.revision).toBe(host.revision('a'));
    await clock.advance(5000);
    expect([live.value.title, live.pending]).toEqual(['theirs', 0]);
  });

  test('by a function runs again on what somebody else has made of the value', async () => {
    const { host, clock, live, values, slow, a } = await shown();
    slow(30, 30);
    const written = outcome(
      a.update(
        (draft) => {
          draft.n += 1;
        },
        { optimistic: true },
      ),
    );
    await clock.settle();
    host.faults.signal = () => 'lose';
    host.update<Note>('a', (value) => ({ ...value, n: 100 }));
    await clock.advance(61);
    expect(live.value.n).toBe(101);
    await clock.advance(1000);
    expect(written.value).toBe('3');
    expect(live.value.n).toBe(101);
    expect(values.map(({ n }) => n)).toEqual([1, 101, 101]);
  });

  test('by an action shows what the page expects until the host has decided', async () => {
    const { host, clock, live, slow, a } = await shown();
    host.action<Note, null>('a', 'raise', (value) => {
      value.n += 5;
    });
    slow(50);
    void a.action('raise', null, {
      optimistic: (draft) => {
        draft.n += 4;
      },
    });
    expect(live.value.n).toBe(4);
    await clock.advance(50);
    expect(live.value.n).toBe(5);
  });

  test('that cannot be applied to the newest value is not shown, and the host decides', async () => {
    const { live, values, a } = await shown();
    const refused = a.patch([{ op: 'remove', path: '/missing' }], { optimistic: true });
    expect(live.value).toEqual(NOTE);
    await expect(refused).rejects.toMatchObject({ kind: 'invalid-patch' });
    expect(values).toEqual([]);
  });

  test('is shown to who subscribes later, and to nobody when nothing is known yet', async () => {
    const { host, client, clock } = stage();
    host.register('a', NOTE);
    host.faults.answer = (call) => (isWrite(call) ? { delayMs: 90 } : undefined);
    const written = client
      .topic<Note>('a')
      .patch([{ op: 'replace', path: '/title', value: 'new' }], { optimistic: true });
    host.faults.request = (call) => (call.name === 'subscribe' ? { delayMs: 20 } : undefined);
    const handler = vi.fn();
    const joined = client.subscribe('a', handler);
    expect(handler).not.toHaveBeenCalled();
    await clock.advance(30);
    await joined;
    expect(handler.mock.calls.map(([value]) => value.title)).toEqual(['new']);
    await clock.advance(100);
    await written;
    expect(handler.mock.calls.map(([value]) => value.title)).not.toContain('old');
  });

  test('made by a handler reaches every handler once, newest last', async () => {
    const { client, values, a } = await shown();
    const late: number[] = [];
    await client.subscribe<Note>('a', ({ n }) => {
      if (n === 1) void a.patch([{ op: 'replace', path: '/n', value: 2 }], { optimistic: true });
    });
    await client.subscribe<Note>('a', ({ n }) => late.push(n));
    late.length = 0;
    await a.patch([{ op: 'replace', path: '/n', value: 1 }], { optimistic: true });
    await vi.waitFor(() => expect(a.status.pending).toBe(0));
    const going = (list: number[]) =>
      list.every((n, index) => index === 0 || n >= (list[index - 1] as number));
    expect(going(late)).toBe(true);
    expect(values.map(({ n }) => n)).toEqual([1, 2, 2, 2]);
    expect(late.at(-1)).toBe(2);
  });

  test('keeps what is shown free of changes by hand to what was handed in', async () => {
    const { live, slow, a } = await shown();
    slow(1000);
    const value = { title: 'x', n: 1, tags: ['t'] };
    void a.set(value, { optimistic: true });
    value.tags.push('later');
    expect(live.value.tags).toEqual(['t']);
  });
});

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
