// Uses the task list like a person, in both windows: what they show agrees, no key is lost while Rust counts time, and
// every component renders once for each change of what it shows, and for nothing else.
import { Key } from 'selenium-webdriver';
import { checkExample } from '../check/example.mjs';
import { expectRenders, rendersAndChanges, rendersDuring } from '../check/renders.mjs';
import { typeThroughUpdates } from '../check/typing.mjs';

const ROWS = { first: '#task-1', third: '#task-3', list: '#list', name: '#list-name', left: '#left' };
const FIGURES = { done: '#done', open: '#open', working: '#working-on', name: '#list-name' };
/** The time counted for the first task, in steps of the clock in Rust. */
const STEP_MS = 100;

await checkExample('react-zustand', ['settings', 'tasks'], async (desk, step) => {
  const figure = (selector, text) => async () => (await desk.text('settings', selector)) === text;
  const steps = async () => {
    const ms = await desk.ask('tasks', 'return document.querySelector("#task-1 output").dataset.ms');
    return Math.floor(Number(ms) / STEP_MS);
  };
  const stepsPass = async (count) => {
    const began = await steps();
    await desk.until('the clock goes on', async () => (await steps()) >= began + count);
  };
  const sameName = (name) =>
    desk.untilEverywhere(
      'the name is the same',
      'return document.querySelector("#list-name").value === arguments[0]',
      name,
    );

  await step('each window shows what Rust holds', async () => {
    await desk.until('four tasks', async () => (await desk.count('tasks', '#list > li')) === 4);
    await desk.until('one is done', figure('#done', '1'));
    await desk.until('three are open', figure('#open', '3'));
    await sameName('Today');
    await desk.untilEverywhere('nothing was refused', 'return document.querySelector(".refusal") === null');
  });

  await step('a name typed in the settings stands above the list, and the other way round', async () => {
    await desk.type('settings', '#list-name', ' and');
    await sameName('Today and');
    await desk.type('tasks', '#list-name', ' tomorrow');
    await sameName('Today and tomorrow');
  });

  await step('a task added by keyboard has its id from Rust and is counted in the other window', async () => {
    await desk.type('tasks', '#new-title', `Feed the cat${Key.ENTER}`);
    await desk.until('it is in the list', async () => (await desk.count('tasks', '#task-5')) === 1);
    await desk.until('it is counted', figure('#open', '4'));
    await desk.until('the field is empty', async () => (await desk.value('tasks', '#new-title')) === '');
  });

  await step('a task without a title is refused by the action, in its words', async () => {
    await desk.type('tasks', '#new-title', ` ${Key.ENTER}`);
    await desk.until('the reason shows', async () =>
      /needs a title/.test(await desk.text('tasks', '.refusal')),
    );
    if ((await desk.count('tasks', '#list > li')) !== 5) throw new Error('a task was added');
  });

  await step('a theme chosen in one window shows in both', async () => {
    await desk.click('settings', '#theme-dark');
    await desk.untilEverywhere('dark', 'return document.documentElement.dataset.theme === "dark"');
    await desk.click('settings', '#theme-light');
    await desk.untilEverywhere('light', 'return document.documentElement.dataset.theme === "light"');
  });

  await step('ticking a task off renders its row and the numbers that change, once each', async () => {
    let rows;
    const figures = await rendersDuring(desk, 'settings', FIGURES, async () => {
      rows = await rendersDuring(desk, 'tasks', ROWS, async () => {
        await desk.click('tasks', '#task-3 input[type=checkbox]');
        await desk.until('it is counted', figure('#done', '2'));
        await desk.until(
          'there is less to do',
          async () => (await desk.text('tasks', '#left')) === '3 to do',
        );
      });
    });
    expectRenders(rows, { first: 0, third: 1, list: 0, name: 0, left: 1 });
    expectRenders(figures, { done: 1, open: 1, working: 0, name: 0 });
  });

  await step('a running clock renders what shows it once a step, and nothing else', async () => {
    await desk.click('tasks', '#task-1 .clock');
    await desk.until('the other window says so', figure('#working-on', 'Water the plants'));
    const row = { component: '#task-1', watched: '#task-1 output', attribute: 'data-ms' };
    const spent = { component: '#spent', watched: '#spent' };
    const { first: _, ...others } = ROWS;
    const counted = {};
    const rest = await rendersDuring(desk, 'tasks', others, async () => {
      const figures = await rendersDuring(desk, 'settings', FIGURES, async () => {
        counted.row = await rendersAndChanges(desk, 'tasks', row, () => stepsPass(10));
        counted.spent = await rendersAndChanges(desk, 'settings', spent, () => stepsPass(10));
      });
      expectRenders(figures, { done: 0, open: 0, working: 0, name: 0 });
    });
    expectRenders(rest, { third: 0, list: 0, name: 0, left: 0 });
    for (const [name, { renders, changes }] of Object.entries(counted)) {
      if (renders !== changes || changes < 5) {
        throw new Error(`${name}: ${renders} renders for ${changes} changes`);
      }
    }
  });

  await step('no key is lost in a title while Rust counts the time of the same task', async () => {
    const text = ' and the orchids on the balcony, twice';
    await typeThroughUpdates(desk, {
      label: 'tasks',
      selector: '#task-1 input[type=text]',
      text,
      foreign: steps,
      atOnce: true,
    });
    await desk.until('the other window agrees', figure('#working-on', `Water the plants${text}`));
  });

  await step('a goal that Rust refuses goes back, with the reason', async () => {
    for (let goal = 3; goal <= 8; goal += 1) {
      await desk.until(`the goal is ${goal}`, figure('#goal', String(goal)));
      await desk.click('settings', '#goal-more');
    }
    await desk.until('the reason shows', async () => /1 to 8/.test(await desk.text('settings', '.refusal')));
    await desk.until('the goal is back', figure('#goal', '8'));
  });

  await step('what is done is hidden in one window and cleared from the other', async () => {
    await desk.click('settings', '#hide-done');
    await desk.until('three rows', async () => (await desk.count('tasks', '#list > li')) === 3);
    await desk.click('settings', '#hide-done');
    await desk.until('five rows', async () => (await desk.count('tasks', '#list > li')) === 5);
    await desk.click('settings', '#clear');
    await desk.until('Rust says how many', figure('#cleared', '2 tasks removed'));
    await desk.until('three rows', async () => (await desk.count('tasks', '#list > li')) === 3);
    await desk.until('none is done', figure('#done', '0'));
  });
});
