// The open windows of a running app, by label, over WebDriver.
//
// Keeps: which handle belongs to which label. Loses nothing it cannot ask for again: what a window holds is
// read from the page each time.
import { mkdir, writeFile } from 'node:fs/promises';
import { Builder, By, Capabilities } from 'selenium-webdriver';

const PATIENCE_MS = 30_000;
const LOOK_EVERY_MS = 50;
const LABEL = 'return window.__TAURI_INTERNALS__?.metadata.currentWebview.label';
const FRAMES = `
  const done = arguments[arguments.length - 1];
  let left = arguments[0];
  const frame = () => {
    left -= 1;
    if (left > 0) requestAnimationFrame(frame);
    else done();
  };
  requestAnimationFrame(frame);
`;

export class Desk {
  #driver;
  #handles = new Map();
  #labelOf;

  constructor(driver, labelOf) {
    this.#driver = driver;
    this.#labelOf = labelOf;
  }

  /**
   * Starts the app through the driver that listens at `server`. `labelOf` is the body of a function that answers the
   * label of the window it runs in, or nothing while its page has not begun.
   */
  static async open(server, application, labelOf = LABEL) {
    const wanted = new Capabilities({ browserName: 'wry', 'tauri:options': { application } });
    const driver = await new Builder().usingServer(server).withCapabilities(wanted).build();
    await driver.manage().setTimeouts({ script: PATIENCE_MS });
    return new Desk(driver, labelOf);
  }

  close() {
    return this.#driver.quit();
  }

  get labels() {
    return [...this.#handles.keys()].sort();
  }

  /** Waits until exactly these windows are open and their pages have begun. */
  async arrange(labels) {
    await this.until(`the windows ${labels.join(', ')} are open`, async () => {
      this.#handles.clear();
      for (const handle of await this.#driver.getAllWindowHandles()) {
        await this.#driver.switchTo().window(handle);
        const label = await this.#driver.executeScript(this.#labelOf);
        if (label) this.#handles.set(label, handle);
      }
      return labels.length === this.#handles.size && labels.every((label) => this.#handles.has(label));
    });
  }

  /** Waits for a condition; a condition that throws (a page is just reloading) does not hold yet. */
  async until(claim, condition) {
    let trouble = '';
    const held = async () => {
      try {
        return await condition();
      } catch (error) {
        trouble = ` (${error.message})`;
        return false;
      }
    };
    try {
      await this.#driver.wait(held, PATIENCE_MS, undefined, LOOK_EVERY_MS);
    } catch {
      throw new Error(`not so after ${PATIENCE_MS / 1000} s: ${claim}${trouble}`);
    }
  }

  async #enter(label) {
    await this.#driver.switchTo().window(this.#handles.get(label));
  }

  /** Runs the body of a function in the window's page. */
  async ask(label, body, ...args) {
    await this.#enter(label);
    return this.#driver.executeScript(body, ...args);
  }

  /** Runs the body of a function in the window's page and waits until it calls its last argument. */
  async askLater(label, body, ...args) {
    await this.#enter(label);
    return this.#driver.executeAsyncScript(body, ...args);
  }

  /** Waits until the window has drawn so many frames: what was under way has arrived by then. */
  frames(label, count = 30) {
    return this.askLater(label, FRAMES, count);
  }

  /** Calls a Tauri command from the window's page. */
  async invoke(label, command) {
    const answer = await this.askLater(
      label,
      `const done = arguments[arguments.length - 1];
       window.__TAURI_INTERNALS__.invoke(arguments[0]).then((ok) => done({ ok }), (error) => done({ error }));`,
      command,
    );
    if ('error' in answer) throw new Error(`${command}: ${JSON.stringify(answer.error)}`);
    return answer.ok;
  }

  async click(label, selector) {
    await this.#enter(label);
    await this.#driver.findElement(By.css(selector)).click();
  }

  /** Presses the keys of the text, in the element the selector finds. */
  async type(label, selector, text) {
    await this.#enter(label);
    await this.#driver.findElement(By.css(selector)).sendKeys(text);
  }

  /** The visible text of an element. */
  text(label, selector) {
    return this.ask(label, 'return document.querySelector(arguments[0]).textContent.trim()', selector);
  }

  /** What stands in a field. */
  value(label, selector) {
    return this.ask(label, 'return document.querySelector(arguments[0]).value', selector);
  }

  /** How many elements the selector finds. */
  count(label, selector) {
    return this.ask(label, 'return document.querySelectorAll(arguments[0]).length', selector);
  }

  /** Waits until the body holds in every window. */
  untilEverywhere(claim, body, ...args) {
    return this.until(claim, async () => {
      for (const label of this.labels) if (!(await this.ask(label, body, ...args))) return false;
      return true;
    });
  }

  async photograph(folder, suffix) {
    await mkdir(folder, { recursive: true });
    for (const label of this.labels) {
      await this.#enter(label);
      await writeFile(`${folder}/${label}-${suffix}.png`, await this.#driver.takeScreenshot(), 'base64');
    }
  }
}
