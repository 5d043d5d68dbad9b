import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { entriesOf } from '../scripts/release/changelog.ts';
import { KINDS } from '../src/api/kinds.ts';
import { specChecker } from '../src/api/spec-problem.ts';
import { VERSION } from '../src/config.ts';
import { CHART } from './support/chart.ts';

/** What Artifact Hub shows of the chart; `npm run generate` writes it, `npm run check` fails when it is stale. */

const ROOT = join(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const chart = parse(readFileSync(`${CHART}/Chart.yaml`, 'utf8'));
const manifest = JSON.parse(read('package.json'));
const annotation = (name: string): string => chart.annotations[`artifacthub.io/${name}`] ?? assert.fail(name);
const listOf = (name: string): readonly Record<string, unknown>[] => parse(annotation(name));

test('Artifact Hub: every annotation is a text, as Helm wants it', () => {
  for (const [name, value] of Object.entries(chart.annotations)) assert.equal(typeof value, 'string', name);
});

test('Artifact Hub: every kind is listed as its definition has it', () => {
  const wanted = KINDS.map(({ type }) => [type.kind, type.version, `${type.plural}.${type.group}`]);
  assert.deepEqual(
    listOf('crds').map(({ kind, version, name }) => [kind, version, name]),
    wanted,
  );
  for (const { description, displayName } of listOf('crds')) assert.ok(description !== '' && displayName !== '');
});

test('Artifact Hub: every kind has an example that its schema takes', () => {
  assert.deepEqual(
    listOf('crdsExamples').map(({ kind }) => kind),
    KINDS.map(({ type }) => type.kind),
  );
  for (const example of listOf('crdsExamples')) {
    const definition = KINDS.find(({ type }) => type.kind === example['kind']) ?? assert.fail();
    assert.equal(example['apiVersion'], `${definition.type.group}/${definition.type.version}`);
    const { specProblem, brokenRule } = specChecker(definition);
    assert.equal(specProblem(example) ?? brokenRule(example), undefined);
  }
});

test('Artifact Hub: image, changes and security fixes are those of this version', () => {
  const values = parse(readFileSync(`${CHART}/values.yaml`, 'utf8'));
  const [image] = listOf('images');
  assert.equal(image?.['image'], `${values.image.repository}:${VERSION}`);
  const entries = entriesOf(read('CHANGELOG.md'), VERSION);
  assert.deepEqual(listOf('changes'), entries);
  assert.equal(annotation('containsSecurityUpdates'), String(entries.some(({ kind }) => kind === 'security')));
  assert.equal(annotation('prerelease'), String(VERSION.includes('-')));
  // There is no PGP key: the chart is signed without one, see SECURITY.md.
  assert.equal(chart.annotations['artifacthub.io/signKey'], undefined);
});

test('Artifact Hub: links lead into the repository of package.json, to files that are there', () => {
  const home = manifest.homepage;
  assert.equal(manifest.repository.url, `git+${home}.git`);
  assert.deepEqual([chart.home, chart.sources], [home, [home]]);
  for (const { name, url } of listOf('links')) {
    const path = String(url).replace(`${home}/blob/v${VERSION}/`, '');
    assert.ok(existsSync(join(ROOT, path)), `${String(name)}: ${String(url)}`);
  }
  const icon = String(chart.icon).replace(`https://raw.githubusercontent.com${new URL(home).pathname}/main/`, '');
  assert.match(read(icon), /^<svg /);
  for (const { name, url } of chart.maintainers) assert.ok(name !== '' && home.startsWith(url));
});
