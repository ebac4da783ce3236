// A page with every permission that calls every command with whatever comes to its mind, from a seed.
const { invoke, Channel } = window.__TAURI__.core;
const parameters = new URLSearchParams(location.search);
/** Then everything goes to a command of the app that does nothing: what Tauri and the webview need for it. */
const harmless = parameters.has('harmless');
const UNDER_WAY = 24;
const REPORT_EVERY = 200;

/** sfc32, a small generator of good quality. */
function generator(seed) {
  let [a, b, c, counter] = [seed | 0, 0x9e3779b9, 0x243f6a88, 1];
  const next = () => {
    const sum = (a + b + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let round = 0; round < 12; round += 1) next();
  return next;
}

const chance = generator(Number(parameters.get('seed')));
const below = (end) => Math.floor(chance() * end);
const pick = (list) => list[below(list.length)];
const oneIn = (times) => below(times) === 0;

const TOPICS = ['open', 'list', 'form', 'count', 'kept', 'none', 'quiet-not', 'cart:1', 'cart:2'];
const TEXTS = [
  '',
  ' ',
  'a',
  '0',
  '-1',
  '/',
  '~',
  '~2',
  '__proto__',
  'constructor',
  '\0',
  '\ud800',
  '😀',
  'null',
];
const NUMBERS = [0, -0, 1, -1, 255, 2 ** 32, 2 ** 53 - 1, 2 ** 53, -(2 ** 53), 1e300, 0.1, 5e-324];

function text() {
  if (oneIn(3)) return pick(TEXTS);
  if (oneIn(400)) return pick(['x', 'ü', '😀', '/a', '"', '\ud800']).repeat(below(200_000));
  return Math.floor(chance() * 1e9).toString(36);
}

function value(size) {
  switch (below(size > 0 ? 7 : 4)) {
    case 0:
      return pick([null, true, false]);
    case 1:
      return pick(NUMBERS);
    case 2:
      return text();
    case 3:
      return below(1000);
    case 4:
      return nested(below(140));
    case 5:
      return Array.from({ length: below(6) }, () => value(size >> 1));
    default:
      return Object.fromEntries(Array.from({ length: below(6) }, () => [text(), value(size >> 1)]));
  }
}

function nested(depth) {
  let inner = null;
  for (let level = 0; level < depth; level += 1) inner = oneIn(2) ? [inner] : { a: inner };
  return inner;
}

const pointer = () => pick(['', '/a', '/a/0', '/a/-', '/b', '/0', '/-', '/x/y', '/a/0/0', `/${text()}`]);

function patch() {
  if (oneIn(30)) return value(6);
  if (oneIn(60)) return attack();
  return Array.from({ length: below(8) }, () => ({
    op: pick(['add', 'remove', 'replace', 'move', 'copy', 'test', 'jump']),
    path: pointer(),
    from: pointer(),
    value: value(6),
  }));
}

/** Patches that nest, double and shift. */
function attack() {
  const deep = '/0'.repeat(99);
  const nest = [
    { op: 'add', path: '/b', value: nested(100) },
    { op: 'move', from: '/a', path: `/b${deep}` },
    { op: 'move', from: '/b', path: '/a' },
  ];
  return pick([
    () => Array.from({ length: 40 }, () => nest).flat(),
    () => Array.from({ length: 60 }, () => ({ op: 'copy', from: '', path: '/a' })),
    () => Array.from({ length: 9_900 }, () => ({ op: 'add', path: '/0', value: 1 })),
    () => Array.from({ length: 9_900 }, () => ({ op: 'remove', path: '/0' })),
    () => [{ op: 'add', path: '/0'.repeat(50_000), value: 1 }],
  ])();
}

let operations = 0;
let generations = 0;
const page = () => (oneIn(20) ? text() : pick(['p1', 'p2', 'p3']));
const revision = () => (oneIn(4) ? text() : String(below(50)));
const known = () => ({ epoch: text(), revision: revision() });

function topics() {
  if (oneIn(20)) return value(4);
  return Array.from({ length: below(oneIn(100) ? 2000 : 6) }, () =>
    oneIn(2) ? { topic: pick(TOPICS) } : { topic: oneIn(4) ? text() : pick(TOPICS), known: known() },
  );
}

function write() {
  operations += 1;
  const request = { page: page(), generation: below(3), topic: oneIn(20) ? text() : pick(TOPICS) };
  request.operation = oneIn(8) ? text() : `op${oneIn(8) ? below(operations) : operations}`;
  if (oneIn(5)) request.base = revision();
  if (oneIn(3)) request.topics = topics();
  return request;
}

/** A list of a million, now and then: what is slow is slow with it. */
const long = () => new Array(1_000_000).fill(0);

const CALLS = {
  subscribe: () => {
    generations += 1;
    return {
      request: { page: page(), generation: oneIn(5) ? value(1) : generations, topics: topics() },
      channel: oneIn(5) ? value(1) : new Channel(() => {}),
    };
  },
  pull: () => ({
    request: { page: page(), generation: generations - below(2), seen: below(9), topics: topics() },
  }),
  snapshot: () => ({ topic: oneIn(8) ? value(3) : pick(TOPICS) }),
  first_paint: () => ({}),
  set: () => {
    const request = write();
    return { request, value: request.topic === 'list' && oneIn(20) ? long() : value(20) };
  },
  patch: () => ({ request: write(), patch: patch() }),
  action: () => ({
    request: { ...write(), action: oneIn(8) ? text() : pick(['add', 'panic', 'fail']) },
    args: value(6),
  }),
  inspect: () => ({}),
};
const COMMANDS = Object.keys(CALLS).flatMap((name) =>
  Array(['set', 'patch', 'action'].includes(name) ? 3 : 1).fill(name),
);

/** Takes something out of the arguments, or puts something in its place. */
function spoiled(given) {
  if (!oneIn(12)) return given;
  const name = pick(Object.keys(given).concat('request', 'more'));
  return { ...given, [name]: oneIn(3) ? undefined : value(10) };
}

function call() {
  // Whatever the app keeps in tables that pages reach, its number can be guessed.
  if (oneIn(50) && !harmless) return invoke('plugin:resources|close', { rid: below(64) });
  const name = pick(COMMANDS);
  const given = spoiled(CALLS[name]());
  return harmless ? invoke('swallow', { given }) : invoke(`plugin:statesync|${name}`, given);
}

await invoke('hello', { load: crypto.randomUUID() });
let called = 0;
const texts = {};

async function attackForEver() {
  for (;;) {
    try {
      await call();
    } catch (error) {
      const kind = error?.kind ?? String(error).slice(0, 60);
      texts[kind] = (texts[kind] ?? 0) + 1;
    }
    called += 1;
    if (called % REPORT_EVERY === 0) await invoke('called', { calls: REPORT_EVERY, refusals: texts });
  }
}

await Promise.all(Array.from({ length: UNDER_WAY }, attackForEver));
