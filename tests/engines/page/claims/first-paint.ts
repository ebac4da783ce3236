// The order in which a window shows things: first what was stored, then what the first pull brings.
//
// Keeps nothing.
import type { Revision } from 'tauri-plugin-statesync-api/core';
import { createPersistedRevisionSync } from 'tauri-plugin-statesync-api/persistence';
import { type Claim, check, checkSame, until } from '../expect.ts';
import { Problems, revisionOf } from '../keeping.ts';
import { PLACES, type Place } from '../places.ts';
import { loadFrom, saveIn } from './storing.ts';

/** The next frame the engine paints. */
const painted = () => new Promise((resolve) => requestAnimationFrame(resolve));

/** Starts a window whose store has revision `cached`, while the truth is at `pulled`: what its page shows, in order. */
async function starts(place: Place, cached: string, pulled: string): Promise<void> {
  const name = `paint-${cached}-${pulled}`;
  const spot = place.spot(name);
  await saveIn(spot, { from: 'cache' }, {}, cached);

  const shown: string[] = [];
  const element = document.body.appendChild(document.createElement('p'));
  const applier = {
    apply: ({ data, revision }: { data: unknown; revision: Revision }) => {
      element.textContent = `${(data as { from: string }).from} ${revision}`;
      shown.push(element.textContent);
    },
  };
  let answer: () => void = () => {};
  const answered = new Promise<void>((resolve) => {
    answer = resolve;
  });
  const problems = new Problems();
  const sync = createPersistedRevisionSync<unknown>({
    topic: name,
    subscriber: { subscribe: async () => () => {} },
    provider: {
      getSnapshot: async () => {
        await answered;
        return { revision: revisionOf(pulled), data: { from: 'pull' } };
      },
    },
    applier,
    storage: spot.backend,
    persistence: { onPersistenceError: problems.note },
  });
  const started = sync.start();
  await until(() => shown.length > 0);
  await painted();
  checkSame(element.textContent, `cache ${cached}`, 'the first frame');
  answer();
  await started;
  await until(() => shown.length > 1);
  await painted();
  checkSame(element.textContent, `pull ${pulled}`, 'the frame after the first pull');
  checkSame(shown, [`cache ${cached}`, `pull ${pulled}`], 'shown');
  await sync.persistence.flush();
  sync.stop();
  element.remove();
  checkSame(problems.said, [], 'problems');
  checkSame((await loadFrom(spot)).loaded, { revision: pulled, data: { from: 'pull' } }, 'stored in the end');
}

async function nothingStored(place: Place): Promise<void> {
  const { loaded, applied, problems } = await loadFrom(place.spot('never-saved'));
  check(loaded === null && applied.values.length === 0, 'something was applied');
  checkSame(problems.said, [], 'problems');
}

export const firstPaint: readonly Claim[] = PLACES.flatMap((place) => [
  {
    name: `${place.name}: what is stored is painted first, then the newer truth`,
    hold: () => starts(place, '5', '9'),
  },
  {
    name: `${place.name}: the first pull replaces what is stored even by a lower revision`,
    hold: () => starts(place, '9', '5'),
  },
  { name: `${place.name}: an empty store is nothing to report`, hold: () => nothingStored(place) },
]);
