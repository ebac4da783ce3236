// Keeps nothing: the two ways a page writes, as orders.

import { type Revision, StateSyncError, topic } from 'tauri-plugin-statesync-api';
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
