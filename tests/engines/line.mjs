// The line between the runner and the pages: a small web server that hands every page its orders and takes its answers.
//
// Keeps: for each page, by name, the orders it has not fetched and the answers the runner still waits for. Loses what a
// page was doing when it was reloaded or closed: that order fails. It needs no driver of the browser, so a browser runs
// as it does for a person, with a profile that outlives it.
//
//   const line = await Line.open('target/engines/page.js');
//   const page = await line.page('main');          // waits until a page of this name calls
//   await page.ask('claims');                      // what the deed of this name returned in the page
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import { Files } from './files.mjs';

const PATIENCE_MS = 10_000;
const HTML =
  '<!doctype html><meta charset="utf-8"><title>engines</title><link rel="icon" href="data:,"><script src="/page.js"></script>';
// A sandboxed frame has an origin of its own and talks to the server all the same.
const ANYONE = { 'access-control-allow-origin': '*', 'cache-control': 'no-store' };

/** Settles as the promise does, or fails after a while with what was waited for. */
export async function within(promise, what, ms = PATIENCE_MS) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not so after ${ms / 1000} s: ${what}`)), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** One page of the browser, from its first call until it is closed, however often it is reloaded. */
class Page {
  #orders = [];
  #answers = new Map();
  #calls = [];
  #nextOrder = 1;
  #life;
  #fetching;

  constructor(name) {
    this.name = name;
  }

  /** Waits until the page calls; with a life, until a page of another life does. */
  calls(notLife) {
    if (this.#life !== undefined && this.#life !== notLife) return Promise.resolve();
    return new Promise((resolve) => this.#calls.push(resolve));
  }

  /** Runs the deed of this name in the page and returns its answer; fails as it fails. */
  ask(deed, args = {}, ms = PATIENCE_MS) {
    const order = { number: this.#nextOrder++, deed, args };
    const answered = new Promise((resolve, reject) => this.#answers.set(order.number, { resolve, reject }));
    // Its failure is told to whoever waits for the answer in time; later there is nobody.
    answered.catch(() => {});
    this.#orders.push(order);
    this.#hand();
    return within(answered, `${this.name} has done ${deed}`, ms);
  }

  async reload() {
    const before = this.#life;
    await this.ask('reload');
    await within(this.calls(before), `${this.name} is loaded again`);
  }

  /** The page wants its next order. */
  fetches(life, response) {
    if (life !== this.#life) this.#begin(life);
    this.#fetching = response;
    response.on('close', () => {
      if (this.#fetching === response) this.#fetching = undefined;
    });
    this.#hand();
  }

  answers({ number, value, error }) {
    const waiting = this.#answers.get(number);
    this.#answers.delete(number);
    if (error === undefined) waiting?.resolve(value);
    else waiting?.reject(new Error(error));
  }

  #begin(life) {
    const first = this.#life === undefined;
    this.#life = life;
    if (!first) {
      this.#orders.length = 0;
      for (const { reject } of this.#answers.values()) reject(new Error(`${this.name} was loaded anew`));
      this.#answers.clear();
    }
    for (const resolve of this.#calls.splice(0)) resolve();
  }

  #hand() {
    if (!this.#fetching || this.#orders.length === 0) return;
    const response = this.#fetching;
    this.#fetching = undefined;
    response.writeHead(200, { ...ANYONE, 'content-type': 'application/json' });
    response.end(JSON.stringify(this.#orders.shift()));
  }
}

export class Line {
  #pages = new Map();
  #script;
  #files;
  #server;

  /** Serves this script to every page; the files that pages write are in this folder. */
  static async open(script, folder) {
    const line = new Line();
    line.#script = script;
    line.#files = new Files(folder);
    line.#server = createServer((request, response) =>
      line.#serve(request, response).catch((error) => {
        response.writeHead(500, ANYONE).end(JSON.stringify(String(error.message ?? error)));
      }),
    );
    await new Promise((resolve) => line.#server.listen(0, 'localhost', resolve));
    return line;
  }

  /** Where the page of this name is. */
  url(name) {
    return `http://localhost:${this.#server.address().port}/?page=${name}`;
  }

  /** The page of this name, as soon as it has called. */
  async page(name) {
    const page = this.#known(name);
    await within(page.calls(), `the page ${name} calls`);
    return page;
  }

  /** Forgets every page: the browser has ended. */
  forget() {
    this.#pages.clear();
  }

  close() {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #known(name) {
    if (!this.#pages.has(name)) this.#pages.set(name, new Page(name));
    return this.#pages.get(name);
  }

  async #serve(request, response) {
    const url = new URL(request.url, 'http://localhost');
    const asked = (name) => url.searchParams.get(name);
    const body = request.method === 'POST' ? await text(request) : undefined;
    const say = (type, content = '') => {
      response.writeHead(200, { ...ANYONE, 'content-type': `${type}; charset=utf-8` }).end(content);
    };
    switch (url.pathname) {
      case '/next':
        return this.#known(asked('page')).fetches(asked('life'), response);
      case '/answer':
        this.#known(asked('page')).answers(JSON.parse(body));
        return say('text/plain');
      case '/file':
        if (body === undefined) return say('text/plain', await this.#files.read(asked('file')));
        return say('text/plain', await this.#files.write(asked('file'), body));
      case '/invoke': {
        const answer = await this.#files.invoke(asked('command'), JSON.parse(body));
        return say('application/json', JSON.stringify(answer ?? null));
      }
      case '/page.js':
        return say('text/javascript', await readFile(this.#script));
      default:
        return say('text/html', HTML);
    }
  }
}
