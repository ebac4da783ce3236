// The open windows of the running demo, by label, over WebDriver.
//
// Keeps: which handle belongs to which label. Loses nothing it cannot ask for again: what a window holds is
// read from the page each time.
import { mkdir, writeFile } from 'node:fs/promises';
import { Builder, By, Capabilities } from 'selenium-webdriver';

const PATIENCE_MS = 30_000;
const LOOK_EVERY_MS = 50;

export class Desk {
  #driver;
  #handles = new Map();

  constructor(driver) {
    this.#driver = driver;
  }

  /** Starts the app through the driver that listens at `server`. */
  static async open(server, application) {
    const wanted = new Capabilities({ browserName: 'wry', 'tauri:options': { application } });
    const driver = await new Builder().usingServer(server).withCapabilities(wanted).build();
    await driver.manage().setTimeouts({ script: PATIENCE_MS });
    return new Desk(driver);
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
        const label = await this.#driver.executeScript('return window.__demo?.label');
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

  /** Calls a Tauri command from the window's page. */
  async invoke(label, command) {
    await this.#enter(label);
    const answer = await this.#driver.executeAsyncScript(
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

  async type(label, selector, text) {
    await this.#enter(label);
    await this.#driver.findElement(By.css(selector)).sendKeys(text);
  }

  /** What the window says about itself: label, when it loaded, and its topics. */
  look(label) {
    return this.ask(label, 'return window.__demo');
  }

  async lookAtAll() {
    const looks = [];
    for (const label of this.labels) looks.push(await this.look(label));
    return looks;
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
