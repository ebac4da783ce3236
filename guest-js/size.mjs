// Measures what an app pays for the engine: bundled and minified by esbuild, then gzip -9.
// `npm run size` prints the numbers; the size test compares them with the budgets and with README.md.
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const entry = fileURLToPath(new URL('./core/index.ts', import.meta.url));

async function gzipped(contents) {
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: fileURLToPath(new URL('.', import.meta.url)) },
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    write: false,
  });
  return gzipSync(outputFiles[0].contents, { level: 9 }).length;
}

export async function measure() {
  return {
    createRevisionSync: await gzipped(`export { createRevisionSync } from ${JSON.stringify(entry)}`),
    core: await gzipped(`export * from ${JSON.stringify(entry)}`),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [name, bytes] of Object.entries(await measure())) console.log(`${name} ${bytes}`);
}
