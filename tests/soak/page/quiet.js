// A page that reads and writes a topic of its own, and measures how long each answer takes.
const { invoke } = window.__TAURI__.core;
const PAUSE_MS = 5;
const REPORT_EVERY = 50;
const page = crypto.randomUUID();
let operation = 0;

async function write(count) {
  operation += 1;
  const request = { page, operation: `op${operation}`, topic: 'quiet' };
  return await invoke('plugin:statesync|set', { request, value: { count, text: 'quiet' } });
}

async function timed(call) {
  const began = performance.now();
  const answer = await call();
  return { answer, ms: performance.now() - began };
}

const pause = () => new Promise((resolve) => setTimeout(resolve, PAUSE_MS));

await invoke('hello', { load: page });
let reads = [];
let writes = [];
for (let count = 1; ; count += 1) {
  try {
    const written = await timed(() => write(count));
    const read = await timed(() => invoke('plugin:statesync|snapshot', { topic: 'quiet' }));
    if (read.answer.data.count !== count) throw new Error(`wrote ${count}, read ${read.answer.data.count}`);
    writes.push(written.ms);
    reads.push(read.ms);
  } catch (error) {
    await invoke('wrong', {
      what: typeof error === 'object' ? JSON.stringify(error) + error : String(error),
    });
  }
  if (reads.length === REPORT_EVERY) {
    await invoke('trips', { reads, writes });
    [reads, writes] = [[], []];
  }
  await pause();
}
