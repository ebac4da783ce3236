// Two windows type at random while everything between them and the host is late or lost.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createStore } from 'zustand/vanilla';
import { createClient, type StateSyncClient, setDefaultClient } from '../client/index.ts';
import { createManualClock, createMemoryHost } from '../testing/index.ts';
import { connectTopic } from './connect.ts';

interface Item {
  id: string;
  text: string;
}

/** Each window types into its own field and its own item; the host counts. */
interface Desk {
  left: string;
  right: string;
  count: number;
  items: Item[];
}

type Side = 'left' | 'right';
const SIDES: Side[] = ['left', 'right'];

type Step = { do: 'type' | 'edit' | 'insert'; side: Side } | { do: 'count' } | { do: 'wait'; ms: number };

const side = fc.constantFrom<Side>('left', 'right');
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('type', 'edit'), side }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('insert'), side }) },
  { weight: 2, arbitrary: fc.constant({ do: 'count' as const }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('wait'), ms: fc.integer({ min: 0, max: 120 }) }) },
);

/** What becomes of the messages, one after another: `lose` is for those that somebody repeats. */
type Fate = 'lose' | { delayMs: number };
const fate: fc.Arbitrary<Fate> = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 0, max: 90 }).map((delayMs) => ({ delayMs })) },
  { weight: 1, arbitrary: fc.constant('lose' as const) },
);

function play(fates: readonly Fate[]) {
  const clock = createManualClock();
  const host = createMemoryHost({ clock });
  host.register('desk', {
    left: '',
    right: '',
    count: 0,
    items: SIDES.map((id) => ({ id, text: '' })),
  } satisfies Desk);
  let sent = 0;
  const next = () => fates[sent++ % fates.length];
  const answered = new Set<string>();
  host.faults.signal = next;
  host.faults.request = () => {
    const what = next();
    return what === 'lose' ? undefined : what;
  };
  host.faults.answer = (call) => {
    const what = next();
    if (what !== 'lose' || call.name === 'pull') return what;
    // The third loss of one write would be an error, and rightly so.
    const operation = call.name === 'patch' || call.name === 'set' ? call.request.operation : undefined;
    if (operation === undefined || answered.has(operation)) return undefined;
    answered.add(operation);
    return what;
  };

  const errors: unknown[] = [];
  const clients: StateSyncClient[] = [];
  const window = (label: string) => {
    const client = createClient({ transport: host.transport({ label }), clock, random: () => 0.5 });
    clients.push(client);
    // Adapters talk to the page's client: every window is a page of its own.
    const inside = <R>(work: () => R): R => {
      const outer = setDefaultClient(client);
      try {
        return work();
      } finally {
        setDefaultClient(outer);
      }
    };
    const store = createStore<Desk>(() => ({ left: '', right: '', count: 0, items: [] }));
    const connection = inside(() =>
      connectTopic<Desk, Desk>(
        'desk',
        {
          applier: { apply: ({ data }) => store.setState(data, true) },
          read: store.getState,
          listen: (changed) => store.subscribe(changed),
        },
        {
          onError({ phase, error }) {
            if (phase === 'write') errors.push(error);
          },
        },
      ),
    );
    /** Changes the store and lets the change be written, as at the end of a tick. */
    const change = (members: (desk: Desk) => Partial<Desk>) =>
      inside(() => {
        store.setState(members);
        void connection.flush();
      });
    return { store, change };
  };
  const windows = { left: window('left'), right: window('right') };
  const end = () => {
    for (const client of clients) client.close();
  };
  return { clock, host, windows, errors, end };
}

test('a store shows what its window typed at every moment, and in the end every store equals the host', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 5, maxLength: 40 }),
      fc.array(fate, { minLength: 1, maxLength: 60 }),
      async (steps, fates) => {
        const { clock, host, windows, errors, end } = play(fates);
        await clock.advance(1000);
        const typed = { left: '', right: '' };
        const edited = { left: '', right: '' };
        const inserted: string[] = [];
        let n = 0;
        const check = () => {
          for (const side of SIDES) {
            const desk = windows[side].store.getState();
            expect(desk[side]).toBe(typed[side]);
            expect(desk.items.find(({ id }) => id === side)?.text).toBe(edited[side]);
          }
        };
        for (const step of steps) {
          n += 1;
          const text = `${n}`;
          if (step.do === 'wait') await clock.advance(step.ms);
          else if (step.do === 'count') host.update<Desk>('desk', (desk) => ({ ...desk, count: n }));
          else if (step.do === 'type') {
            typed[step.side] = text;
            windows[step.side].change(() => ({ [step.side]: text }));
          } else if (step.do === 'edit') {
            edited[step.side] = text;
            const edit = (item: Item) => (item.id === step.side ? { ...item, text } : item);
            windows[step.side].change(({ items }) => ({ items: items.map(edit) }));
          } else {
            inserted.push(text);
            windows[step.side].change(({ items }) => ({ items: [{ id: text, text }, ...items] }));
          }
          check();
        }
        host.faults.signal = host.faults.request = host.faults.answer = undefined;
        await clock.advance(120_000);
        check();
        const final = host.value<Desk>('desk');
        expect(windows.left.store.getState()).toEqual(final);
        expect(windows.right.store.getState()).toEqual(final);
        expect(final.items.map(({ id }) => id).sort()).toEqual([...SIDES, ...inserted].sort());
        expect(errors).toEqual([]);
        end();
      },
    ),
    { numRuns: Number(process.env.STATESYNC_RUNS ?? 50) },
  );
}, 60_000);
