// Keeps the claims about writes that every transport has to meet: what they change, what their answers carry, and that
// nothing has changed when they were refused.

import type { PluginTransport } from '../client/transport.ts';
import type { WriteRequest, WriteResult } from '../client/wire.ts';
import type { Revision } from '../core/index.ts';
import { type Claims, check, type Page, rejection, resultOf, same } from './conformance-page.ts';

/** What the page shows after a result: the value that came, or the one it can compute itself. */
function shown(result: WriteResult, computed: unknown): unknown {
  if ('written' in result) return computed;
  check('data' in result, `"${result.topic}" comes with data or as written`);
  return result.data;
}

/** All three ways to write a list of texts. */
function writesOf(transport: PluginTransport, request: () => WriteRequest): (() => Promise<unknown>)[] {
  return [
    () => transport.set(request(), ['three']),
    () => transport.patch(request(), [{ op: 'replace', path: '', value: ['three'] }]),
    () => transport.action({ ...request(), action: 'push' }, 'text'),
  ];
}

async function stays(page: Page, topic: string, revision: string, data: unknown): Promise<void> {
  same(await page.transport.snapshot(topic), { revision, data }, 'nothing changed');
}

export const WRITES: Claims = {
  'set writes, and a repeated operation is answered with the first revision': async ({ harness, page }) => {
    await harness.register('a', 1);
    const request = page.write('a');
    const answer = await page.transport.set(request, 2);
    same([answer.revision, answer.results], ['2', []], 'a write needs no session');
    check(answer.epoch !== '', 'the answer names an epoch');
    await harness.set('a', 3);
    same((await page.transport.set(request, 2)).revision, '2', 'the same operation again');
    await stays(page, 'a', '3', 3);
  },
  'the answer of a write is a cut of the session, taken after the commit (one-cut)': async ({
    harness,
    page,
  }) => {
    await harness.register('a', { n: 1 });
    await harness.register('b', 1);
    await harness.register('c', 1);
    await page.subscribe(['a', 'b', 'c', 'missing']);
    await harness.set('c', 2);
    const known = { a: page.known('1'), b: page.known('1'), c: page.known('1') };
    const answer = await page.transport.set(page.write('a', ['a', 'b', 'c', 'missing'], known), { n: 2 });
    same([answer.epoch, answer.revision], [page.epoch, '2'], 'epoch and revision');
    const own = resultOf(answer, 'a');
    same(['revision' in own && own.revision, shown(own, { n: 2 })], ['2', { n: 2 }], 'the written topic');
    same(resultOf(answer, 'b'), { topic: 'b', revision: '1', unchanged: true }, 'a topic nobody changed');
    same(resultOf(answer, 'c'), { topic: 'c', revision: '2', data: 2 }, 'a topic somebody else changed');
    const missing = resultOf(answer, 'missing');
    same('error' in missing && missing.error.kind, 'unknown-topic', 'a topic that is not there');
  },
  'a write of a page whose session is another one is answered without a cut': async ({ harness, page }) => {
    await harness.register('a', 1);
    await page.subscribe(['a']);
    const old = page.write('a', ['a']);
    await page.subscribe(['a']);
    same((await page.transport.set(old, 2)).results, [], 'an older generation');
    await page.subscribe([]);
    same((await page.transport.set(page.write('a', ['a']), 3)).results, [], 'no session any more');
    await stays(page, 'a', '3', 3);
  },
  'a write is signalled to others, and leaves what they may have unanswered alone (commit-then-notify)':
    async ({ harness, page, anotherPage }) => {
      await harness.register('a', 1);
      const other = anotherPage();
      await page.subscribe(['a']);
      await other.subscribe(['a']);
      await page.transport.set(page.write('a', ['a'], { a: page.known('1') }), 2);
      await harness.settle();
      same(other.signals, [{ number: 1, topics: [{ topic: 'a', revision: '2' }] }], 'the signal');
      const result = resultOf(await other.pull(['a'], 1, { a: other.known('1') }), 'a');
      same(result, { topic: 'a', revision: '2', data: 2 }, 'the pull returns it');
    },
  'a base that is no longer current is a conflict with the current snapshot, and changes nothing': async ({
    harness,
    page,
  }) => {
    await harness.registerList('a', ['one']);
    await page.subscribe(['a']);
    await harness.set('a', ['two']);
    const old = () => ({ ...page.write('a', ['a']), base: '1' as Revision });
    for (const write of writesOf(page.transport, old)) {
      const { kind, topic, revision, epoch, data } = await rejection(write);
      same([kind, topic, revision], ['conflict', 'a', '2'], 'kind, topic and current revision');
      same([epoch, data], [page.epoch, ['two']], 'epoch and current value');
    }
    await stays(page, 'a', '2', ['two']);
    const { revision } = await page.transport.set({ ...page.write('a'), base: '2' as Revision }, []);
    same(revision, '3', 'the current base is taken');
  },
  'a base that is from another life of the counters is a conflict, whatever its number (epoch)': async ({
    harness,
    page,
  }) => {
    await harness.register('a', 1);
    const known = { epoch: 'another one', revision: '1' as Revision };
    const request = { ...page.write('a'), base: '1' as Revision, topics: [{ topic: 'a', known }] };
    const error = await rejection(() => page.transport.set(request, 3));
    same([error.kind, error.revision], ['conflict', '1'], 'kind and current revision');
    same(await page.transport.snapshot('a'), { revision: '1', data: 1 }, 'nothing changed');
  },
  'a page without a session is told the current revision of a conflict': async ({ harness, page }) => {
    await harness.register('a', 1);
    await harness.set('a', 2);
    const error = await rejection(() => page.transport.set({ ...page.write('a'), base: '1' as Revision }, 3));
    same([error.kind, error.revision], ['conflict', '2'], 'kind and revision');
  },
  'a patch is applied to the newest value, as a whole': async ({ harness, page }) => {
    await harness.register('a', { n: 1, list: [1] });
    await page.subscribe(['a']);
    await harness.set('a', { n: 2, list: [1] });
    const answer = await page.transport.patch(page.write('a', ['a'], { a: page.known('1') }), [
      { op: 'test', path: '/list/0', value: 1 },
      { op: 'add', path: '/list/-', value: 2 },
      { op: 'add', path: '/a~1b', value: null },
    ]);
    const expected = { n: 2, list: [1, 2], 'a/b': null };
    const result = resultOf(answer, 'a');
    check('data' in result, 'what the page stated was not what was patched: the data comes');
    same(
      [result.revision, Object.entries(result.data as object).sort()],
      ['3', Object.entries(expected).sort()],
      'data',
    );
  },
  'a patch of what the page stated gives what the page can compute': async ({ harness, page }) => {
    await harness.register('a', { n: 1 });
    await page.subscribe(['a']);
    const request = page.write('a', ['a'], { a: page.known('1') });
    const answer = await page.transport.patch(request, [{ op: 'replace', path: '/n', value: 2 }]);
    same(shown(resultOf(answer, 'a'), { n: 2 }), { n: 2 }, 'the value');
    await stays(page, 'a', '2', { n: 2 });
  },
  'a patch that cannot be applied changes nothing, and names the operation': async ({ harness, page }) => {
    await harness.register('a', { n: 1 });
    const error = await rejection(() =>
      page.transport.patch(page.write('a'), [
        { op: 'replace', path: '/n', value: 2 },
        { op: 'remove', path: '/missing' },
      ]),
    );
    same([error.kind, error.topic], ['invalid-patch', 'a'], 'kind and topic');
    check(/\b1\b.*remove.*\/missing/.test(String(error.message)), 'index, operation and path are named');
    const wrong = { op: 'merge', path: '/n' } as never;
    same(
      (await rejection(() => page.transport.patch(page.write('a'), [wrong]))).kind,
      'invalid-patch',
      'kind',
    );
    await stays(page, 'a', '1', { n: 1 });
  },
  'an action runs on the newest value, and its answer has the result and the value': async ({
    harness,
    page,
  }) => {
    await harness.registerList('a', ['one']);
    await page.subscribe(['a']);
    const request = { ...page.write('a', ['a'], { a: page.known('1') }), action: 'push' };
    const answer = await page.transport.action(request, 'two');
    same([answer.revision, answer.result], ['2', 2], 'revision and result');
    same(resultOf(answer, 'a'), { topic: 'a', revision: '2', data: ['one', 'two'] }, 'the value');
    const again = await page.transport.action(request, 'two');
    same([again.revision, again.result], ['2', 2], 'the same operation again');
    await stays(page, 'a', '2', ['one', 'two']);
  },
  'an action that is not there, and one that refuses, change nothing': async ({ harness, page }) => {
    await harness.registerList('a', ['one']);
    const missing = await rejection(() => page.transport.action({ ...page.write('a'), action: 'pop' }, null));
    same([missing.kind, missing.topic], ['unknown-action', 'a'], 'an action that is not there');
    const refused = await rejection(() =>
      page.transport.action({ ...page.write('a'), action: 'clear' }, null),
    );
    same([refused.kind, refused.topic], ['action-refused', 'a'], 'one that refuses');
    check(String(refused.message).includes('not now'), 'the reason is part of the message');
    await stays(page, 'a', '1', ['one']);
  },
  'a repeated patch is applied once': async ({ harness, page }) => {
    await harness.register('a', [1]);
    const request = page.write('a');
    for (let time = 1; time <= 3; time += 1) {
      const answer = await page.transport.patch(request, [{ op: 'add', path: '/-', value: 2 }]);
      same(answer.revision, '2', `revision after call ${time}`);
    }
    await stays(page, 'a', '2', [1, 2]);
  },
  'a repeated operation that was refused is refused again, whatever happened since': async ({
    harness,
    page,
  }) => {
    await harness.register('a', 1);
    const request = { ...page.write('a'), base: '2' as Revision };
    same((await rejection(() => page.transport.set(request, 5))).kind, 'conflict', 'first');
    await harness.set('a', 2);
    same((await rejection(() => page.transport.set(request, 5))).kind, 'conflict', 'again');
    await stays(page, 'a', '2', 2);
  },
  'an operation id names one write only': async ({ harness, page, anotherPage }) => {
    await harness.register('a', 1);
    await harness.register('b', 1);
    const request = page.write('a');
    await page.transport.set(request, 2);
    const error = await rejection(() => page.transport.set({ ...request, topic: 'b' }, 2));
    same(error.kind, 'operation-reused', 'another topic');
    await stays(page, 'b', '1', 1);
    const other = anotherPage();
    same((await other.transport.set({ ...request, page: other.id }, 3)).revision, '3', 'another page');
  },
  'a topic that windows can only read is not set or patched': async ({ harness, page }) => {
    await harness.registerReadOnly('a', 0);
    const [set, patch] = writesOf(page.transport, () => page.write('a'));
    for (const write of [set, patch]) {
      const error = await rejection(() => (write ? write() : Promise.resolve()));
      same([error.kind, error.topic], ['read-only', 'a'], 'kind and topic');
    }
    await stays(page, 'a', '1', 0);
  },
  'a topic that is not there is not written': async ({ page }) => {
    const kinds: unknown[] = [];
    for (const write of writesOf(page.transport, () => page.write('missing'))) {
      const error = await rejection(write);
      kinds.push(error.kind, error.topic);
    }
    const set = ['unknown-topic', 'missing'];
    same(kinds, [...set, ...set, 'unknown-action', 'missing'], 'kinds and topics');
  },
  'an integer that JavaScript cannot hold exactly is not written, and its place is named': async ({
    harness,
    page,
  }) => {
    await harness.register('a', { items: [{ id: 1 }] });
    const error = await rejection(() =>
      page.transport.set(page.write('a'), { items: [{ id: 1 }, { id: 2 ** 53 }] }),
    );
    same([error.kind, error.topic], ['unsafe-integer', 'a'], 'kind and topic');
    check(/items.*1.*id/.test(String(error.path)), 'the path leads to it');
    await stays(page, 'a', '1', { items: [{ id: 1 }] });
  },
  'a base, an operation and a page that are none are refused': async ({ harness, page }) => {
    await harness.register('a', 1);
    const kinds: [Partial<WriteRequest>, string][] = [
      [{ base: '01' as Revision }, 'invalid-revision'],
      [{ operation: '' }, 'malformed-request'],
      [{ operation: 'x'.repeat(65) }, 'malformed-request'],
      [{ page: 'not an id' }, 'invalid-page'],
      [{ topic: 'not a name' }, 'invalid-topic'],
    ];
    for (const [wrong, kind] of kinds) {
      const request = { ...page.write('a'), ...wrong };
      same((await rejection(() => page.transport.set(request, 2))).kind, kind, JSON.stringify(wrong));
    }
    await stays(page, 'a', '1', 1);
  },
};
