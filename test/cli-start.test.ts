import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { build } from 'esbuild';

/** What the commands load before the first of them is known: each package costs every start of the emulator. */

const ROOT = join(import.meta.dirname, '..');
const ENTRY = 'src/cli/run.ts';

/** The packages that a module and all that it imports at once come from. */
async function packagesLoadedBy(entry: string): Promise<ReadonlySet<string>> {
  const { metafile } = await build({
    absWorkingDir: ROOT,
    entryPoints: [entry],
    outdir: 'none',
    write: false,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    metafile: true,
    preserveSymlinks: true,
    logLevel: 'silent',
  });
  const found = new Set<string>();
  const seen = new Set<string>();
  const follow = (path: string): void => {
    if (seen.has(path)) return;
    seen.add(path);
    const name = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1];
    if (name !== undefined) found.add(name);
    for (const each of metafile.inputs[path]?.imports ?? [])
      if (each.kind !== 'dynamic-import' && each.external !== true) follow(each.path);
  };
  assert.ok(metafile.inputs[entry]);
  follow(entry);
  return found;
}

test('the emulator starts without schemas, SDKs and clients: what needs them loads them', async () => {
  const packages = await packagesLoadedBy(ENTRY);
  assert.ok(packages.has('commander') && packages.has('fast-xml-parser'), [...packages].join(' '));
  const heavy = [...packages].filter((name) => /^(?:zod|yaml|undici|pino|@aws-sdk|@smithy|@kubernetes)/.test(name));
  assert.deepEqual(heavy, []);
});
