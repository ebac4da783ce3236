import { expect, test } from 'vitest';
import { createManualClock, createManualVisibility, createMemoryHost } from '../testing/index.ts';
import { createClient } from './client.ts';

test('an answer is shown as one cut, also when newer signals came while it was under way (one-cut)', async () => {
  const clock = createManualClock();
  const host = createMemoryHost({ clock });
  const client = createClient({
    transport: host.transport(),
    clock,
    visibility: createManualVisibility(),
    random: () => 0.5,
  });
  const shown = { a: 0, b: 0 };
  const halves: string[] = [];
  const show = (topic: 'a' | 'b') => (value: unknown) => {
    shown[topic] = value as number;
  };
  const both = (value: number) => {
    host.set('a', value);
    host.set('b', value);
  };
  host.register('a', 1);
  host.register('b', 1);
  void client.subscribe('a', show('a'));
  await clock.settle();
  both(2);
  host.faults.answer = () => ({ delayMs: 30 });
  void client.subscribe('b', show('b'));
  await clock.settle();
  both(3);
  for (let ms = 0; ms < 200; ms += 1) {
    await clock.advance(1);
    if (shown.b > shown.a) halves.push(`b ${shown.b} with a ${shown.a} after ${ms} ms`);
  }
  expect(halves).toEqual([]);
  expect(shown).toEqual({ a: 3, b: 3 });
});
