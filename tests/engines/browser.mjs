// A real browser, started as a person would start it: with a profile folder, and a page to open.
//
// Keeps: the process, and the profile on disk for the next start. Loses nothing when it is closed by `close`; what
// is killed because it hangs may lose what it had not written.
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { Devtools } from './devtools.mjs';
import { within } from './line.mjs';

const running = new Set();

/** Ends every browser that still runs, by the process group it was started in. */
export function endAll() {
  for (const group of running) {
    try {
      process.kill(-group, 'SIGKILL');
    } catch {
      // It ended by itself.
    }
  }
  running.clear();
}

/** One engine: how its version is asked for, and how its browser is started. */
export const ENGINES = {
  chromium: {
    version: () => execFileSync('chromium', ['--version'], { encoding: 'utf8', stdio: 'pipe' }).trim(),
    command: (profile, { hidden, debugged }) => [
      'chromium',
      // As root there is no sandbox; without a network nothing may try to use it.
      ...['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
      ...['--disable-background-networking', '--disable-component-update', '--disable-sync'],
      // A container may have little shared memory.
      '--disable-dev-shm-usage',
      '--disable-popup-blocking',
      `--user-data-dir=${profile}`,
      ...(hidden ? ['--incognito'] : []),
      // Through file descriptors 3 and 4; it opens no port.
      ...(debugged ? ['--remote-debugging-pipe'] : []),
    ],
  },
  webkitgtk: {
    version: () => `WebKitGTK ${ask('pkg-config', '--modversion', 'webkit2gtk-4.1')}`,
    // The library's own small browser: the engine of every Tauri window on Linux, with its default settings.
    command: (_, { hidden }) => [
      `${ask('pkg-config', '--variable=libdir', 'webkit2gtk-4.1')}/webkit2gtk-4.1/MiniBrowser`,
      '--javascript-can-open-windows-automatically=true',
      ...(hidden ? ['--private'] : []),
    ],
  },
};

function ask(program, ...args) {
  return execFileSync(program, args, { encoding: 'utf8' }).trim();
}

export class Browser {
  #line;
  #process;
  #ended;

  /**
   * Starts the engine with this profile folder, made if it is not there, and waits until its first page calls, as
   * `main`. `hidden` is the browser's own private mode; `debugged`, which Chromium alone can be, gives it `devtools`.
   */
  static async open(engine, line, profile, { hidden = false, debugged = false } = {}) {
    const browser = new Browser();
    await mkdir(profile, { recursive: true });
    const [program, ...args] = ENGINES[engine].command(profile, { hidden, debugged });
    const log = openSync(`${profile}.log`, 'a');
    const home = { XDG_DATA_HOME: 'data', XDG_CACHE_HOME: 'cache', XDG_CONFIG_HOME: 'config' };
    const places = Object.entries(home).map(([name, folder]) => [name, `${profile}/${folder}`]);
    browser.#line = line;
    browser.#process = spawn(program, [...args, line.url('main')], {
      detached: true,
      stdio: ['ignore', log, log, ...(debugged ? ['pipe', 'pipe'] : [])],
      env: { ...process.env, ...Object.fromEntries(places) },
    });
    const { pid, stdio } = browser.#process;
    if (debugged) browser.devtools = new Devtools(stdio[3], stdio[4]);
    browser.#ended = new Promise((resolve, reject) => {
      browser.#process.on('error', reject);
      browser.#process.on('exit', resolve);
    });
    browser.#ended.then(() => running.delete(pid)).catch(() => {});
    if (pid !== undefined) running.add(pid);
    closeSync(log);
    const died = browser.#ended.then((code) => {
      throw new Error(`${engine} ended with ${code}; see its log beside its profile`);
    });
    died.catch(() => {});
    browser.main = await Promise.race([line.page('main'), died]);
    return browser;
  }

  /** Closes these pages and waits until the browser has ended by itself, as it does after its last window. */
  async close(...others) {
    for (const page of [...others, this.main]) await page.ask('close');
    this.devtools?.close();
    await within(this.#ended, 'the browser ends with its last window');
    this.#line.forget();
  }

  /** Ends it at once: after a failure, where nobody asks what it had stored. */
  kill() {
    try {
      process.kill(-this.#process.pid, 'SIGKILL');
    } catch {
      // It ended by itself.
    }
    this.#line.forget();
  }
}
