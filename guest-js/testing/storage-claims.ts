// Keeps the claims themselves; what they are for is said in storage-conformance.ts.

import type { Revision } from '../core/index.ts';
import { keepsMetadata } from '../persistence/backend.ts';
import { clearPersistedData } from '../persistence/clear.ts';
import {
  type AnyCompressionAdapter,
  createBase64Adapter,
  createCompressionAdapter,
  createLZCompressionAdapter,
  createNoCompressionAdapter,
} from '../persistence/compression.ts';
import { createCompressionStreamAdapter } from '../persistence/compression-stream.ts';
import { PersistenceError } from '../persistence/error.ts';
import { at, check, type Page, same } from './storage-page.ts';

/** Everything that some storage, JSON reader or compression is known to stumble over. */
const DIFFICULT: Record<string, unknown> = {
  'text of all planes': 'a ä 한 𝕏 😀 \u{10ffff}',
  'lone surrogates': ['\ud800', '\udfff', 'a\udc00\ud800b', '😀\ud83d'],
  'control characters': '\u0000\u0001\u001f\u007f\b\t\n\r',
  'line separators': '\u2028\u2029\ufeff\uffff\ufffe',
  markup: '</script><!-- ]]> <script>',
  'escapes of escapes': '\\ud800 \\u0000 \\\\ "\'`$',
  'keys of prototypes': JSON.parse(
    '{"__proto__":{"a":1},"constructor":2,"toString":null,"__defineGetter__":[]}',
  ),
  'keys that are numbers': { 2: 'b', 1: 'a', '-1': 'c', '': 'empty' },
  numbers: [0, -1, 0.1, 1e21, 1e-7, 9007199254740991, -1.7976931348623157e308, 5e-324],
  'empty values': [{}, [], '', null, false, [[]], [null]],
  'repeating text': '__proto__ '.repeat(500),
};

/** Swaps halves: its output has lone surrogates wherever its input has pairs. */
const REVERSE = createCompressionAdapter({
  algorithm: 'reversed',
  compress: (data) => data.split('').reverse().join(''),
  decompress: (data) => data.split('').reverse().join(''),
});

/** Made anew for each claim, because a platform may have no CompressionStream. */
const COMPRESSIONS: Record<string, () => AnyCompressionAdapter | undefined> = {
  'no compression': () => undefined,
  'the empty compression': createNoCompressionAdapter,
  lz: createLZCompressionAdapter,
  base64: createBase64Adapter,
  gzip: () => createCompressionStreamAdapter('gzip'),
  'a compression of lone surrogates': () => REVERSE,
};

const WORDS = { text: 'the quick brown fox jumps over the lazy dog. '.repeat(100) };

export type Claims = Record<string, (page: Page) => Promise<void>>;

