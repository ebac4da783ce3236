import { describe, expect, test, vi } from 'vitest';
import { collectComplaints, outcome, stage } from './client.rig.ts';

collectComplaints();

describe('topic', () => {
  test('get asks the host every time', async () => {
    const { host, client } = stage();
    host.register('a', 1);
    const a = client.topic<number>('a');
    expect(await a.get()).toBe(1);
    host.set('a', 2);
    expect(await a.get()).toBe(2);
    await expect(client.topic('missing').get()).rejects.toMatchObject({
      kind: 'unknown-topic',
      topic: 'missing',
    });
  });

  test('set resolves with the new revision, and subscribers get the value without waiting for a signal', async () => {
    const { host, client, clock } = stage();
    host.register('a', 1);
    const handler = vi.fn();
    await client.subscribe('a', handler);
    host.faults.signal = () => 'lose';
    expect(await client.topic('a').set(2)).toBe('2');
    await clock.settle();
    expect(handler.mock.calls.map(([value]) => value)).toEqual([1, 2]);
  });

  test('set with a base that is no longer current rejects with conflict and the current revision', async () => {
    const { host, client } = stage();
    host.register('a', 1);
    const base = host.revision('a');
    host.set('a', 2);
    await expect(client.topic('a').set(3, { base })).rejects.toMatchObject({
      kind: 'conflict',
      topic: 'a',
      revision: '2',
    });
    expect(host.value('a')).toBe(2);
  });

  test('set whose answer got lost is sent again under the same operation and writes once', async () => {
    const { host, client, clock } = stage();
    host.register('a', 0);
    let lost = 1;
    host.faults.answer = () => (lost-- > 0 ? 'lose' : undefined);
    const promise = outcome(client.topic('a').set(5));
    await clock.advance(11_000);
    expect(promise.value).toBe('2');
    expect(host.revision('a')).toBe('2');
    expect(host.calls.map((call) => (call.name === 'set' ? call.request.operation : ''))).toEqual([
      'w1',
      'w1',
    ]);
  });

  test('set gives up after three tries with kind timeout', async () => {
    const { host, client, clock } = stage();
    host.register('a', 0);
    host.faults.request = () => 'lose';
    const promise = outcome(client.topic('a').set(5));
    await clock.advance(60_000);
    expect(promise.error).toMatchObject({ kind: 'timeout', topic: 'a' });
    expect(host.calls).toHaveLength(3);
    expect(clock.pending()).toBe(0);
  });

  test('set is not repeated when the host has answered', async () => {
    const { host, client } = stage({ writable: () => false });
    host.register('a', 0);
    await expect(client.topic('a').set(1)).rejects.toMatchObject({ kind: 'unknown-topic', topic: 'a' });
    expect(host.calls).toHaveLength(1);
  });

  test('set refuses what is no JSON value and a base that is no revision, without a call', async () => {
    const { host, client } = stage();
    for (const value of [undefined, () => {}, Symbol('s')]) {
      await expect(client.topic('a').set(value)).rejects.toMatchObject({ kind: 'unserializable' });
    }
    for (const base of ['01', '-1', '1.0', 1, 'x']) {
      await expect(client.topic('a').set(1, { base: base as never })).rejects.toMatchObject({
        kind: 'invalid-revision',
      });
    }
    expect(host.calls).toEqual([]);
  });

  test('every write has an operation of its own', async () => {
    const { host, client } = stage();
    host.register('a', 0);
    await Promise.all([client.topic('a').set(1), client.topic('a').set(2)]);
    const operations = host.calls.map((call) => (call.name === 'set' ? call.request.operation : ''));
    expect(new Set(operations).size).toBe(2);
    expect(host.revision('a')).toBe('3');
  });
});
