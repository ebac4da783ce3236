// What is still there after a reload, and after the browser was closed and started again with the same profile.
import { same } from '../desk.mjs';

const PLACES = ['IndexedDB', 'localStorage', 'sessionStorage'];
const LASTING = ['IndexedDB', 'localStorage'];
const REVISION = '18446744073709551615';

export async function restart(desk) {
  const profile = desk.freshProfile();
  let browser = await desk.browser(profile);
  for (const place of PLACES) await browser.main.ask('save', { place, name: 'kept', revision: REVISION });

  const kept = async (place) => {
    const { revision, intact, problems } = await browser.main.ask('load', { place, name: 'kept' });
    same({ revision, intact, problems }, { revision: REVISION, intact: true, problems: [] }, 'loaded');
  };
  await browser.main.reload();
  for (const place of PLACES) await desk.claim(`${place} survives a reload`, () => kept(place));

  await left(desk, browser.main);

  await desk.close(browser);
  browser = await desk.browser(profile);
  for (const place of LASTING) await desk.claim(`${place} survives a restart`, () => kept(place));
  await desk.claim('sessionStorage ends with its window, and nothing is wrong about that', async () => {
    const loaded = await browser.main.ask('load', { place: 'sessionStorage', name: 'kept' });
    same(loaded, { revision: null, intact: false, problems: [] }, 'loaded');
  });
  await desk.close(browser);

  await hidden(desk);
}

/** A page that is left while a save is pending. Only web storage can be written in its last moment. */
async function left(desk, page) {
  const leave = async (place) => {
    await page.ask('save', { place, name: 'left', revision: '6' });
    await page.ask('pull', { place, name: 'left', revision: '7' });
    await page.reload();
    const { revision, intact, problems } = await page.ask('load', { place, name: 'left' });
    same({ intact, problems }, { intact: true, problems: [] }, 'loaded');
    return revision;
  };
  for (const place of ['localStorage', 'sessionStorage']) {
    await desk.claim(`${place} has what was pending when its page was left`, async () => {
      same(await leave(place), '7', 'loaded');
    });
  }
  await desk.claim('IndexedDB has the record before or the pending one when its page was left', async () => {
    const revision = await leave('IndexedDB');
    if (!['6', '7'].includes(revision)) throw new Error(`loaded ${revision}`);
  });
}

/** The browser's own private mode. */
async function hidden(desk) {
  const profile = desk.freshProfile();
  let browser = await desk.browser(profile, { hidden: true });
  for (const place of PLACES) {
    await desk.claim(`a private window saves and loads in ${place}`, async () => {
      await browser.main.ask('save', { place, name: 'secret', revision: REVISION });
      await browser.main.reload();
      const { intact, problems } = await browser.main.ask('load', { place, name: 'secret' });
      same({ intact, problems }, { intact: true, problems: [] }, 'loaded');
    });
  }
  await desk.close(browser);
  browser = await desk.browser(profile);
  for (const place of PLACES) {
    await desk.claim(`a private window leaves nothing in ${place}`, async () => {
      const loaded = await browser.main.ask('load', { place, name: 'secret' });
      same(loaded, { revision: null, intact: false, problems: [] }, 'loaded');
    });
  }
  await desk.close(browser);
}
