// Chromium's debugging protocol over a pipe: for what no page may decide, such as how much its origin may store.
//
// Keeps: the requests whose answers are missing. Loses events: nobody here listens to them.

/** A pipe to write into and one to read from: messages of JSON, each ended by a zero byte. */
export class Devtools {
  #write;
  #answers = new Map();
  #last = 0;
  #session;

  constructor(write, read) {
    this.#write = write;
    let rest = '';
    read.setEncoding('utf8');
    read.on('data', (text) => {
      const messages = (rest + text).split('\0');
      rest = messages.pop();
      for (const message of messages) this.#hear(JSON.parse(message));
    });
    // It ends with the browser.
    for (const end of [write, read]) end.on('error', () => {});
  }

  #hear({ id, result, error }) {
    const waiting = this.#answers.get(id);
    this.#answers.delete(id);
    if (error) waiting?.reject(new Error(error.message));
    else waiting?.resolve(result);
  }

  #ask(method, params, sessionId) {
    this.#last += 1;
    const id = this.#last;
    return new Promise((resolve, reject) => {
      this.#answers.set(id, { resolve, reject });
      this.#write.write(`${JSON.stringify({ id, method, params, sessionId })}\0`);
    });
  }

  /** The origin of the first page may store so many bytes from now on: as long as this session lasts. */
  async grant(bytes) {
    this.#session ??= await this.#attach();
    const { sessionId, origin } = this.#session;
    await this.#ask('Storage.overrideQuotaForOrigin', { origin, quotaSize: bytes }, sessionId);
  }

  async #attach() {
    const { targetInfos } = await this.#ask('Target.getTargets', {});
    const { targetId, url } = targetInfos.find(({ type }) => type === 'page');
    const { sessionId } = await this.#ask('Target.attachToTarget', { targetId, flatten: true });
    return { sessionId, origin: new URL(url).origin };
  }

  /** A browser that is debugged does not end by itself before this. */
  close() {
    this.#write.end();
  }
}
