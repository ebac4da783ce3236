// What the check found out: claims that held or did not, and the table of windows against Rust.

export class Report {
  #passed = 0;
  #failed = 0;

  get failed() {
    return this.#failed;
  }

  /** One claim; prints it with its outcome. */
  claim(text, holds, detail = '') {
    if (holds) this.#passed += 1;
    else this.#failed += 1;
    console.log(`${holds ? 'ok    ' : 'FAILED'} ${text}${detail ? ` (${detail})` : ''}`);
  }

  /** One row a window and topic; each is a claim as well. */
  table(looks, truth) {
    const rows = [
      ['window', 'topic', 'revision', 'in Rust', 'bytes', 'signals', 'pulls', 'applies', 'in agreement'],
    ];
    for (const { label, topics } of looks) {
      for (const [topic, copy] of Object.entries(topics).sort()) {
        const agrees = sameAs(truth[topic], copy);
        if (agrees) this.#passed += 1;
        else this.#failed += 1;
        const { revision, signals, pulls, applies } = copy;
        rows.push([
          label,
          topic,
          revision,
          truth[topic]?.revision ?? '-',
          truth[topic]?.bytes ?? 0,
          signals,
          pulls,
          applies,
          agrees ? 'yes' : 'NO',
        ]);
      }
    }
    console.log(`\n${aligned(rows)}\n`);
  }

  /** The last line, and the exit code. */
  conclude() {
    console.log(`${this.#passed} passed, ${this.#failed} failed`);
    return this.#failed === 0 ? 0 : 1;
  }
}

/** The same revision, and the same data to the last digit. */
export function sameAs(fact, copy) {
  return fact !== undefined && fact.revision === copy.revision && fact.hash === copy.hash;
}

function aligned(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => String(row[column]).length)));
  const numeric = rows[0].map(
    (_, column) => typeof rows.at(-1)[column] === 'number' || column === 2 || column === 3,
  );
  const line = (row) =>
    row
      .map((cell, column) =>
        numeric[column] ? String(cell).padStart(widths[column]) : String(cell).padEnd(widths[column]),
      )
      .join('  ')
      .trimEnd();
  const rule = widths.map((width) => '-'.repeat(width)).join('  ');
  return [line(rows[0]), rule, ...rows.slice(1).map(line)].join('\n');
}
