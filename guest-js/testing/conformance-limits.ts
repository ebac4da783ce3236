// Keeps the claims about the limits of what a page may ask for: depth, work, names, ids and texts. What is over a limit is
// refused with an object that says so, and changes nothing.

import type { PatchOperation, WriteRequest } from '../client/wire.ts';
import type { Revision } from '../core/index.ts';
import { type Claims, check, type Page, rejection, same } from './conformance-page.ts';

/** A value of so many levels. */
function nested(levels: number): unknown {
  let value: unknown = 1;
  for (let level = 0; level < levels; level += 1) value = [value];
  return value;
}

async function stays(page: Page, topic: string, revision: string, data: unknown): Promise<void> {
  same(await page.transport.snapshot(topic), { revision, data }, 'nothing changed');
}

/** No text in a refusal has more than its 200 bytes of input, beside a few words. */
function isShort(error: Record<string, unknown>, claim: string): void {
  const longest = Math.max(...Object.values(error).map((part) => String(part).length));
  check(longest < 1000, `${claim}: a text of ${longest} characters`);
}

export const LIMITS: Claims = {
  'a value of 128 levels is written, and a deeper one is refused with its place': async ({
    harness,
    page,
  }) => {
    await harness.register('a', null);
    same((await page.transport.set(page.write('a'), nested(128))).revision, '2', 'at the limit');
    for (const levels of [129, 500]) {
      const error = await rejection(() => page.transport.set(page.write('a'), nested(levels)));
      same([error.kind, error.topic, typeof error.path], ['invalid-value', 'a', 'string'], 'kind and path');
      isShort(error, 'the refusal');
    }
    await stays(page, 'a', '2', nested(128));
  },
  'arguments of an action that are too deep are refused': async ({ harness, page }) => {
    await harness.registerList('a', ['one']);
    const request = { ...page.write('a'), action: 'push' };
    const error = await rejection(() => page.transport.action(request, nested(129)));
    same([error.kind, error.topic], ['invalid-value', 'a'], 'kind and topic');
    await stays(page, 'a', '1', ['one']);
  },
  'no patch makes a value too deep, whatever its steps': async ({ harness, page }) => {
    await harness.register('a', { part: nested(100) });
    const inside = `/part${'/0'.repeat(100)}`;
    const patches: PatchOperation[][] = [
      [{ op: 'add', path: '/part', value: nested(128) }],
      [{ op: 'replace', path: '', value: nested(129) }],
      [{ op: 'copy', from: '/part', path: inside }],
      [
        { op: 'add', path: '/other', value: nested(100) },
        { op: 'move', from: '/other', path: inside },
      ],
      [{ op: 'test', path: '', value: nested(200) }],
    ];
    for (const [n, patch] of patches.entries()) {
      const error = await rejection(() => page.transport.patch(page.write('a'), patch));
      same([error.kind, error.topic, typeof error.path], ['invalid-patch', 'a', 'string'], `patch ${n}`);
    }
    await stays(page, 'a', '1', { part: nested(100) });
  },
  'a patch that is too much work is refused': async ({ harness, page }) => {
    const list = Array.from({ length: 20_000 }, () => 0);
    await harness.register('a', list);
    const steps = (operation: PatchOperation) => Array.from({ length: 1000 }, () => operation);
    const patches = [
      steps({ op: 'add', path: '/0', value: 0 }),
      steps({ op: 'remove', path: '/0' }),
      steps({ op: 'move', from: '/0', path: '/19999' }),
    ];
    for (const patch of patches) {
      const error = await rejection(() => page.transport.patch(page.write('a'), patch));
      same([error.kind, error.topic], ['invalid-patch', 'a'], `${patch[0]?.op}, kind and topic`);
    }
    await stays(page, 'a', '1', list);
    const { revision } = await page.transport.patch(
      page.write('a'),
      steps({ op: 'add', path: '/-', value: 0 }),
    );
    same(revision, '2', 'a thousand steps that shift nothing');
  },
  'an operation that is repeated after another write of its topic is refused, not done again (once)': async ({
    harness,
    page,
  }) => {
    await harness.register('a', 0);
    const first = page.write('a');
    await page.transport.set(first, 1);
    for (let n = 2; n < 300; n += 1) await page.transport.set(page.write('a'), n);
    const error = await rejection(() => page.transport.set(first, 1));
    same([error.kind, error.topic], ['operation-reused', 'a'], 'kind and topic');
    await stays(page, 'a', '300', 299);
  },
  'a name of an action that is none is refused': async ({ harness, page }) => {
    await harness.registerList('a', ['one']);
    for (const action of ['', 'x'.repeat(65), 'a b', 'é', 'x'.repeat(100_000)]) {
      const error = await rejection(() => page.transport.action({ ...page.write('a'), action }, 'two'));
      same(error.kind, 'invalid-action', `the kind for ${action.slice(0, 10)}`);
      isShort(error, 'the refusal');
    }
    await stays(page, 'a', '1', ['one']);
  },
  'a refusal does not repeat more than a little of what was sent': async ({ harness, page }) => {
    await harness.register('a', 1);
    const long = 'x'.repeat(100_000);
    const wrong: Partial<WriteRequest>[] = [
      { base: long as Revision },
      { operation: long },
      { page: long },
      { topic: long },
    ];
    for (const part of wrong) {
      const name = Object.keys(part).join();
      isShort(await rejection(() => page.transport.set({ ...page.write('a'), ...part }, 2)), name);
    }
    const remove: PatchOperation = { op: 'remove', path: `/${long}` };
    isShort(await rejection(() => page.transport.patch(page.write('a'), [remove])), 'a patch');
    await stays(page, 'a', '1', 1);
  },
  'an epoch of more than 128 bytes counts as nothing known (epoch)': async ({ harness, page }) => {
    await harness.register('a', 1);
    const known = { epoch: 'x'.repeat(129), revision: '1' as Revision };
    const request = { ...page.write('a'), base: '1' as Revision, topics: [{ topic: 'a', known }] };
    same((await page.transport.set(request, 2)).revision, '2', 'the base counts by itself');
    const { results } = await page.subscribe(['a'], { a: known });
    same(results, [{ topic: 'a', revision: '2', data: 2 }], 'the data comes');
  },
};
