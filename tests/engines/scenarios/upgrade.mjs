// Two windows and one database: who waits for whom when one of them wants a newer version.
import { same } from '../desk.mjs';

export async function upgrade(desk) {
  const browser = await desk.browser();
  const ours = browser.main;
  const other = await desk.window(ours, 'other');

  await desk.claim(
    'an upgrade that another window holds up calls onBlocked, says so, and is done when it lets go',
    async () => {
      const database = 'held';
      await ours.ask('save', { place: 'IndexedDB', name: database, revision: '1' });
      await other.ask('hold', { database });
      await ours.ask('beginUpgrade', { database });
      await ours.ask('untilBlocked');
      const heldUp = await ours.ask('heldUp');
      if (!heldUp.includes('another page holds')) throw new Error(`it says ${heldUp}`);
      await other.ask('release');
      same(await ours.ask('endUpgrade'), { next: 'saved', upgrades: [[1, 2]] }, 'the upgrade');
    },
  );

  const database = 'given-up';
  await desk.claim('an open backend does not hold up the upgrade of another window', async () => {
    await ours.ask('save', { place: 'IndexedDB', name: database, revision: '5' });
    same(await other.ask('upgradeRaw', { database }), { blocked: 0 }, 'the other window');
  });

  await desk.claim('a backend of an older version says so, and leaves the record alone', async () => {
    const error = await ours.ask('saveError', { place: 'IndexedDB', name: database, revision: '6' });
    if (!/version/i.test(error)) throw new Error(`it says ${error}`);
    const { revision, intact } = await other.ask('loadNewer', { database });
    same({ revision, intact }, { revision: '5', intact: true }, 'the record');
  });

  const gone = 'gone';
  await desk.claim(
    'a database another window deletes is let go, and made anew by the next save',
    async () => {
      await ours.ask('save', { place: 'IndexedDB', name: gone, revision: '5' });
      same(await other.ask('remove', { database: gone }), { blocked: 0 }, 'the other window');
      await ours.ask('save', { place: 'IndexedDB', name: gone, revision: '6' });
      const { revision, intact } = await other.ask('load', { place: 'IndexedDB', name: gone });
      same({ revision, intact }, { revision: '6', intact: true }, 'the record');
    },
  );

  await desk.close(browser, other);
}
