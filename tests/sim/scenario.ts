// Keeps the app of one run: its windows and topics, and everything that can happen to them. What happens when is drawn
// by chance; how the windows ought to look afterwards is not known here, only in Rust.

import { Backend } from './backend.ts';
import { GenericPage } from './generic.ts';
import { type Document, type Host, type How, readable } from './host.ts';
import { Network } from './network.ts';
import { type App, type Pace, Page } from './page.ts';
import { MOST_VALUE_BYTES, TOO_LONG, Truth, UNSERIALIZABLE } from './truth.ts';
import { Window } from './window.ts';
import type { World } from './world.ts';

type AnyPage = Page | GenericPage;

/** Written by Rust only, always `a` before `b`: nobody may see `b` newer than `a`. */
export const PAIR = ['pair:a', 'pair:b'] as const;

/** Where revisions may begin: among them places where text and number sort differently. */
const FLOORS = ['0', '0', '7', '97', '9007199254740990', '9999999999999999990'];

const FAILING: Partial<Record<How, 'updatePanicked' | 'updateRefused' | 'updateReentrant'>> = {
  panic: 'updatePanicked',
  refuse: 'updateRefused',
  reentrant: 'updateReentrant',
};

export class Scenario implements App {
  readonly world: World;
  readonly network: Network;
  readonly backend: Backend;
  readonly pace: Pace;
  readonly windows: Window<AnyPage>[] = [];
  /** All names an app of this run may use; some are registered late, some never before the calm. */
  readonly names: string[];
  readonly late = new Set<string>();
  /** Nothing goes wrong any more. */
  calm = false;
  /** The pair is written in one step, so that nobody may see one without the other. */
  readonly pairsAtOnce: boolean;
  #pairs = 0;

  constructor(world: World, host: Host) {
    const { chance } = world;
    this.world = world;
    this.network = new Network(world);
    this.pace = {
      callMs: chance.pick([2000, 10_000]),
      heartbeatMs: chance.pick([20_000, 1e9]),
      hiddenIntervalMs: chance.pick([300, 1000]),
      channel: chance.pick(['ordered', 'raw']),
    };
    const long = chance.hit(0.15) ? 'x'.repeat(90) : '';
    this.names = chance.hit(0.6) ? [...PAIR] : [];
    for (let n = chance.int(1, 3); n > 0; n -= 1) this.names.push(`t:${n}${long}`);
    if (chance.hit(0.3)) this.names.push('secret:1');
    if (chance.hit(0.4)) this.late.add(`late:1`);
    if (chance.hit(0.1)) this.late.add(`t:9${long}`);
    this.names.push(...this.late);
    const limits = {
      maxSignalBytes: chance.pick([4096, 200]),
      maxValueBytes: MOST_VALUE_BYTES,
      maxOperationsPerPage: 256,
    };
    const truth = new Truth(world);
    this.backend = new Backend(world, host, this.network, truth, limits, ['t:*']);
    this.backend.isLive = (label, page) => this.#client(label)?.id === page;
    this.backend.answers = (label, page) => {
      const client = this.#client(label);
      return client?.id === page && client.watches.size > 0;
    };
    this.backend.onGivenUp = (label, id) => {
      const page = this.#client(label);
      if (page?.id !== id) return;
      page.lost = true;
      if (this.calm && page.watches.size > 0)
        world.broken('give-up', `${label} was given up although nothing was lost`);
    };
    this.pairsAtOnce = chance.hit(0.5);
    const values = this.names.filter((name) => !this.late.has(name)).map((name) => [name, this.value(name)]);
    this.backend.begin(chance.pick(FLOORS), new Map(values as [string, Document][]));
  }

  // ---- what there is

  pages(): AnyPage[] {
    return this.windows.flatMap(({ page }) => (page === undefined ? [] : [page]));
  }

  clients(): Page[] {
    return this.pages().filter((page) => page instanceof Page);
  }

  generics(): GenericPage[] {
    return this.pages().filter((page) => page instanceof GenericPage);
  }

