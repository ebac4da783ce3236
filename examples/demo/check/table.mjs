// What the demo's windows hold, beside what Rust holds.

/** What every window says about itself: label, when it loaded, and its topics. */
export async function lookAtAll(desk) {
  const looks = [];
  for (const label of desk.labels) looks.push(await look(desk, label));
  return looks;
}

export function look(desk, label) {
  return desk.ask(label, 'return window.__demo');
}

/** The same revision, and the same data to the last digit. */
export function sameAs(fact, copy) {
  return fact !== undefined && fact.revision === copy.revision && fact.hash === copy.hash;
}

/** Prints one row a window and topic; each counts as a claim. */
export function compare(report, looks, truth) {
  const rows = [
    ['window', 'topic', 'revision', 'in Rust', 'bytes', 'signals', 'pulls', 'applies', 'in agreement'],
  ];
  for (const { label, topics } of looks) {
    for (const [topic, copy] of Object.entries(topics).sort()) {
      const agrees = sameAs(truth[topic], copy);
      report.count(agrees);
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
