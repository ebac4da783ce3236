// Records that cannot be used: each is reported, is not applied, and stays as it is.
//
// Keeps nothing.
import {
  createMigrationBuilder,
  createPersistenceApplier,
  type LoadOptions,
} from 'tauri-plugin-statesync-api/persistence';
import { type Claim, check, checkSame } from '../expect.ts';
import { Applied, Problems, revisionOf } from '../keeping.ts';
import { PLACES, type Place, type Spot } from '../places.ts';
import { hardValue, MARKER, OLD } from '../values.ts';
import { loadFrom, saveIn } from './storing.ts';

interface New {
  title: string;
  done: boolean;
}

const isNew = (data: unknown): data is New => typeof data === 'object' && data !== null && 'done' in data;
const migration = createMigrationBuilder<New>()
  .addMigration(1, (old: typeof OLD) => ({ name: old.title }))
  .addMigration(2, (old: { name: string }) => ({ title: old.name, done: false }))
  .withValidator(isNew)
  .build(3);

/** Nothing is applied, something is said, and the store is as it was. */
async function refuses(spot: Spot, options: LoadOptions<unknown>, saying: RegExp): Promise<void> {
  const before = await spot.look();
  check(!before.empty, 'nothing is stored');
  const { loaded, applied, problems } = await loadFrom(spot, options);
  checkSame(loaded, null, 'loaded');
  checkSame(applied.values, [], 'applied');
  check(
    problems.said.length === 1 && saying.test(problems.said[0]?.said ?? ''),
    `told ${JSON.stringify(problems.said)}`,
  );
  checkSame((await spot.look()).texts, before.texts, 'stored afterwards');
}

async function migrates(spot: Spot): Promise<void> {
  await saveIn(spot, OLD, { schemaVersion: 1, enableHash: true });
  const { loaded, applied, problems } = await loadFrom(spot, {
    migration,
    verifyHash: true,
  } as LoadOptions<unknown>);
  checkSame(problems.said, [], 'problems');
  checkSame(loaded?.data, { title: MARKER, done: false }, 'loaded');
  checkSame(applied.values, [{ title: MARKER, done: false }], 'applied');
}

async function failsToMigrate(spot: Spot): Promise<void> {
  await saveIn(spot, OLD, { schemaVersion: 1 });
  const failing = createMigrationBuilder<New>()
    .addMigration(1, () => {
      throw new Error('the migration is broken');
    })
    .build(2);
  await refuses(spot, { migration: failing } as LoadOptions<unknown>, /the migration is broken/);
}

async function isOfTheFuture(spot: Spot): Promise<void> {
  await saveIn(spot, hardValue(), { schemaVersion: 4 });
  await refuses(spot, { migration } as LoadOptions<unknown>, /future version/);
}

/** A window of an older app saves over what a newer one stored: it does not. */
async function isKeptForTheNewer(spot: Spot): Promise<void> {
  await saveIn(spot, hardValue(), { schemaVersion: 4 });
  const before = await spot.look();
  const problems = new Problems();
  const keeper = createPersistenceApplier<unknown>({
    storage: spot.backend,
    applier: new Applied(),
    schemaVersion: 3,
    onPersistenceError: problems.note,
  });
  await keeper.apply({ revision: revisionOf('9'), data: OLD });
  await keeper.flush().catch(() => {});
  keeper.dispose();
  check(problems.all.length > 0, 'nothing was reported');
  checkSame((await spot.look()).texts, before.texts, 'stored afterwards');
}

async function isNotValid(spot: Spot): Promise<void> {
  await saveIn(spot, hardValue());
  await refuses(spot, { validator: (_): _ is unknown => false }, /validat/i);
}

async function isTorn(spot: Spot): Promise<void> {
  await saveIn(spot, hardValue());
  await spot.put?.('{"revision":"7","data":{"title":"to');
  await refuses(spot, {}, /Failed to deserialize|JSON/);
  // The app goes on, and what it saves next is read again.
  await saveIn(spot, hardValue());
  checkSame((await loadFrom(spot)).loaded?.data, hardValue(), 'loaded after the next save');
}

async function isTamperedWith(spot: Spot): Promise<void> {
  await saveIn(spot, hardValue(), { enableHash: true });
  await spot.edit?.((text) => text.replaceAll(MARKER, `${MARKER}!`));
  check((await spot.look()).has(`${MARKER}!`), 'nothing was changed');
  await refuses(spot, { verifyHash: true }, /hash|were not saved together/i);
}

async function hasNoRevision(spot: Spot): Promise<void> {
  await saveIn(spot, hardValue());
  await spot.put?.('{"revision":"007","data":{"title":"late"}}');
  await refuses(spot, {}, /Invalid cached revision/);
}

const KINDS: readonly { name: string; raw?: boolean; hold(spot: Spot): Promise<void> }[] = [
  { name: 'a record of an older schema is migrated and applied', hold: migrates },
  { name: 'a migration that fails is reported and destroys nothing', hold: failsToMigrate },
  { name: 'a record of a newer schema is reported and stays', hold: isOfTheFuture },
  { name: 'an older app does not overwrite a record of a newer schema', hold: isKeptForTheNewer },
  { name: 'a value the validator refuses is reported and stays', hold: isNotValid },
  { name: 'a torn record is reported and stays until the next save', raw: true, hold: isTorn },
  { name: 'a record that was tampered with is reported and stays', raw: true, hold: isTamperedWith },
  { name: 'a revision that is none is reported and stays', raw: true, hold: hasNoRevision },
];

const inside = (place: Place) => KINDS.filter(({ raw }) => !raw || place.spot('any').edit !== undefined);

export const trouble: readonly Claim[] = PLACES.flatMap((place) =>
  inside(place).map(({ name, hold }) => ({
    name: `${place.name}: ${name}`,
    hold: () => hold(place.spot(name)),
  })),
);