  #client(label: string): Page | undefined {
    return this.clients().find(({ window }) => window.label === label);
  }

  mayRead(window: Window<AnyPage>, topic: string): boolean {
    return readable(window.read, topic);
  }

  /** The next value of a topic: what windows have added is left as it is. */
  value(topic: string, pad = 'x'.repeat(this.world.chance.int(0, 40)), pair = this.#pairs): Document {
    const { count, notes } = this.backend.truth.now(topic)?.value ?? { count: 0, notes: {} };
    return { count, notes, pad, pair, stamp: this.world.number() };
  }

  // ---- windows

  open(): void {
    const { chance, census, faults } = this.world;
    const closed = this.windows.find(({ page }) => page === undefined);
    if (this.pages().length >= 4) return;
    let window = chance.hit(0.5) ? closed : undefined;
    if (window === undefined) {
      const everything = { allow: ['*'], deny: [] };
      const some = chance.pick([everything, everything, { allow: ['*'], deny: ['secret:*'] }, NARROW]);
      const writes = chance.pick([
        everything,
        { allow: ['*'], deny: [...PAIR] },
        { allow: ['t:1*'], deny: [] },
      ]);
      window = new Window<AnyPage>(`w${this.windows.length + 1}`, some, writes);
      this.windows.push(window);
    }
    if (census.windows > 0) faults.count('lateWindow');
    census.windows += 1;
    this.load(window);
  }

  /** A page begins. */
  load(window: Window<AnyPage>): void {
    const { chance, faults } = this.world;
    const open = this.names.filter((name) => name.startsWith('t:') && !this.late.has(name));
    if (chance.hit(0.25) && window.read.deny.length === 0 && window.read.allow[0] === '*') {
      window.page = new GenericPage(this, window, chance.pick(open), this.throttling());
      return;
    }
    const page = new Page(this, window);
    window.page = page;
    const wanted = this.names.filter(() => chance.hit(0.7));
    for (const name of wanted) {
      if (!readable(window.read, name)) faults.count('forbiddenTopic');
      for (let n = chance.pick([1, 1, 2]); n > 0; n -= 1) this.watch(page, name);
    }
  }

  throttling(): object | undefined {
    const { chance } = this.world;
    if (chance.hit(0.8)) return undefined;
    const debounce = chance.hit(0.5) ? { debounceMs: chance.int(1, 100) } : {};
    const throttle = chance.hit(0.7) ? { throttleMs: chance.int(1, 300) } : {};
    const edges = chance.pick([{}, { leading: false }, { trailing: false }]);
    return { ...debounce, ...throttle, ...edges };
  }

  watch(page: Page, topic: string): void {
    const throttling = topic.startsWith('pair:') ? undefined : this.throttling();
    page.watch(topic, throttling, this.world.chance.pick(['never', 'never', 'never', 'sometimes', 'always']));
  }

  /** The page goes; Rust is told of it, or not. */
  leave(window: Window<AnyPage>, noticed: boolean): void {
    this.world.log(() => `${window.page?.name} goes${noticed ? '' : ', unnoticed'}`);
    window.page?.unload();
    window.page = undefined;
    if (!noticed) return;
    window.ends += 1;
    this.backend.windowGone(window.label);
  }

  reload(window: Window<AnyPage>, noticed: boolean): void {
    window.page?.unload();
    if (noticed) this.backend.pageLoads(window.label);
    this.load(window);
  }

  /** Rust begins another life; the pages live on and know nothing of it. */
  restart(): void {
    const { chance, faults } = this.world;
    const { truth } = this.backend;
    faults.count('epochChange');
    const revisions = truth.topics().map((topic) => BigInt(truth.revision(topic)));
    const highest = revisions.reduce((a, b) => (a > b ? a : b), BigInt(truth.floor));
    // A client that knows no epochs needs revisions that go on; the plugin's own one does not.
    const floor = this.generics().length > 0 || chance.hit(0.3) ? String(highest) : '0';
    const values = truth.topics().map((topic) => {
      const { pad, pair } = truth.now(topic)?.value as Document;
      return [topic, this.value(topic, pad, pair)] as const;
    });
    this.world.log(() => `RUST RESTARTS at ${floor}`);
    this.backend.begin(floor, new Map(values));
    for (const page of this.clients()) page.lost = true;
    for (const page of this.generics()) page.missed = true;
  }

  // ---- topics

  register(topic: string): void {
    if (this.backend.truth.now(topic) !== undefined) return;
    this.world.faults.count('lateTopic');
    this.backend.register(topic, this.value(topic));
  }

  /** Those that are not there yet, or not any more. */
  absent(): string[] {
    return this.names.filter((name) => this.backend.truth.now(name) === undefined);
  }

  remove(topic: string): void {
    if (this.backend.truth.now(topic) === undefined) return;
    this.world.faults.count('topicRemoved');
    this.backend.remove(topic);
  }

  write(topic: string, how: How, pad?: string, times = 1): void {
    if (this.backend.truth.now(topic) === undefined) return;
    const failing = FAILING[how];
    if (failing !== undefined) this.world.faults.count(failing);
    const value = this.value(topic, pad);
    for (let n = 1; n < times; n += 1) this.world.number();
    this.backend.writeFromRust(topic, how, value, times);
  }

  /** Both in one step; or `a` first, then `b`, perhaps a moment later. */
  writePair(fails = false): void {
    const [a, b] = PAIR;
    if (!this.names.includes(a)) return;
    const { chance, timeline } = this.world;
    const pair = this.#pairs + 1;
    const part = (topic: string) => this.value(topic, undefined, pair);
    if (this.pairsAtOnce || fails) {
      this.world.faults.count(fails ? 'transactionFailed' : 'transaction');
      this.backend.transaction(
        [
          [a, part(a)],
          [b, part(b)],
        ],
        fails,
      );
      if (!fails) this.#pairs = pair;
      return;
    }
    this.#pairs = pair;
    const { truth } = this.backend;
    const { life } = truth;
    this.backend.writeFromRust(a, 'update', part(a));
    const second = () => {
      const behind = (truth.now(b)?.value.pair ?? 0) < pair;
      if (life === truth.life && behind) this.backend.writeFromRust(b, 'update', part(b));
    };
    if (chance.hit(0.5)) second();
    else timeline.after(chance.between(0, 8), second);
  }

  badPad(): string {
    this.world.faults.count('badValue');
    return this.world.chance.pick([UNSERIALIZABLE, TOO_LONG]);
  }
}

const NARROW = { allow: ['pair:*', 't:1*'], deny: [] };
