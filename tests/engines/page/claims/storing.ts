// What goes in comes out, with every option in every place, and every option shows in what is stored.
//
// Keeps nothing.
import {
  createCompressionStreamAdapter,
  createLZCompressionAdapter,
  createPersistenceApplier,
  type LoadOptions,
  loadPersistedSnapshot,
  type PersistenceApplierOptions,
} from 'tauri-plugin-statesync-api/persistence';
import { type Claim, check, checkSame, until } from '../expect.ts';
import { Applied, Problems, revisionOf } from '../keeping.ts';
import { PLACES, type Place, type Spot } from '../places.ts';
import type { Stored } from '../stored.ts';
import { hardValue, MARKER } from '../values.ts';

type Saving = Partial<PersistenceApplierOptions<unknown>>;

interface Variant {
  name: string;
  saving(): Saving;
  loading?: LoadOptions<unknown>;
  /** What must be seen in the store, next to the same value stored without options. */
  shows(stored: Stored, plain: Stored): void;
}

const REVISION = '18446744073709551615';
const HOUR_MS = 3_600_000;

function compressed(stored: Stored, plain: Stored): void {
  check(plain.has(MARKER), 'the marker is not in plain storage: this test would see nothing');
  check(!stored.has(MARKER), 'the plain text is stored');
  check(stored.size < plain.size * 0.6, `${stored.size} stored, of ${plain.size} without compression`);
  checkSame(stored.field('compressed'), true, 'metadata.compressed');
}

function hashed(stored: Stored): void {
  const hash = stored.field('hash');
  check(typeof hash === 'string' && hash.length >= 8, `the stored hash is ${String(hash)}`);
}

const VARIANTS: readonly Variant[] = [
  {
    name: 'no options',
    saving: () => ({}),
    shows: (stored) => {
      checkSame(stored.field('revision'), REVISION, 'revision');
      checkSame(stored.field('hash'), undefined, 'hash');
    },
  },
  {
    name: 'lz compression',
    saving: () => ({ compression: createLZCompressionAdapter() }),
    shows: compressed,
  },
  {
    name: "the engine's gzip",
    saving: () => ({ compression: createCompressionStreamAdapter('gzip') }),
    shows: compressed,
  },
  {
    name: 'a hash',
    saving: () => ({ enableHash: true }),
    loading: { verifyHash: true },
    shows: hashed,
  },
  {
    name: 'a time to live',
    saving: () => ({ ttlMs: HOUR_MS }),
    shows: (stored) => {
      checkSame(stored.field('ttlMs'), HOUR_MS, 'ttlMs');
      const age = Date.now() - Number(stored.field('savedAt'));
      check(age >= 0 && age < HOUR_MS, `saved ${age} ms ago`);
    },
  },
  {
    name: 'a schema version',
    saving: () => ({ schemaVersion: 3 }),
    loading: { migration: { currentVersion: 3, migrations: {} } },
    shows: (stored) => checkSame(stored.field('schemaVersion'), 3, 'schemaVersion'),
  },
  {
    name: 'all of it',
    saving: () => ({
      compression: createCompressionStreamAdapter('gzip'),
      enableHash: true,
      ttlMs: HOUR_MS,
      schemaVersion: 3,
    }),
    loading: { migration: { currentVersion: 3, migrations: {} }, verifyHash: true },
    shows: (stored, plain) => {
      compressed(stored, plain);
      hashed(stored);
      checkSame(stored.field('ttlMs'), HOUR_MS, 'ttlMs');
      checkSame(stored.field('schemaVersion'), 3, 'schemaVersion');
    },
  },
];

