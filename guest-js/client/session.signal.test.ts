import { describe, expect, test } from 'vitest';
import { stage } from './session.rig.ts';

describe('a signal', () => {
  test('is answered by the pull it causes, and by nothing else', async () => {
    const { host, calls, watch, clock } = stage();
    host.register('a', 1);
    await watch('a');
    calls();
    host.set('a', 2);
    await clock.advance(1000);
    expect(calls()).toEqual(['pull 1 [a@1] seen 1']);
    expect(host.inspect().sessions[0]?.unacknowledged).toBe(null);
  });

  test('that is stale is answered by an empty pull within 250 ms (always-seen)', async () => {
    const { host, calls, watch, client, clock } = stage();
    host.register('a', 1);
    await watch('a');
    calls();
    host.faults.signal = () => ({ delayMs: 40 });
    host.set('a', 2);
    await clock.settle();
    await client.topic('a').set(3);
    await clock.advance(30);
    expect(calls()).toEqual(['set']);
    await clock.advance(80);
    expect(calls()).toEqual(['pull 1 [] seen 1']);
    await clock.advance(480);
    expect(host.inspect().sessions[0]?.unacknowledged).toBe(null);
    expect(host.inspect().counters.resends).toBe(0);
  });

  test('that overtakes the answer in flight is answered in parallel (always-seen)', async () => {
    const { host, calls, watch, clock } = stage();
    host.register('a', 1);
    const a = await watch('a');
    calls();
    host.faults.answer = (call) =>
      call.name === 'pull' && call.request.topics.length > 0 ? { delayMs: 600 } : undefined;
    host.set('a', 2);
    await clock.settle();
    host.set('a', 3);
    await clock.advance(250);
    expect(calls()).toEqual(['pull 1 [a@1] seen 1', 'pull 1 [] seen 2']);
    await clock.advance(1500);
    expect(a.values.at(-1)).toBe(3);
    expect(host.inspect().counters.resends).toBe(0);
  });

  test('of an earlier generation changes nothing (one-session-a-page)', async () => {
    const { host, calls, watch, clock } = stage();
    host.register('a', 1);
    host.register('b', 1);
    await watch('a');
    host.faults.signal = ({ generation }) => (generation === 1 ? { delayMs: 100 } : undefined);
    host.set('a', 2);
    await clock.settle();
    await watch('b');
    calls();
    await clock.advance(1000);
    expect(calls()).toEqual([]);
  });

  test('is numbered from 1 in each generation, and so is the answer (one-session-a-page)', async () => {
    const { host, calls, watch, clock } = stage();
    host.register('a', 1);
    host.register('b', 1);
    await watch('a');
    for (let n = 0; n < 3; n += 1) {
      host.set('a', n);
      await clock.settle();
    }
    await watch('b');
    calls();
    host.set('a', 9);
    await clock.settle();
    expect(calls()).toEqual(['pull 2 [a@4,b@1] seen 1']);
  });

  test('that names too many topics makes the page pull everything', async () => {
    const { host, calls, client, clock } = stage();
    const names = Array.from({ length: 100 }, (_, n) => `t${n}`);
    for (const name of names) host.register(name, 0);
    const last = new Map<string, unknown>();
    await Promise.all(names.map((name) => client.subscribe(name, (value) => last.set(name, value))));
    calls();
    host.transaction(Object.fromEntries(names.map((name) => [name, 1])));
    await clock.settle();
    expect(calls()).toHaveLength(1);
    expect(new Set(last.values())).toEqual(new Set([1]));
  });

  test('that makes no sense is ignored', async () => {
    const { host, watch, clock, calls } = stage();
    host.register('a', 1);
    const a = await watch('a');
    calls();
    host.faults.signal = ({ signal }) => {
      (signal as { number: unknown }).number = 'one';
      return undefined;
    };
    host.set('a', 2);
    await clock.advance(500);
    expect(calls()).toEqual([]);
    host.faults.signal = undefined;
    await clock.advance(2000);
    expect(a.values).toEqual([1, 2]);
  });

  test('that overtakes the refusal of a topic is its news, also in another epoch (park)', async () => {
    const { host, watch, clock, visibility } = stage();
    const shown = await watch('b');
    host.register('a', 1);
    host.register('b', 1);
    const a = await watch('a');
    for (const value of [2, 3, 4]) host.set('a', value);
    await clock.advance(2000);
    visibility.hide(); // nothing but signals
    host.remove('a');
    host.restart(); // as one that has not registered it yet
    host.faults.answer = ({ name }) => (name === 'subscribe' ? { delayMs: 300 } : undefined);
    await shown.stop(); // subscribes afresh
    await clock.advance(100);
    host.register('a', 'later');
    await clock.advance(15_000);
    expect(a.values.at(-1)).toBe('later');
  });
});