export const CLAIMS: Claims = {
  'nothing stored loads nothing, and is no error': async (page) => {
    check((await page.stage.open().load()) === null, 'load() gives null');
    await page.loads(undefined, 'what is applied');
  },
  'the newest save is what loads': async (page) => {
    for (const revision of [1, 2, 3]) await page.saved(at(revision, { n: revision }));
    await page.loads(at(3, { n: 3 }), 'the snapshot');
    same(await page.stage.open().load(), at(3, { n: 3 }), 'load()');
  },
  'save() and load() alone keep everything': async (page) => {
    for (const [name, data] of Object.entries(DIFFICULT)) {
      // What a storage cannot keep without help it has to refuse.
      const refused = await page.stage
        .open()
        .save(at(7, data))
        .then(
          () => false,
          () => true,
        );
      if (!refused) same(await page.stage.open().load(), at(7, data), name);
    }
  },
  'a snapshot that save() stored loads as schema version 1': async (page) => {
    await page.stage.open().save(at(4, { dark: true }));
    await page.loads(at(4, { theme: 'dark' }), 'migrated', {
      migration: { currentVersion: 2, migrations: { 1: ({ dark }) => ({ theme: dark ? 'dark' : 'light' }) } },
    });
  },
  'save() after a save with metadata is a record of its own': async (page) => {
    await page.saved(at(1, WORDS), { compression: createLZCompressionAdapter(), ttlMs: 5, schemaVersion: 3 });
    await page.stage.open().save(at(2, { plain: true }));
    page.clock.wall += 10;
    await page.loads(at(2, { plain: true }), 'the snapshot');
  },
  'clear forgets snapshot and metadata': async (page) => {
    await page.saved(at(1, WORDS), { schemaVersion: 5, ttlMs: 1000 });
    await clearPersistedData(page.stage.open());
    await page.loads(undefined, 'what is applied');
    check(!(await page.stage.read()).includes('lazy dog'), 'the data is gone');
    await page.saved(at(2, 'older app'), { schemaVersion: 1 });
    await page.loads(at(2, 'older app'), 'the snapshot');
  },
  'the epoch comes back with the snapshot': async (page) => {
    for (const options of [{}, { ttlMs: 1000 }, { compression: createLZCompressionAdapter() }]) {
      await page.saved(at(2, { a: 1 }, 'run-1'), options);
      await page.loads(at(2, { a: 1 }, 'run-1'), 'with epoch');
      await page.saved(at(3, { a: 1 }), options);
      await page.loads(at(3, { a: 1 }), 'without');
    }
  },
  'compression is what is stored': async (page) => {
    await page.saved(at(1, WORDS));
    const plain = await page.stage.read();
    check(plain.includes('lazy dog'), 'without compression the text is there');
    for (const compression of [createLZCompressionAdapter(), createCompressionStreamAdapter()]) {
      await page.saved(at(2, WORDS), { compression });
      const stored = await page.stage.read();
      check(!stored.includes('lazy dog'), `with ${compression.algorithm} the text is not there`);
      // The record before may still be there, but not its data.
      check(stored.length < plain.length / 2, `${stored.length} characters instead of ${plain.length}`);
      await page.loads(at(2, WORDS), 'the snapshot');
    }
  },
  'a hash is stored, and data that is not what was saved is refused': async (page) => {
    await page.saved(at(1, { n: 1 }), { enableHash: true });
    await page.loads(at(1, { n: 1 }), 'the snapshot', { verifyHash: true });
    const storage = page.stage.open();
    check(keepsMetadata(storage), 'it keeps metadata');
    const record = await storage.loadWithMetadata();
    const hash = record?.metadata.hash;
    check(record && hash !== undefined, 'there is a hash');
    check((await page.stage.read()).includes(hash), 'the hash is in what is stored');
    for (const snapshot of [at(1, { n: 2 }), at(2, { n: 1 }), at(1, { n: 1, m: 1 })]) {
      await storage.saveWithMetadata({ snapshot, metadata: record.metadata });
      await page.refuses('hash', { verifyHash: true });
    }
  },
  'a record without a hash does not pass verifyHash': async (page) => {
    await page.saved(at(1, { n: 1 }));
    await page.refuses('hash', { verifyHash: true });
  },
  'a record is not used after its TTL, nor when it comes from further in the future': async (page) => {
    await page.saved(at(1, 'short'), { ttlMs: 1000 });
    check((await page.stage.read()).includes('1000'), 'the TTL is in what is stored');
    page.clock.wall += 1000;
    await page.loads(at(1, 'short'), 'at its last moment');
    page.clock.wall += 1;
    await page.refuses('expired');
    await page.loads(at(1, 'short'), 'ignoring it', { ignoreTTL: true });
    page.clock.wall -= 1500;
    await page.loads(at(1, 'short'), 'clock set back by half a TTL');
    page.clock.wall -= 1000;
    await page.refuses('expired');
  },
  'a record without TTL never expires': async (page) => {
    await page.saved(at(1, 'kept'));
    page.clock.wall += 1e12;
    await page.loads(at(1, 'kept'), 'much later');
    page.clock.wall -= 2e12;
    await page.loads(at(1, 'kept'), 'much earlier');
  },
  'data of an older schema is migrated step by step': async (page) => {
    await page.saved(at(3, { n: 1 }), { schemaVersion: 2 });
    check((await page.stage.read()).includes('schemaVersion'), 'the version is in what is stored');
    const steps: number[] = [];
    const step = (version: number) => (old: { n: number }) => {
      steps.push(version);
      return { n: old.n * 10 + version };
    };
    await page.loads(at(3, { n: 123 }), 'the snapshot', {
      migration: { currentVersion: 4, migrations: { 1: step(1), 2: step(2), 3: step(3) } },
    });
    same(steps, [2, 3], 'the steps');
  },
  'a failed migration leaves everything as it was': async (page) => {
    await page.saved(at(1, { old: 'data' }), { schemaVersion: 1, ttlMs: 1e9 });
    const before = await page.stage.read();
    const broken = () => {
      throw new Error('broken');
    };
    await page.refuses('migration', { migration: { currentVersion: 2, migrations: { 1: broken } } });
    await page.refuses('migration', { migration: { currentVersion: 3, migrations: {} } });
    same(await page.stage.read(), before, 'what is stored');
    await page.loads(at(1, { old: 'data' }), 'the old app');
  },
  'data of a newer schema is neither used nor overwritten': async (page) => {
    await page.saved(at(1, { from: 'the future' }), { schemaVersion: 3 });
    const before = await page.stage.read();
    await page.refuses('newer-schema', { migration: { currentVersion: 2, migrations: {} } });
    for (const schemaVersion of [1, 2]) {
      const failure = await page.save(at(9, { from: 'the past' }), { schemaVersion });
      check(failure instanceof PersistenceError && failure.kind === 'newer-schema', 'the save is refused');
    }
    same(await page.stage.read(), before, 'what is stored');
    await page.saved(at(2, { from: 'the future' }), { schemaVersion: 3 });
    await page.loads(at(2, { from: 'the future' }), 'the newer app');
  },
  'a revision that is not canonical is refused by name': async (page) => {
    await page.stage.open().save({ revision: '01' as Revision, data: 1 });
    await page.refuses('revision');
    check(String(page.errors[0]?.error).includes('Invalid cached revision'), 'the message says so');
  },
};

/** Every compression with every other option, over everything that is difficult. */
export function combinations(): Claims {
  const claims: Claims = {};
  for (const [name, adapter] of Object.entries(COMPRESSIONS)) {
    claims[`everything survives ${name}, with hash, TTL, schema and migration or without`] = async (page) => {
      const compression = adapter();
      const given = compression?.algorithm === 'reversed' ? { compression } : {};
      for (const schemaVersion of [1, 2])
        for (const enableHash of [false, true])
          for (const ttlMs of [undefined, 1000]) {
            await page.saved(at(5, DIFFICULT, 'run'), {
              enableHash,
              schemaVersion,
              ...(ttlMs === undefined ? {} : { ttlMs }),
              ...(compression ? { compression } : {}),
            });
            const options = { verifyHash: enableHash, ...given };
            await page.loads(at(5, DIFFICULT, 'run'), 'the snapshot', options);
            const migration = {
              currentVersion: 3,
              migrations: { 1: (old: unknown) => [old], 2: (old: unknown) => [old] },
            };
            const migrated = schemaVersion === 1 ? [[DIFFICULT]] : [DIFFICULT];
            await page.loads(at(5, migrated, 'run'), 'migrated', { ...options, migration });
          }
    };
  }
  return claims;
}
