// Two windows of one origin that tell each other what they save.
import { same } from '../desk.mjs';

const HUGE = '18446744073709551615';

export async function windows(desk) {
  const browser = await desk.browser();
  const first = browser.main;
  const second = await desk.window(first, 'second');
  const both = (deed, args) => Promise.all([first.ask(deed, args), second.ask(deed, args)]);

  for (const place of ['IndexedDB', 'localStorage', 'memory']) {
    const channel = `told-${place}`;
    await both('join', { channel, place });
    await desk.claim(`what one window saves in ${place} is applied in the other, once`, async () => {
      await first.ask('publish', { revision: '5' });
      await second.ask('untilApplied', { revision: '5' });
      same(await second.ask('applied'), ['5'], 'applied in the second window');
      same(await first.ask('applied'), ['5'], 'applied in the first window');
    });

    await desk.claim(
      `a stale message about ${place} is ignored, an equal one too, a newer one is not`,
      async () => {
        for (const revision of ['4', '5', '6']) await first.ask('say', { channel, revision });
        await second.ask('untilApplied', { revision: '6' });
        same(await second.ask('applied'), ['5', '6'], 'applied in the second window');
      },
    );

    await desk.claim(`a message about ${place} that is none is ignored and harms nobody`, async () => {
      await first.ask('sayNonsense', { channel });
      await first.ask('say', { channel, revision: '7' });
      await second.ask('untilApplied', { revision: '7' });
      same(await second.ask('applied'), ['5', '6', '7'], 'applied in the second window');
    });

    await desk.claim(`a window ignores its own messages about ${place}`, async () => {
      // Under the name of the second window, which says its own when it saves.
      const tab = await second.ask('ownName', { channel, revision: '8' });
      await first.ask('say', { channel, revision: '9', tab });
      await first.ask('say', { channel, revision: HUGE });
      await second.ask('untilApplied', { revision: HUGE });
      same(await second.ask('applied'), ['5', '6', '7', '8', HUGE], 'applied in the second window');
    });

    await desk.claim(`after dispose a window hears nothing more about ${place}`, async () => {
      await second.ask('leave');
      await second.ask('join', { channel: `${channel}-later`, place });
      await first.ask('join', { channel: `${channel}-later`, place });
      await first.ask('say', { channel, revision: HUGE });
      await first.ask('publish', { revision: '1' });
      await second.ask('untilApplied', { revision: '1' });
      same(await second.ask('applied'), ['1'], 'applied in the second window');
    });
  }
  await choices(desk, first, second, both);
  await desk.claim('a window that asks gets what another one has', async () => {
    same(await both('answerSync', { channel: 'asked' }), [null, null], 'ready');
    same(await second.ask('askForSync', { channel: 'asked' }), 'from main', 'the answer');
  });
  await desk.close(browser, second);
}

/** What options and epochs change about it. */
async function choices(desk, first, second, both) {
  const place = 'IndexedDB';
  await desk.claim('a snapshot of another epoch is not shown; the window asks for a pull', async () => {
    const channel = 'epochs';
    await both('join', { channel, place });
    await second.ask('publish', { revision: '5', epoch: 'now' });
    await first.ask('say', { channel, revision: '9', epoch: 'before' });
    await second.ask('untilHeard');
    same(await second.ask('applied'), ['5'], 'applied in the second window');
    await first.ask('say', { channel, revision: '6', epoch: 'now' });
    await second.ask('untilApplied', { revision: '6' });
  });

  await desk.claim(
    'a window that receives no updates shows none, and one that tells nothing is not heard',
    async () => {
      const channel = 'choices';
      await first.ask('join', { channel, place, tell: 'no' });
      await second.ask('join', { channel, place, receive: 'no' });
      await first.ask('publish', { revision: '1' });
      await second.ask('publish', { revision: '2' });
      await first.ask('untilApplied', { revision: '2' });
      same(await first.ask('applied'), ['1', '2'], 'applied in the first window');
      same(await second.ask('applied'), ['2'], 'applied in the second window');
      await second.ask('join', { channel, place });
      await first.ask('publish', { revision: '3' });
      await first.ask('say', { channel, revision: '4' });
      await second.ask('untilApplied', { revision: '4' });
      same(await second.ask('applied'), ['4'], 'applied in the second window');
    },
  );

  await desk.claim(
    'a window that clears tells the other one, which shows what it has and saves again',
    async () => {
      const channel = 'clearing';
      await both('join', { channel, place });
      await first.ask('publish', { revision: '5' });
      await second.ask('untilApplied', { revision: '5' });
      await second.ask('join', { channel, place });
      await first.ask('clear', { channel, place });
      await second.ask('untilHeard');
      const { cleared } = await second.ask('heard');
      same(cleared, 1, 'told in the second window');
      same((await second.ask('stored', { place, name: channel })).revision, null, 'stored');
      await second.ask('publish', { revision: '6' });
      same((await first.ask('stored', { place, name: channel })).revision, '6', 'stored afterwards');
    },
  );
}
