// Saving and loading as an app does, for the scenarios that close or wall off pages in between.
//
// Keeps nothing in the page: what counts is in the store.

import type { Revision, SnapshotApplier } from 'tauri-plugin-statesync-api/core';
import {
  createPersistedRevisionSync,
  createPersistenceApplier,
  loadPersistedSnapshot,
  type PersistenceErrorContext,
  type StorageBackend,
} from 'tauri-plugin-statesync-api/persistence';
import { until } from './expect.ts';
import { type Deeds, told } from './line.ts';
import { PLACES, type Spot } from './places.ts';
import { hardValue } from './values.ts';

/** An app's state: what was applied, in order. */
export class Applied implements SnapshotApplier<unknown> {
  readonly revisions: string[] = [];
  readonly values: unknown[] = [];

  apply({ revision, data }: { revision: Revision; data: unknown }): void {
    this.revisions.push(revision);
    this.values.push(data);
  }
}

/** The errors an app was told of. */
export class Problems {
  readonly all: PersistenceErrorContext[] = [];
  readonly note = (context: PersistenceErrorContext): void => {
    this.all.push(context);
  };

  get said(): { operation: string; said: string }[] {
    return this.all.map(({ operation, error }) => ({ operation, said: told(error) }));
  }
}

export function spotIn(place: string, name: string): Spot {
  const found = PLACES.find((one) => one.name === place);
  if (!found) throw new Error(`no place called ${place}`);
  return found.spot(name);
}

export const revisionOf = (text: string): Revision => text as Revision;

/** Text that no engine makes smaller by itself. */
function noise(length: number): string {
  let text = '';
  while (text.length < length) text += Math.random().toString(36).slice(2);
  return text;
}

/** Saves the hard value, with so many characters more, and waits until that is done; the errors it met. */
async function save(spot: Spot, revision: string, more = 0): Promise<Problems> {
  const problems = new Problems();
  const keeper = createPersistenceApplier<unknown>({
    storage: spot.backend,
    applier: new Applied(),
    enableHash: true,
    onPersistenceError: problems.note,
  });
  const data = more > 0 ? { ...hardValue(), more: noise(more) } : hardValue();
  await keeper.apply({ revision: revisionOf(revision), data });
  await keeper.flush().catch(() => {});
  keeper.dispose();
  return problems;
}

/** What is stored there, and whether it is the hard value. */
export async function loadFrom(backend: StorageBackend<unknown>) {
  const problems = new Problems();
  const loaded = await loadPersistedSnapshot(backend, new Applied(), problems.note, { verifyHash: true });
  return {
    revision: loaded?.revision ?? null,
    intact: JSON.stringify(loaded?.data) === JSON.stringify(hardValue()),
    problems: problems.said,
  };
}

/** What the engine throws when a page touches this store. */
function refusal(place: string): string {
  try {
    if (place === 'IndexedDB') indexedDB.open('refused');
    else if (place === 'localStorage') localStorage.getItem('refused');
    else sessionStorage.getItem('refused');
    return 'nothing';
  } catch (error) {
    return (error as Error).name;
  }
}

/** An app's whole life with a store that may be refused: it loads, then two snapshots come. */
async function goOn(place: string) {
  const problems = new Problems();
  const applied = new Applied();
  const { backend } = spotIn(place, 'refused');
  await loadPersistedSnapshot(backend, applied, problems.note);
  const keeper = createPersistenceApplier<unknown>({
    storage: backend,
    applier: applied,
    onPersistenceError: problems.note,
  });
  for (const revision of ['1', '2']) await keeper.apply({ revision: revisionOf(revision), data: {} });
  await keeper.flush().catch(() => {});
  keeper.dispose();
  return { applied: applied.revisions, problems: problems.said, refusal: refusal(place) };
}

/** An app that has pulled, and has a minute before it saves that. */
async function pull(spot: Spot, revision: string): Promise<void> {
  const sync = createPersistedRevisionSync<unknown>({
    topic: 'left',
    subscriber: { subscribe: async () => () => {} },
    provider: { getSnapshot: async () => ({ revision: revisionOf(revision), data: hardValue() }) },
    applier: new Applied(),
    storage: spot.backend,
    persistence: { enableHash: true, throttling: { debounceMs: 60_000, maxWaitMs: 60_000 } },
  });
  await sync.start();
  await until(() => sync.persistence.hasPendingSave());
}

export const keeping: Deeds = {
  save: async ({ place = '', name = '', revision = '1' }) => {
    const [problem] = (await save(spotIn(place, name), revision)).said;
    if (problem) throw new Error(problem.said);
  },
  saveError: async ({ place = '', name = '', revision = '1', more = '0' }) =>
    (await save(spotIn(place, name), revision, Number(more))).said.map(({ said }) => said).join('; '),
  load: ({ place = '', name = '' }) => loadFrom(spotIn(place, name).backend),
  stored: async ({ place = '', name = '' }) =>
    (await spotIn(place, name).backend.load()) ?? { revision: null },
  pull: ({ place = '', name = '', revision = '1' }) => pull(spotIn(place, name), revision),
  goOn: ({ place = '' }) => goOn(place),
};
