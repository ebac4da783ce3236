// A frame that is sandboxed away from its origin: the engine throws when its page touches any store.
import { same } from '../desk.mjs';

export async function walled(desk) {
  const browser = await desk.browser();
  const frame = await desk.frame(browser.main, 'walled', 'allow-scripts');

  for (const place of ['IndexedDB', 'localStorage', 'sessionStorage']) {
    await desk.claim(`${place} that the engine refuses is reported, and the app goes on`, async () => {
      const { applied, problems, refusal } = await frame.ask('goOn', { place });
      same(applied, ['1', '2'], 'applied');
      same(refusal, 'SecurityError', 'the engine itself throws');
      const named = problems.filter(({ said }) => /denied|insecure|security|not allowed|sandbox/i.test(said));
      const operations = [...new Set(named.map(({ operation }) => operation))].sort();
      same(operations, ['load', 'save'], `reported, of ${JSON.stringify(problems)}`);
    });
  }
  await desk.claim('a walled-off frame hears nothing of the windows of its origin', async () => {
    await browser.main.ask('join', { channel: 'wall', place: 'localStorage' });
    await frame.ask('join', { channel: 'wall', place: 'memory' });
    await browser.main.ask('publish', { revision: '3' });
    await frame.ask('publish', { revision: '1' });
    same(await frame.ask('applied'), ['1'], 'applied in the frame');
    same(await browser.main.ask('applied'), ['3'], 'applied outside');
  });
  await desk.close(browser);
}
