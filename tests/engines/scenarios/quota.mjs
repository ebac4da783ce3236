// An origin that may store no more: decided from outside, where the engine lets one.
import { same } from '../desk.mjs';

/** Room for the value of these tests a few times, but not for a large one. */
const LITTLE = 400_000;

export async function quota(desk) {
  if (!desk.grantsQuota) return;
  const browser = await desk.browser(desk.freshProfile(), { debugged: true });
  const { main } = browser;
  const where = { place: 'IndexedDB', name: 'full' };
  const stored = async () => {
    const { revision, intact, problems } = await main.ask('load', where);
    return { revision, intact, problems };
  };
  await desk.claim('IndexedDB that is full says "quota exceeded" and keeps the record it has', async () => {
    await browser.devtools.grant(LITTLE);
    await main.ask('save', { ...where, revision: '1' });
    const said = await main.ask('saveError', { ...where, revision: '2', more: String(2 * LITTLE) });
    if (!said.includes('quota exceeded')) throw new Error(`it says ${said}`);
    same(await stored(), { revision: '1', intact: true, problems: [] }, 'stored');
  });
  await desk.claim('IndexedDB that was full saves what fits', async () => {
    await main.ask('save', { ...where, revision: '3' });
    same(await stored(), { revision: '3', intact: true, problems: [] }, 'stored');
  });
  await desk.close(browser);
}
