import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { test } from 'node:test';

/** What each part of `src` may import from the others. An arrow that is not here is a defect of the layout. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  api: [],
  runtime: ['api'],
  telemetry: ['api', 'runtime'],
  wasabi: ['api', 'runtime', 'telemetry'],
  managed: ['api', 'runtime', 'telemetry'],
  kinds: ['api', 'runtime', 'telemetry', 'wasabi', 'managed'],
  emulator: ['api', 'runtime'],
  devcluster: ['api', 'runtime'],
  cli: ['api', 'runtime', 'telemetry', 'main', 'emulator', 'devcluster'],
  main: ['api', 'runtime', 'telemetry', 'wasabi', 'managed', 'kinds'],
};

/** Of the lowest layers, what the servers for users and tests may share with the operator. */
const sharedWithServers = new Set(['src/api/meta.ts', 'src/runtime/clock.ts', 'src/runtime/credential.ts']);

/** Files whose functions are pure: the clock's reading is an argument, and nothing is awaited. */
const pureNames =
  /\/(desired|diff|status|outcome|ownership|fate|conditions|marker|references|rivals|report|recovery|accounting|book)\.ts$|\/policy\//;
const impure = /\basync\b|\bawait\b|Date\.now|Math\.random|\bprocess\.|\bperformance\./;

const files = globSync('src/**/*.{ts,mjs}').filter((file) => !file.endsWith('.test.ts') && !file.includes('/testing/'));

function partOf(file: string): string {
  const [, part = ''] = file.split('/');
  // The composition root and the reader of settings stand directly in src.
  return part.endsWith('.ts') ? 'main' : part;
}

function importsOf(file: string): readonly string[] {
  const text = readFileSync(file, 'utf8');
  const paths = [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map((match) => match[1] ?? '');
  return paths.map((path) => normalize(join(dirname(file), path)));
}

test('layers: imports point down only', () => {
  const wrong = files.flatMap((file) => {
    const from = partOf(file);
    return importsOf(file).flatMap((target) => {
      if (!target.startsWith('src/')) return [];
      const to = partOf(target);
      if (to === from || allowed[from]?.includes(to) === true) return [];
      return [`${file} imports ${target}`];
    });
  });
  assert.deepEqual(wrong, []);
});

test('layers: kinds never import one another', () => {
  const wrong = files.flatMap((file) => {
    const [, kind] = /^src\/kinds\/([^/]+)\//.exec(file) ?? [];
    if (kind === undefined) return [];
    return importsOf(file).flatMap((target) => {
      const [, other] = /^src\/kinds\/([^/]+)\//.exec(target) ?? [];
      return other === undefined || other === kind ? [] : [`${file} imports ${target}`];
    });
  });
  assert.deepEqual(wrong, []);
});

test('layers: emulator and development control plane share only names, clock and credentials with the operator', () => {
  const servers = files.filter((file) => ['emulator', 'devcluster'].includes(partOf(file)));
  const wrong = servers.flatMap((file) =>
    importsOf(file).flatMap((target) => {
      const isOwn = partOf(target) === partOf(file);
      return isOwn || sharedWithServers.has(target) ? [] : [`${file} imports ${target}`];
    }),
  );
  assert.deepEqual(wrong, []);
});

test('layers: only config.ts reads the environment and the arguments', () => {
  const processes = ['src/main.ts', 'src/cli/main.mjs', 'src/cli/entry.ts', 'src/cli/operator-child.ts'];
  const readers = files.filter((file) => /process\.(env|argv)/.test(readFileSync(file, 'utf8')));
  assert.deepEqual(
    readers.filter((file) => !processes.includes(file)),
    [],
  );
});

test('layers: pure files hold no effects', () => {
  const wrong = files.filter((file) => pureNames.test(file)).filter((file) => impure.test(codeOf(file)));
  assert.deepEqual(wrong, []);
});

test('layers: no folder that is named after nothing', () => {
  assert.deepEqual(
    files.filter((file) => /\/(utils?|common|helpers?|misc|shared)(\/|\.ts)/.test(file)),
    [],
  );
});

function codeOf(file: string): string {
  return readFileSync(file, 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, '');
}
