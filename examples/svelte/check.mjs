// Uses the pomodoro timer like a person, in both windows. See ../check/example.mjs for how to run it.
import { Key } from 'selenium-webdriver';
import { checkExample } from '../check/example.mjs';
import { expectRenders, rendersDuring } from '../check/renders.mjs';
import { typeThroughUpdates } from '../check/typing.mjs';

const IN_MAIN = { title: '#heading', interruptions: '#interruptions', phase: '#phase' };
const IN_MINI = { finished: '#finished', interruptions: '#interruptions', phase: '#phase' };
/** So many seconds of the clock are plenty of foreign updates. */
const MANY = 40;

await checkExample('svelte', ['main', 'mini'], async (desk, step) => {
  const shows = (label, selector, text) =>
    desk.until(`${label} shows ${text}`, async () => (await desk.text(label, selector)) === text);
  const holds = (label, selector, text) =>
    desk.until(`a field of ${label} holds ${text}`, async () => (await desk.value(label, selector)) === text);
  const seconds = async (label, selector) =>
    Number(await desk.ask(label, 'return document.querySelector(arguments[0]).dataset.seconds', selector));
  const worked = () => seconds('main', '#seconds');
  /** Three calls: WebKit would still hold the Control key for what comes in the same one. */
  const choose = async (field, minutes) => {
    await desk.type('main', field, Key.chord(Key.CONTROL, 'a'));
    await desk.type('main', field, minutes);
    await desk.type('main', field, Key.TAB);
  };

  await step('both windows show the clock of Rust', async () => {
    for (const label of desk.labels) await shows(label, '#left', '25:00');
  });

  await step('a title typed in either window is in the other one', async () => {
    await desk.type('main', '#title', 'Write');
    await holds('mini', '#title', 'Write');
    await desk.type('mini', '#title', ' the guide');
    await holds('main', '#title', 'Write the guide');
    await shows('main', '#heading', 'Write the guide');
  });

  await step(
    'a key pressed in one window runs the selected field of the other one exactly once',
    async () => {
      const ran = await rendersDuring(desk, 'main', IN_MAIN, async () => {
        await desk.type('mini', '#title', '!');
        await shows('main', '#heading', 'Write the guide!');
      });
      expectRenders(ran, { title: 1, interruptions: 0, phase: 0 });
    },
  );

  await step('an action shown at once runs what selects it exactly once, in both windows', async () => {
    let inMini;
    const inMain = await rendersDuring(desk, 'main', IN_MAIN, async () => {
      inMini = await rendersDuring(desk, 'mini', IN_MINI, async () => {
        await desk.click('main', '#interrupted');
        for (const label of desk.labels) await shows(label, '#interruptions', '1');
      });
    });
    expectRenders(inMain, { title: 0, interruptions: 1, phase: 0 });
    expectRenders(inMini, { finished: 0, interruptions: 1, phase: 0 });
  });

  await step('Rust refuses a setting that makes no sense, and the field shows what holds', async () => {
    await choose('#focusMinutes', '0');
    await desk.until('the window says why', async () =>
      (await desk.text('main', '#complaint')).includes('0 minutes are not 1 to 120'),
    );
    await holds('main', '#focusMinutes', '25');
  });

  await step('a setting that makes sense reaches the clock', async () => {
    await choose('#focusMinutes', '120');
    for (const label of desk.labels) await shows(label, '#left', '120:00');
    await choose('#pauseMinutes', '120');
    await desk.click('main', '#pace-fast');
  });

  await step('the clock started in the small window runs in both', async () => {
    await desk.click('mini', '#toggle');
    await shows('main', '#toggle', 'Pause');
    for (const label of desk.labels) {
      const before = await seconds(label, '#left');
      await desk.until('seconds pass', async () => (await seconds(label, '#left')) < before - 5);
    }
  });

  for (const [label, text, atOnce] of [
    ['main', ' And then the tests.', false],
    ['mini', ' Then rest.', false],
    ['main', ' Then another one, and so on.', true],
    ['mini', ' Until it is dark outside.', true],
  ]) {
    const how = atOnce ? 'in a hurry' : 'one by one';
    await step(`no key pressed in ${label} ${how} is lost while the clock changes the same topic`, () =>
      typeThroughUpdates(desk, { label, selector: '#title', text, foreign: worked, atOnce }),
    );
  }

  await step('seconds that pass run nothing that does not show them', async () => {
    let inMini;
    const inMain = await rendersDuring(desk, 'main', IN_MAIN, async () => {
      inMini = await rendersDuring(desk, 'mini', IN_MINI, async () => {
        const before = await worked();
        await desk.until('many seconds pass', async () => (await worked()) >= before + MANY);
      });
    });
    expectRenders(inMain, { title: 0, interruptions: 0, phase: 0 });
    expectRenders(inMini, { finished: 0, interruptions: 0, phase: 0 });
  });

  await step('a round that ends is in the diary of every window, and counted once', async () => {
    await choose('#focusMinutes', '1');
    let inMini;
    const inMain = await rendersDuring(desk, 'main', IN_MAIN, async () => {
      inMini = await rendersDuring(desk, 'mini', IN_MINI, async () => {
        await desk.click('main', '#restart');
        await shows('main', '#phase', 'Take a break');
        await shows('mini', '#finished', '1');
      });
    });
    expectRenders(inMain, { title: 0, interruptions: 0, phase: 1 });
    expectRenders(inMini, { finished: 1, interruptions: 0, phase: 1 });
    await shows('main', '#rounds .title', await desk.value('mini', '#title'));
    await shows('main', '#rounds .time', '1:00');
  });

  await step('both windows agree when the clock stands still', async () => {
    await desk.click('main', '#toggle');
    await shows('mini', '#toggle', 'Start');
    await desk.until('both show the same time', async () => {
      return (await seconds('main', '#left')) === (await seconds('mini', '#left'));
    });
    await holds('mini', '#title', await desk.value('main', '#title'));
  });
});
