// The three commands an app writes for its file backend, here in the runner: `save`, `load` and `clear` of real files.
//
// Keeps: one file for each name, below one folder. Loses nothing but what `clear` is asked to.
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';

export class Files {
  #folder;

  constructor(folder) {
    this.#folder = folder;
  }

  #path(name) {
    return `${this.#folder}/${encodeURIComponent(name)}.json`;
  }

  /** What the file holds; nothing when it is not there. */
  async read(name) {
    try {
      return await readFile(this.#path(name), 'utf8');
    } catch (error) {
      if (error.code === 'ENOENT') return undefined;
      throw error;
    }
  }

  async write(name, text) {
    await mkdir(this.#folder, { recursive: true });
    await writeFile(`${this.#path(name)}.new`, text);
    await rename(`${this.#path(name)}.new`, this.#path(name));
  }

  /** What a command of this name answers; throws what it fails with. */
  async invoke(command, { file, snapshot }) {
    if (command === 'save') return this.write(file, JSON.stringify(snapshot));
    if (command === 'clear') return rm(this.#path(file), { force: true });
    if (command !== 'load') throw new Error(`no command called ${command}`);
    const text = await this.read(file);
    return text === undefined ? null : JSON.parse(text);
  }
}