/** Saves a value as an app does; fails when that is reported to have failed. */
export async function saveIn(
  spot: Spot,
  data: unknown,
  saving: Saving = {},
  revision = REVISION,
): Promise<void> {
  const problems = new Problems();
  const keeper = createPersistenceApplier<unknown>({
    storage: spot.backend,
    applier: new Applied(),
    onPersistenceError: problems.note,
    ...saving,
  });
  await keeper.apply({ revision: revisionOf(revision), data });
  await keeper.flush();
  keeper.dispose();
  checkSame(problems.said, [], 'problems of saving');
}

/** Loads as an app does that starts: what was applied, what came back, what it was told. */
export async function loadFrom(spot: Spot, options: LoadOptions<unknown> = {}) {
  const [problems, applied] = [new Problems(), new Applied()];
  const loaded = await loadPersistedSnapshot(spot.backend, applied, problems.note, options);
  return { loaded, applied, problems };
}

async function comesOut(spot: Spot, { saving, loading }: Variant): Promise<void> {
  await saveIn(spot, hardValue(), saving());
  const { loaded, applied, problems } = await loadFrom(spot, loading);
  checkSame(problems.said, [], 'problems of loading');
  checkSame(loaded, { revision: REVISION, data: hardValue() }, 'loaded');
  checkSame(applied.values, [hardValue()], 'applied');
  const [value] = applied.values;
  check(Object.getPrototypeOf(value) === Object.prototype, 'a stored key became the prototype');
  check(!('polluted' in {}), 'a stored key reached every object');
}

async function shows(place: Place, variant: Variant): Promise<void> {
  const [plain, spot] = [place.spot(`plain-${variant.name}`), place.spot(`with-${variant.name}`)];
  await saveIn(plain, hardValue());
  await saveIn(spot, hardValue(), variant.saving());
  variant.shows(await spot.look(), await plain.look());
}

async function expires(spot: Spot): Promise<void> {
  await saveIn(spot, hardValue(), { ttlMs: 1 });
  const saved = Date.now();
  await until(() => Date.now() > saved + 1);
  const late = await loadFrom(spot);
  checkSame(late.loaded, null, 'loaded after its time');
  checkSame(late.applied.values, [], 'applied after its time');
}

async function isThereStill(spot: Spot): Promise<void> {
  await saveIn(spot, hardValue(), { ttlMs: 1 });
  const saved = Date.now();
  await until(() => Date.now() > saved + 1);
  const { loaded } = await loadFrom(spot, { ignoreTTL: true });
  checkSame(loaded?.data, hardValue(), 'loaded with ignoreTTL');
}

async function replaces(spot: Spot): Promise<void> {
  for (const revision of ['1', '2', '10']) await saveIn(spot, { revision }, {}, revision);
  const { loaded } = await loadFrom(spot);
  checkSame(loaded, { revision: '10', data: { revision: '10' } }, 'loaded');
}

async function clears(spot: Spot): Promise<void> {
  await saveIn(spot, hardValue(), { enableHash: true });
  check(!(await spot.look()).empty, 'nothing was stored');
  await spot.backend.clear?.();
  check((await spot.look()).empty, 'something is left');
  checkSame((await loadFrom(spot)).loaded, null, 'loaded');
}

export const storing: readonly Claim[] = PLACES.flatMap((place) => [
  ...VARIANTS.map((variant) => ({
    name: `${place.name} gives back what it was given, of all of Unicode, with ${variant.name}`,
    hold: () => comesOut(place.spot(`out-${variant.name}`), variant),
  })),
  ...VARIANTS.map((variant) => ({
    name: `${place.name} really stores with ${variant.name}`,
    hold: () => shows(place, variant),
  })),
  {
    name: `${place.name} gives nothing back when its time to live is over`,
    hold: () => expires(place.spot('expired')),
  },
  {
    name: `${place.name} gives back an expired record to who ignores that`,
    hold: () => isThereStill(place.spot('ignored')),
  },
  { name: `${place.name} keeps the last of several saves`, hold: () => replaces(place.spot('replaced')) },
  { name: `${place.name} is empty after clear`, hold: () => clears(place.spot('cleared')) },
]);
