// Uses the notebook like a person, in both windows: what they show agrees, no key is lost while others change the same
// note, and every component renders once for each change of what it shows, and for nothing else.
import { Key } from 'selenium-webdriver';
import { checkExample } from '../check/example.mjs';
import { expectRenders, rendersDuring } from '../check/renders.mjs';
import { typeThroughUpdates } from '../check/typing.mjs';

const ROWS = { first: '#note-1', second: '#note-2', third: '#note-3', words: '#words' };
const COUNTS = { window: '.focus', words: '#words', characters: '#characters' };

await checkExample('vue-pinia', ['focus', 'notebook'], async (desk, step) => {
  const shows = (label, selector, text) => async () => (await desk.text(label, selector)) === text;
  const sameText = (text) =>
    desk.untilEverywhere(
      'the text is the same',
      'return document.querySelector("#text").value === arguments[0]',
      text,
    );
  const countedEverywhere = (words) =>
    desk.untilEverywhere(
      'the words are counted',
      'return document.querySelector("#words").textContent.trim() === arguments[0]',
      words,
    );
  let text = '';

  await step('both windows show the open note', async () => {
    await desk.until('three notes', async () => (await desk.count('notebook', 'nav li')) === 3);
    await desk.until('the note is there', async () =>
      (await desk.value('notebook', '#text')).startsWith('The keeper'),
    );
    text = await desk.value('notebook', '#text');
    await sameText(text);
    await countedEverywhere('17 words');
    await desk.until('its title', shows('focus', '#focus-title', 'The lighthouse'));
    await desk.untilEverywhere('nothing was refused', 'return document.querySelector(".refusal") === null');
  });

  await step('a text typed in one window stands in the other one, and the other way round', async () => {
    await desk.type('notebook', '#text', ' One flickers.');
    await sameText(`${text} One flickers.`);
    await desk.type('focus', '#text', ' It is the ferry.');
    text = `${text} One flickers. It is the ferry.`;
    await sameText(text);
    await countedEverywhere('23 words');
  });

  await step('a title typed in the notebook is the title of the other window and of the row', async () => {
    await desk.type('notebook', '#note-title', ' keeper');
    await desk.until('the other window', shows('focus', '#focus-title', 'The lighthouse keeper'));
    await desk.until('the row', shows('notebook', '#note-1 .name', 'The lighthouse keeper'));
  });

  await step(
    'a letter renders the number of characters once, and nothing that does not show it',
    async () => {
      const length = Number((await desk.text('focus', '#characters')).split(' ')[0]);
      let rows;
      const counts = await rendersDuring(desk, 'focus', COUNTS, async () => {
        rows = await rendersDuring(desk, 'notebook', ROWS, async () => {
          await desk.type('notebook', '#text', Key.BACK_SPACE);
          await desk.until('it is counted', shows('focus', '#characters', `${length - 1} characters`));
        });
      });
      text = text.slice(0, -1);
      expectRenders(counts, { window: 0, words: 0, characters: 1 });
      expectRenders(rows, { first: 0, second: 0, third: 0, words: 0 });
    },
  );

  await step('a pinned note comes first; its row renders once, the others do not', async () => {
    const rows = await rendersDuring(desk, 'notebook', ROWS, async () => {
      await desk.click('notebook', '#note-3 .pin');
      await desk.until('it is first', () =>
        desk.ask('notebook', 'return document.querySelector("nav li").id === "note-3"'),
      );
    });
    expectRenders(rows, { first: 0, second: 0, third: 1, words: 0 });
  });

  await step('no key is lost in a text typed fast, while Rust counts its letters', async () => {
    const more = ' Nobody else sees it, for the night is clear and cold.';
    const foreign = async () => Number((await desk.text('focus', '#characters')).split(' ')[0]);
    await typeThroughUpdates(desk, {
      label: 'notebook',
      selector: '#text',
      text: more,
      foreign,
      atOnce: true,
    });
    text += more;
    await sameText(text);
    await desk.until('all are counted', shows('focus', '#characters', `${text.length} characters`));
  });

  await step('no key is lost in a text while the other window and Rust change the same note', async () => {
    const more = ' Then the fog comes in.';
    const goal = async () => Number(await desk.text('focus', '#goal')) / 10;
    const counts = await rendersDuring(desk, 'focus', { window: '.focus' }, () =>
      typeThroughUpdates(desk, {
        label: 'notebook',
        selector: '#text',
        text: more,
        foreign: goal,
        least: more.length - 2,
        between: () => desk.click('focus', '#goal-more'),
      }),
    );
    text += more;
    await sameText(text);
    await desk.until('every click counted', shows('focus', '#goal', String(40 + 10 * more.length)));
    expectRenders(counts, { window: 0 });
  });

  await step(
    'Rust replaces in the newest text and says how often; it refuses to look for nothing',
    async () => {
      await desk.click('notebook', '#replace');
      await desk.until('the reason shows', async () =>
        /look for/.test(await desk.text('notebook', '.refusal')),
      );
      await desk.type('notebook', '#find', 'four');
      await desk.type('notebook', '#instead', `seven${Key.ENTER}`);
      await desk.until('one place', shows('notebook', '#replaced', '1 place'));
      text = text.replace('four', 'seven');
      await sameText(text);
    },
  );

  await step('another note is opened for both windows, and the first one is as it was left', async () => {
    await desk.click('notebook', '#note-2 .name');
    await desk.until('the other window', shows('focus', '#focus-title', 'Soup for six'));
    await desk.untilEverywhere(
      'its text',
      'return document.querySelector("#text")?.value.startsWith("Two onions")',
    );
    await desk.click('notebook', '#note-1 .name');
    await sameText(text);
  });

  await step('a new note is a topic of its own, and is gone when it is deleted', async () => {
    await desk.click('notebook', '#new-note');
    await desk.until('it is open', shows('focus', '#focus-title', 'Note 4'));
    await desk.until('it is empty', async () => (await desk.value('focus', '#text')) === '');
    await desk.type('focus', '#text', 'Begin here');
    await sameText('Begin here');
    await countedEverywhere('2 words');
    await desk.click('notebook', '#note-4 .remove');
    await desk.until('it is not listed', async () => (await desk.count('notebook', '#note-4')) === 0);
    await sameText(text);
    await desk.frames('focus');
    await desk.untilEverywhere('nothing was refused', 'return document.querySelector(".refusal") === null');
  });
});
