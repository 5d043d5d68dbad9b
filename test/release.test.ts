import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { entriesOf } from '../scripts/release/changelog.ts';
import { frozenPath, frozenText } from '../scripts/release/frozen.ts';
import { CHART_FILE, RENDERED_FOLDER, versionProblems } from '../scripts/release/in-step.ts';
import { freeze, notesOf, releaseProblems, stateOf } from '../scripts/release/steps.ts';
import { VERSION } from '../src/config.ts';
import { run } from './cluster/control-plane/run-command.ts';
import { RELEASE_NAMESPACE } from './support/chart.ts';
import { copyOfCheckout } from './support/checkout-copy.ts';
import { packagedProgram } from './support/packaged-program.ts';

const ROOT = join(import.meta.dirname, '..');
const MANIFESTS = ['package.json', 'package-lock.json', 'CHANGELOG.md', '.changeset', 'chart', 'test/chart'];
/** What the generators read. */
const RECORD = 'docs/operations/dashboard-record.json';
const SOURCES = ['src', 'scripts', 'examples', 'test/peer', 'test/live', 'test/fixtures', 'docs/wasabi.md', RECORD];

const text = (folder: string, path: string) => readFileSync(join(folder, path), 'utf8');

test('release: this checkout names one version everywhere', () => {
  assert.deepEqual(versionProblems(ROOT), []);
});

test('release: a changeset becomes a version that stands everywhere, frozen definitions and all', async (t) => {
  const folder = copyOfCheckout(t, ...MANIFESTS, ...SOURCES);
  const env = { ...process.env, PATH: `${join(ROOT, 'node_modules/.bin')}:${process.env['PATH']}` };
  await run('git', ['init', '--quiet'], { cwd: folder });
  const next = VERSION.replace(/\.\d+$/, (patch) => `.${Number(patch.slice(1)) + 1}`);
  const said = 'Buckets of [another region](docs/wasabi.md) are found.';
  writeFileSync(join(folder, '.changeset/one.md'), `---\n"wasabi-s3-operator": patch\n---\n\n${said}\n`);
  assert.deepEqual(releaseProblems(folder), [
    '.changeset/one.md: is in no version yet: run "npm run release -- version"',
  ]);
  assert.deepEqual(stateOf(folder), { version: VERSION, next: true, publish: false });
  await run(process.execPath, ['scripts/release.ts', 'version'], { cwd: folder, env });
  assert.deepEqual(releaseProblems(folder), []);
  assert.deepEqual(stateOf(folder), { version: next, next: false, publish: true });
  assert.equal(notesOf(folder), `### Patch Changes\n\n- ${said}`);
  const chart = parse(text(folder, CHART_FILE));
  assert.deepEqual([chart.version, chart.appVersion], [next, next]);
  const fixed = [{ kind: 'fixed', description: 'Buckets of another region are found.' }];
  assert.deepEqual(parse(chart.annotations['artifacthub.io/changes']), fixed);
  assert.equal(text(folder, frozenPath(next)), frozenText(next));
  assert.ok(text(folder, 'deploy/install.yaml').includes(`wasabi-s3-operator:${next}"`));
  const helm = await packagedProgram('helm');
  if (helm === undefined) return t.diagnostic('no Helm for this platform: what it renders is not compared');
  const chartFolder = join(folder, 'chart/wasabi-s3-operator');
  const flags = ['-n', RELEASE_NAMESPACE, '--kube-version=1.36.0', '--set=crds.enabled=false'];
  const rendered = await run(helm, ['template', 'wasabi-s3-operator', chartFolder, ...flags], {
    env: { ...env, HOME: folder },
  });
  assert.equal(rendered, text(folder, 'test/chart/golden/defaults.yaml'));
});

test('release: the commands print for a pipeline, and say what is wrong', async () => {
  const release = (command: string) => run(process.execPath, ['scripts/release.ts', command], { cwd: ROOT });
  const { next, publish } = stateOf(ROOT);
  assert.equal(await release('state'), `version=${VERSION}\nnext=${next}\npublish=${publish}\n`);
  await assert.rejects(release('publish'), /unknown command 'publish'/);
});

test('release: what is out of step is named, with the file and what to do', (t) => {
  const folder = copyOfCheckout(t, ...MANIFESTS);
  const manifest = JSON.parse(text(folder, 'package.json'));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ ...manifest, version: '9.8.7' }));
  const says = `says ${VERSION}, package.json 9.8.7: run "npm run release -- sync"`;
  assert.deepEqual(versionProblems(folder), [
    `package-lock.json: ${says}`,
    `package-lock.json, the root package: ${says}`,
    `${CHART_FILE}, version: ${says}`,
    `${CHART_FILE}, appVersion: ${says}`,
    ...readdirSync(join(folder, RENDERED_FOLDER)).map((file) => `${RENDERED_FOLDER}/${file}: ${says}`),
    'CHANGELOG.md: has no section "## 9.8.7"',
    'test/fixtures/definitions/9.8.7.yaml: is not there: run "npm run release -- sync"',
  ]);
});

test('release: a version whose changelog says that it is not published yet waits', async (t) => {
  const folder = copyOfCheckout(t, ...MANIFESTS);
  await run('git', ['init', '--quiet'], { cwd: folder });
  const told = (words: string) => writeFileSync(join(folder, 'CHANGELOG.md'), `# x\n\n## ${VERSION}\n\n${words}\n`);
  told('It is **not\npublished yet**.');
  assert.deepEqual(stateOf(folder), { version: VERSION, next: false, publish: false });
  told('It is there.');
  assert.deepEqual(stateOf(folder), { version: VERSION, next: false, publish: true });
});

test('release: a version that is released is not published again, nor are its definitions written anew', async (t) => {
  const folder = copyOfCheckout(t, ...MANIFESTS, 'test/fixtures');
  const options = { cwd: folder };
  writeFileSync(join(folder, 'CHANGELOG.md'), `# x\n\n## ${VERSION}\n\nIt is there.\n`);
  await run('git', ['init', '--quiet'], options);
  freeze(folder);
  assert.equal(text(folder, frozenPath(VERSION)), frozenText(VERSION));
  const identity = ['-c', 'user.name=test', '-c', 'user.email=test@example.com'];
  await run('git', [...identity, 'commit', '--quiet', '--allow-empty', '--message=all'], options);
  await run('git', ['tag', `v${VERSION}`], options);
  assert.equal(stateOf(folder).publish, false);
  assert.throws(() => freeze(folder), /is released: what its definitions took must be taken for ever/);
});

const changelog = [
  '# wasabi-s3-operator',
  '',
  '## 1.1.0',
  '',
  '### Minor Changes',
  '',
  '- 1a2b3c4d: Users can be',
  '  [suspended](docs/x.md).',
  '- Security: a key is never logged.',
  '',
  '### Patch Changes',
  '',
  '- A typo.',
  '',
  '## 1.0.0',
  '',
  'Words alone.',
].join('\n');

test('release: the changelog gives the entries of one version, security fixes among them', () => {
  assert.deepEqual(entriesOf(changelog, '1.1.0'), [
    { kind: 'added', description: 'Users can be suspended.' },
    { kind: 'security', description: 'a key is never logged.' },
    { kind: 'fixed', description: 'A typo.' },
  ]);
  assert.throws(() => entriesOf(changelog, '1.0.0'), /CHANGELOG\.md says nothing under "## 1\.0\.0"/);
  assert.throws(() => entriesOf(changelog, '2.0.0'), /CHANGELOG\.md has no section "## 2\.0\.0"/);
});
