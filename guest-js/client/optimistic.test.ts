import { describe, expect, test, vi } from 'vitest';
import { collectComplaints, outcome, stage } from './client.rig.ts';
import { isWrite, NOTE, type Note, shown } from './note.rig.ts';

collectComplaints();

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
