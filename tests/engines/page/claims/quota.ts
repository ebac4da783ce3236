// Stores that are full.
//
// Keeps nothing: what fills a store is taken out again.
import { createMemoryStorageBackend, createPersistenceApplier } from 'tauri-plugin-statesync-api/persistence';
import { type Claim, check, checkSame, until } from '../expect.ts';
import { Applied, Problems, revisionOf } from '../keeping.ts';
import { localStore, type Place, type Spot, sessionStore } from '../places.ts';
import { hardValue } from '../values.ts';
import { loadFrom, saveIn } from './storing.ts';

/** Far over what an engine grants one origin. */
const TOO_MUCH = 64 * 1024 * 1024;

/** What the promise fails with. */
async function failure(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'nothing failed',
    (error: unknown) => String(error),
  );
}

/** Puts as much as fits beside what is there, down to the last character. */
function fill(storage: Storage): void {
  let length = TOO_MUCH;
  for (let number = 0; length >= 1; ) {
    try {
      storage.setItem(`filling-${number}`, 'x'.repeat(length));
      number += 1;
    } catch {
      length = Math.floor(length / 2);
    }
  }
}

function empty(storage: Storage): void {
  for (const key of Object.keys(storage)) if (key.startsWith('filling-')) storage.removeItem(key);
}

async function isFull(spot: Spot, storage: Storage): Promise<void> {
  await saveIn(spot, hardValue(), { enableHash: true }, '1');
  const before = await spot.look();
  fill(storage);
  try {
    const big = { text: 'y'.repeat(100_000), ...hardValue() };
    const said = await failure(saveIn(spot, big, { enableHash: true }, '2'));
    check(said.includes('quota exceeded'), `told ${said}`);
    checkSame((await spot.look()).texts, before.texts, 'stored afterwards');
    const { loaded, problems } = await loadFrom(spot, { verifyHash: true });
    checkSame(problems.said, [], 'problems of loading');
    checkSame(loaded, { revision: '1', data: hardValue() }, 'loaded');
  } finally {
    empty(storage);
  }
}

/** A save that found no room stays pending, and is done when there is room. */
async function isDoneLater(spot: Spot, storage: Storage): Promise<void> {
  const problems = new Problems();
  await saveIn(spot, { small: true }, {}, '1');
  fill(storage);
  const keeper = createPersistenceApplier<unknown>({
    storage: spot.backend,
    applier: new Applied(),
    onPersistenceError: problems.note,
  });
  try {
    const big = { text: 'y'.repeat(100_000) };
    await keeper.apply({ revision: revisionOf('2'), data: big });
    await until(() => problems.all.length > 0);
    check(keeper.hasPendingSave(), 'the save is not pending');
    empty(storage);
    await keeper.flush();
    check(!keeper.hasPendingSave(), 'the save is pending still');
    checkSame((await loadFrom(spot)).loaded, { revision: '2', data: big }, 'loaded');
  } finally {
    empty(storage);
    keeper.dispose();
  }
}

/** What takes less room than what is there fits. */
async function getsSmaller(spot: Spot, storage: Storage): Promise<void> {
  await saveIn(spot, hardValue(), { enableHash: true }, '1');
  fill(storage);
  try {
    await saveIn(spot, { small: true }, { enableHash: true }, '2');
    checkSame((await loadFrom(spot)).loaded, { revision: '2', data: { small: true } }, 'loaded');
  } finally {
    empty(storage);
  }
}

const full = (place: Place, storage: () => Storage): Claim[] => [
  {
    name: `${place.name} that is full says "quota exceeded" and keeps the record it has`,
    hold: () => isFull(place.spot('full'), storage()),
  },
  {
    name: `${place.name} that is full takes the pending save when there is room`,
    hold: () => isDoneLater(place.spot('room'), storage()),
  },
  {
    name: `${place.name} that is full takes a smaller record`,
    hold: () => getsSmaller(place.spot('smaller'), storage()),
  },
];

async function memoryIsFull(): Promise<void> {
  const backend = createMemoryStorageBackend<unknown>({ maxSizeBytes: 1000 });
  const spot = { backend } as unknown as Spot;
  await saveIn(spot, { small: true }, {}, '1');
  const said = await failure(saveIn(spot, hardValue(), {}, '2'));
  check(/quota exceeded/i.test(said), `told ${said}`);
  checkSame((await loadFrom(spot)).loaded, { revision: '1', data: { small: true } }, 'loaded');
}

export const quota: readonly Claim[] = [
  ...full(localStore, () => localStorage),
  ...full(sessionStore, () => sessionStorage),
  { name: 'memory that is full says "quota exceeded" and keeps the record it has', hold: memoryIsFull },
];
