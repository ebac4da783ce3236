// Keeps nothing: the ways a page writes, as orders.

import { type PatchOperation, type Revision, StateSyncError, topic } from 'tauri-plugin-statesync-api';
import type { Orders } from './orders.ts';
import { reaches, shown } from './watch.ts';

interface Tally {
  count: number;
  by: Record<string, number>;
  filler: string;
}

/** Counts itself up by one, on top of the value this page shows; again when somebody was faster. */
async function countUp(name: string, who: string): Promise<number> {
  for (let conflicts = 0; ; conflicts += 1) {
    const { value, revision } = shown(name);
    const tally = value as Tally;
    const next = { ...tally, by: { ...tally.by, [who]: (tally.by[who] ?? 0) + 1 } };
    try {
      await reaches(name, await topic<Tally>(name).set(next, { base: revision as Revision }));
      return conflicts;
    } catch (error) {
      if (!(error instanceof StateSyncError) || error.kind !== 'conflict' || !error.revision) throw error;
      await reaches(name, error.revision);
    }
  }
}

export const writing: Orders = {
  /** Many increments of one shared counter, each by a function of the newest value. */
  increment: async ({ topic: name, times }) => {
    for (let n = 0; n < Number(times); n += 1) {
      await topic<Tally>(String(name)).update((tally) => {
        tally.count += 1;
      });
    }
    return null;
  },
  /** Changes one field of its own, many times, all at once. */
  field: async ({ topic: name, who, times }) => {
    const handle = topic<Tally>(String(name));
    const writes = Array.from({ length: Number(times) }, () =>
      handle.update((tally) => {
        tally.by[String(who)] = (tally.by[String(who)] ?? 0) + 1;
      }),
    );
    await Promise.all(writes);
    return null;
  },
  /** The same by patches without a look at the value. */
  fieldByPatch: async ({ topic: name, who, times }) => {
    for (let n = 1; n <= Number(times); n += 1) {
      await topic<Tally>(String(name)).patch([{ op: 'add', path: `/by/${who}`, value: n }]);
    }
    return null;
  },
  /** One write: what the page shows in the moment it is done. */
  ownWrite: async ({ topic: name, count }) => {
    const revision = await topic<Tally>(String(name)).set({ count: Number(count), by: {}, filler: '' });
    return { written: revision, ...shown(String(name)) };
  },
  /** A write that shows before it is made: the values on the way. */
  optimistic: async ({ topic: name, patch }) => {
    const handle = topic<Tally>(String(name));
    const before = (shown(String(name)).value as Tally).count;
    const write = handle.patch(patch as PatchOperation[], { optimistic: true });
    await Promise.resolve();
    const during = (shown(String(name)).value as Tally).count;
    const { pending } = handle.status;
    const error = await write.then(
      () => null,
      (reason: StateSyncError) => reason.kind,
    );
    const after = (shown(String(name)).value as Tally).count;
    return { before, during, pending, error, after, left: handle.status.pending };
  },
  act: ({ topic: name, action, args }) => topic(String(name)).action(String(action), args),
  patch: ({ topic: name, patch }) => topic(String(name)).patch(patch as PatchOperation[]),

  /** Many careful writes; answers how many conflicts there were. */
  countUp: async ({ topic: name, who, times }) => {
    let conflicts = 0;
    for (let n = 0; n < Number(times); n += 1) {
      conflicts += await countUp(String(name), String(who));
    }
    return conflicts;
  },
  /** Many plain writes: the last one wins. Answers the last revision. */
  overwrite: async ({ topic: name, who, times }) => {
    let revision: string = '0';
    for (let n = 1; n <= Number(times); n += 1) {
      revision = await topic<Tally>(String(name)).set({ count: n, by: { [String(who)]: n }, filler: '' });
    }
    return revision;
  },
};
