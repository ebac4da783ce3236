// What a check found out: claims that held or did not.
//
// Keeps two counts. Everything else is printed at once.

export class Report {
  #passed = 0;
  #failed = 0;

  get failed() {
    return this.#failed;
  }

  /** One claim; prints it with its outcome. */
  claim(text, holds, detail = '') {
    this.count(holds);
    console.log(`${holds ? 'ok    ' : 'FAILED'} ${text}${detail ? ` (${detail})` : ''}`);
  }

  /** One claim that is printed elsewhere. */
  count(holds) {
    if (holds) this.#passed += 1;
    else this.#failed += 1;
  }

  /** A step whose conditions were waited for; one that fails does not keep the later ones from running. */
  async step(claim, work) {
    try {
      await work();
      this.claim(claim, true);
    } catch (error) {
      this.claim(claim, false, error.message);
    }
  }

  /** The last line, and the exit code. */
  conclude() {
    console.log(`${this.#passed} passed, ${this.#failed} failed`);
    return this.#failed === 0 ? 0 : 1;
  }
}
