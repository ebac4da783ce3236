// Uses the palette mixer like a person, in both windows. See ../check/example.mjs for how to run it.
import { Key } from 'selenium-webdriver';
import { checkExample } from '../check/example.mjs';
import { expectRenders, rendersDuring } from '../check/renders.mjs';
import { typeThroughUpdates } from '../check/typing.mjs';

/** What shows a color, in either window. */
const COLOR = {
  mixer: (swatch) => `[data-swatch="${swatch}"] .color`,
  preview: (swatch) => `[data-swatch="${swatch}"]`,
};
/** So many steps of a drifting color are plenty of foreign updates. */
const MANY = 40;

await checkExample('solid', ['mixer', 'preview'], async (desk, step) => {
  const shows = (label, selector, text) =>
    desk.until(`${label} shows ${text}`, async () => (await desk.text(label, selector)) === text);
  const holds = (label, selector, text) =>
    desk.until(`a field of ${label} holds ${text}`, async () => (await desk.value(label, selector)) === text);
  /** The numbers of the colors a window shows, in their order. */
  const swatches = (label) =>
    desk.ask(
      label,
      'return [...document.querySelectorAll("[data-swatch]")].map((swatch) => Number(swatch.dataset.swatch))',
    );
  const colors = (label) =>
    desk.ask(label, 'return [...document.querySelectorAll("code")].map((code) => code.textContent).join()');
  const agree = () =>
    desk.until('both windows show the same colors', async () => {
      const [mixer, preview] = [await colors('mixer'), await colors('preview')];
      return mixer !== '' && mixer === preview;
    });
  const ran = (label, swatch) =>
    desk.ask(
      label,
      'return Number(document.querySelector(arguments[0]).dataset.renders)',
      COLOR[label](swatch),
    );
  /** How often each color ran in each window while `act` did something. */
  const countColors = async (act) => {
    const all = await swatches('mixer');
    const select = (label) => Object.fromEntries(all.map((swatch) => [swatch, COLOR[label](swatch)]));
    let preview;
    const mixer = await rendersDuring(desk, 'mixer', select('mixer'), async () => {
      preview = await rendersDuring(desk, 'preview', select('preview'), act);
    });
    return { all, mixer, preview };
  };
  const only = (all, swatch, count) =>
    Object.fromEntries(all.map((each) => [each, each === swatch ? count : 0]));

  await step('both windows show the open palette', async () => {
    for (const label of desk.labels) await holds(label, '#name', 'Late summer');
    await agree();
    if ((await swatches('mixer')).length !== 5) throw new Error('there are not five colors');
  });

  await step('a name typed in either window is in the other one, and on the tab', async () => {
    await desk.type('mixer', '#name', ' in');
    await holds('preview', '#name', 'Late summer in');
    await desk.type('preview', '#name', ' Siena');
    await holds('mixer', '#name', 'Late summer in Siena');
    await shows('mixer', '#tab-warm .name', 'Late summer in Siena');
  });

  await step(
    'a key pressed on a slider runs that color exactly once in each window, and no other one',
    async () => {
      const [, swatch] = await swatches('mixer');
      const slider = `[data-swatch="${swatch}"] input[name="hue"]`;
      const before = Number(await desk.value('mixer', slider));
      const shown = await colors('preview');
      const { all, mixer, preview } = await countColors(async () => {
        await desk.type('mixer', slider, Key.ARROW_RIGHT);
        await holds('mixer', slider, String(before + 1));
        await desk.until('the preview shows another color', async () => (await colors('preview')) !== shown);
        await agree();
      });
      expectRenders(mixer, only(all, swatch, 1));
      expectRenders(preview, only(all, swatch, 1));
    },
  );

  await step('a name typed elsewhere runs no color', async () => {
    const tab = { name: '#tab-warm .name', size: '#tab-warm .size' };
    const { all, mixer, preview } = await countColors(async () => {
      const ranTab = await rendersDuring(desk, 'mixer', tab, async () => {
        await desk.type('preview', '#name', '!');
        await holds('mixer', '#name', 'Late summer in Siena!');
      });
      expectRenders(ranTab, { name: 1, size: 0 });
    });
    expectRenders(mixer, only(all, undefined, 0));
    expectRenders(preview, only(all, undefined, 0));
  });

  await step('a color that drifts runs nothing but itself', async () => {
    await desk.click('mixer', '#drift');
    const last = (await swatches('mixer')).at(-1);
    const { all, mixer, preview } = await countColors(async () => {
      for (const label of desk.labels) {
        const before = await ran(label, last);
        await desk.until('the color drifts', async () => (await ran(label, last)) >= before + MANY);
      }
    });
    for (const counts of [mixer, preview]) expectRenders({ ...counts, [last]: 0 }, only(all, undefined, 0));
  });

  for (const [label, text, atOnce] of [
    ['mixer', ' At four.', false],
    ['preview', ' Or five.', false],
    ['mixer', ' In the old town, with cypresses.', true],
    ['preview', ' And a little dust on everything.', true],
  ]) {
    const how = atOnce ? 'in a hurry' : 'one by one';
    await step(
      `no key pressed in ${label} ${how} is lost while a color of the same palette drifts`,
      async () => {
        const last = (await swatches(label)).at(-1);
        const foreign = () => ran(label, last);
        await typeThroughUpdates(desk, { label, selector: '#name', text, foreign, atOnce });
      },
    );
  }

  await step('the windows agree when nothing drifts any more', async () => {
    await desk.click('mixer', '#drift');
    await agree();
    await holds('preview', '#name', await desk.value('mixer', '#name'));
  });

  await step('a color that moves to another palette leaves the others as they are', async () => {
    const [moved, ...rest] = await swatches('mixer');
    const before = await ran('preview', rest[0]);
    await desk.click('mixer', `[data-swatch="${moved}"] .move`);
    await shows('mixer', '#tab-warm .size', '4');
    await shows('mixer', '#tab-cool .size', '5');
    await shows('preview', '#size', '4');
    await agree();
    if ((await ran('preview', rest[0])) !== before) throw new Error('a color that stayed ran again');
  });

  await step('the palette chosen in the mixer opens in the preview', async () => {
    await desk.click('mixer', '#tab-calm');
    for (const label of desk.labels) await holds(label, '#name', 'Paper and moss');
    await agree();
  });

  await step('Rust adds a color, and refuses to take the last one', async () => {
    await desk.click('mixer', '#add');
    await shows('preview', '#size', '4');
    for (const left of [3, 2, 1]) {
      await desk.click('mixer', '.editor .remove');
      await shows('preview', '#size', String(left));
    }
    await desk.click('mixer', '.editor .remove');
    await desk.until('the window says why', async () =>
      (await desk.text('mixer', '#complaint')).includes('a palette keeps at least one color'),
    );
    await shows('preview', '#size', '1');
  });
});
