// When something is saved: bursts, large values, and what is applied after a clear.
//
// Keeps nothing.
import { clearPersistedData, createPersistenceApplier } from 'tauri-plugin-statesync-api/persistence';
import { type Claim, check, checkSame } from '../expect.ts';
import { Applied, Problems, revisionOf } from '../keeping.ts';
import { PLACES, type Spot } from '../places.ts';
import { loadFrom, saveIn } from './storing.ts';

/** Long enough that nothing is saved but by `flush`. */
const LATER_MS = 60_000;
const BURST = 200;
const LARGE = 8 * 1024 * 1024;

async function isOneSave(spot: Spot): Promise<void> {
  const problems = new Problems();
  const keeper = createPersistenceApplier<unknown>({
    storage: spot.backend,
    applier: new Applied(),
    throttling: { debounceMs: LATER_MS, maxWaitMs: LATER_MS },
    onPersistenceError: problems.note,
  });
  for (let number = 1; number <= BURST; number += 1) {
    await keeper.apply({ revision: revisionOf(String(number)), data: { number } });
  }
  check(keeper.hasPendingSave(), 'nothing is pending');
  check((await loadFrom(spot)).loaded === null, 'something is stored already');
  await keeper.flush();
  const { saveCount, throttledCount } = keeper.getStats();
  checkSame({ saveCount, throttledCount }, { saveCount: 1, throttledCount: BURST - 1 }, 'counts');
  checkSame((await loadFrom(spot)).loaded?.data, { number: BURST }, 'loaded');
  checkSame(problems.said, [], 'problems');
  keeper.dispose();
}

/** Without throttling, many snapshots at once end with the newest one, whichever store is slow. */
async function endsWithTheNewest(spot: Spot): Promise<void> {
  const keeper = createPersistenceApplier<unknown>({ storage: spot.backend, applier: new Applied() });
  const applying: Promise<unknown>[] = [];
  for (let number = 1; number <= BURST; number += 1) {
    applying.push(keeper.apply({ revision: revisionOf(String(number)), data: { number } }));
  }
  await Promise.all(applying);
  await keeper.flush();
  keeper.dispose();
  checkSame((await loadFrom(spot)).loaded?.data, { number: BURST }, 'loaded');
}

async function isLarge(spot: Spot): Promise<void> {
  const data = { text: 'large \u2028 💾'.repeat(LARGE / 10) };
  await saveIn(spot, data, { enableHash: true });
  checkSame((await loadFrom(spot, { verifyHash: true })).loaded?.data, data, 'loaded');
}

/** A clear that other windows are told of comes back to nobody: what is applied after it is saved. */
async function isSavedAfterClear(spot: Spot, channelName: string): Promise<void> {
  const keeper = createPersistenceApplier<unknown>({
    storage: spot.backend,
    applier: new Applied(),
    throttling: { debounceMs: LATER_MS, maxWaitMs: LATER_MS },
    crossTabSync: { channelName },
  });
  let cleared = 0;
  keeper.on('cleared', () => {
    cleared += 1;
  });
  await keeper.apply({ revision: revisionOf('1'), data: 'before' });
  const overheard = new BroadcastChannel(channelName);
  const told = new Promise((resolve) => {
    overheard.onmessage = resolve;
  });
  await clearPersistedData(spot.backend, { channelName });
  await keeper.apply({ revision: revisionOf('2'), data: 'after' });
  await told;
  overheard.close();
  check(keeper.hasPendingSave(), 'what was applied after the clear is given up');
  await keeper.flush();
  keeper.dispose();
  checkSame(cleared, 1, 'cleared');
  checkSame((await loadFrom(spot)).loaded?.data, 'after', 'loaded');
}

export const saving: readonly Claim[] = PLACES.flatMap((place) => [
  {
    name: `${place.name}: a burst under throttling is one save, of the last value`,
    hold: () => isOneSave(place.spot('burst')),
  },
  {
    name: `${place.name}: many snapshots at once end with the newest`,
    hold: () => endsWithTheNewest(place.spot('at-once')),
  },
  {
    name: `${place.name}: what is applied after a clear that is told to others is saved`,
    hold: () => isSavedAfterClear(place.spot('after-clear'), `after-clear-${place.name}`),
  },
  ...(['IndexedDB', 'file', 'memory'].includes(place.name)
    ? [{ name: `${place.name} gives back 8 MB`, hold: () => isLarge(place.spot('large')) }]
    : []),
]);
