// What scenarios work with: browsers of one engine, fresh profiles, claims that are counted.
//
// Keeps: the browsers that are open, to end those a failed scenario left. Loses every profile when the next run begins.
import { Browser } from './browser.mjs';

export class Desk {
  #engine;
  #line;
  #folder;
  #report;
  #open = new Set();
  #profiles = 0;

  constructor(engine, line, folder, report) {
    this.#engine = engine;
    this.#line = line;
    this.#folder = folder;
    this.#report = report;
  }

  /** Whether a browser can be told how much an origin may store. */
  get grantsQuota() {
    return this.#engine === 'chromium';
  }

  /** One claim; a claim that throws has failed, and the next one is tried all the same. */
  claim(claim, work) {
    return this.#report.step(`${this.#engine.padEnd(9)}  ${claim}`, work);
  }

  /** The folder of a browser that never ran. */
  freshProfile() {
    this.#profiles += 1;
    return `${this.#folder}/profile-${this.#profiles}`;
  }

  async browser(profile = this.freshProfile(), options = {}) {
    const browser = await Browser.open(this.#engine, this.#line, profile, options);
    this.#open.add(browser);
    return browser;
  }

  async close(browser, ...others) {
    await browser.close(...others);
    this.#open.delete(browser);
  }

  /** A second window of the same browser and origin. */
  async window(opener, name) {
    const page = this.#line.page(name);
    await opener.ask('window', { name });
    return page;
  }

  /** A frame in this page's window, walled off by `sandbox` if it is given. */
  async frame(holder, name, sandbox) {
    const page = this.#line.page(name);
    await holder.ask('frame', sandbox === undefined ? { name } : { name, sandbox });
    return page;
  }

  /** Ends what is still open. */
  clear() {
    for (const browser of this.#open) browser.kill();
    this.#open.clear();
  }
}

/** Throws unless they are the same JSON. */
export function same(found, wanted, what) {
  const [is, should] = [JSON.stringify(found), JSON.stringify(wanted)];
  if (is !== should) throw new Error(`${what}: ${is}, not ${should}`);
}
