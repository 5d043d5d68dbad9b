import assert from 'node:assert/strict';
import { existsSync, globSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { KUBERNETES_VERSIONS } from './cluster/control-plane/binaries.ts';
import { PROGRAMS } from './consumers/programs.ts';
import { actionlint, ensureActionlint } from './support/actionlint.ts';
import { CHART } from './support/chart.ts';
import { scriptsCalled, usedActions, workflowProblems } from './support/workflow-rules.ts';

/** The pipelines, as far as they can be tried without GitHub. */

const ROOT = join(import.meta.dirname, '..');
const FOLDER = join(ROOT, '.github/workflows');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const workflows = readdirSync(FOLDER).map((name) => ({ name, text: readFileSync(join(FOLDER, name), 'utf8') }));
const scripts = new Set(Object.keys(JSON.parse(read('package.json')).scripts));
const program = await ensureActionlint();
const skip = program === undefined ? 'no Go to build actionlint with: ACTIONLINT=/path/to/actionlint' : false;

test('workflows: actionlint has nothing to say', { skip }, async () => {
  const files = workflows.map(({ name }) => join(FOLDER, name));
  assert.equal(await actionlint(program ?? '', files), '');
});

test('workflows: actionlint is really asked', { skip }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'workflows-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'bad.yml');
  writeFileSync(file, good.replace('matrix.node', 'matrix.nodes'));
  await assert.rejects(actionlint(program ?? '', [file]), /property "nodes" is not defined/);
  writeFileSync(file, good);
  assert.equal(await actionlint(program ?? '', [file]), '');
});

for (const { name, text } of workflows) {
  test(`workflows: ${name} keeps our rules`, () => {
    assert.deepEqual(workflowProblems(text, scripts), []);
  });
}

const good = `
on: push
permissions: {}
defaults:
  run:
    shell: bash
jobs:
  one:
    runs-on: ubuntu-24.04
    timeout-minutes: 5
    permissions:
      contents: read
    strategy:
      matrix:
        node: ['24']
    steps:
      - uses: actions/checkout@de0fac2e4500dabe0009e67214ff5f5447ce83dd # v6.0.2
        with:
          persist-credentials: false
      - run: npm ci --ignore-scripts
      - run: npm run check
        env:
          NODE: \${{ matrix.node }}
`;

/** One change of the good one, and what is said of it. */
const bad: readonly (readonly [what: string, from: string | RegExp, to: string, said: RegExp])[] = [
  ['a tag in the place of a digest', /@[0-9a-f]{40}/, '@v6', /^uses: actions\/checkout@v6 .*must be pinned/],
  ['a digest without its version', / # v6.*/, '', /must be pinned/],
  ['a digest with half a version', / # v6.*/, ' # v6', /must be pinned/],
  ['a digest that is too short', /@de0f/, '@', /must be pinned/],
  ['no permissions at the top', 'permissions: {}\n', '', /^permissions: must be \{\}/],
  [
    'permissions to write at the top',
    'permissions: {}',
    'permissions: {contents: write}',
    /^permissions: must be \{\}/,
  ],
  ['all permissions', 'permissions: {}', 'permissions: write-all', /^permissions: must be \{\}/],
  ['a job with the permissions of all', /permissions:\n {6}contents: read\n/, 'permissions: read-all\n', /one by one/],
  ['a job without permissions', / {4}permissions:\n {6}contents: read\n/, '', /^one: permissions: must be listed/],
  ['a trigger by strangers', 'on: push', 'on: [push, pull_request_target]', /^on: pull_request_target gives/],
  ['a trigger by the runs of strangers', 'on: push', 'on: {workflow_run: {workflows: [a]}}', /^on: workflow_run gives/],
  [
    'a text of a stranger in a script',
    'npm run check',
    'echo ${{ github.event.issue.title }}',
    /takes values from env/,
  ],
  ['a branch of a stranger in a script', 'npm run check', 'echo ${{ github.head_ref }}', /takes values from env/],
  [
    'credentials in the checkout',
    'persist-credentials: false',
    'fetch-depth: 0',
    /must have persist-credentials: false/,
  ],
  ['a checkout without inputs', /\n {8}with:\n.*/, '', /must have persist-credentials: false/],
  ['a script that there is none of', 'run check', 'run chekc', /package\.json has no script chekc/],
  ['a short form that there is none of', 'npm run check', 'npm tset', /package\.json has no script tset/],
  ['scripts of packages', ' --ignore-scripts', '', /npm ci: must have --ignore-scripts/],
  ['no end', /\n {4}timeout-minutes: 5/, '', /^one: timeout-minutes: must be at most 120/],
  ['a late end', 'minutes: 5', 'minutes: 360', /^one: timeout-minutes: must be at most 120/],
  ['a machine that changes', 'ubuntu-24.04', 'ubuntu-latest', /^one: runs-on: must name a version/],
  ['a shell that goes on', 'shell: bash', 'shell: sh', /^defaults\.run\.shell: must be bash/],
];

test('workflows: the good example keeps our rules', () => {
  assert.deepEqual(workflowProblems(good, scripts), []);
});

for (const [what, from, to, said] of bad) {
  test(`workflows: ${what} is told`, () => {
    const changed = good.replace(from, () => to);
    assert.notEqual(changed, good);
    const problems = workflowProblems(changed, scripts);
    assert.equal(problems.length, 1, problems.join('\n'));
    assert.match(problems[0] ?? '', said);
  });
}

test('workflows: an action has the same digest everywhere', () => {
  const byAction = new Map<string, Set<string>>();
  for (const used of workflows.flatMap(({ text }) => usedActions(text))) {
    // The parts of one repository have one digest.
    const [repository = ''] = /^[\w.-]+\/[\w.-]+/.exec(used) ?? [];
    byAction.set(repository, (byAction.get(repository) ?? new Set()).add(used.replace(/^[^@]*/, '')));
  }
  for (const [action, digests] of byAction) assert.equal(digests.size, 1, `${action}: ${[...digests].join(', ')}`);
});

test('workflows: ci calls what .ci/run calls, on the versions that we say', () => {
  const ci = workflows.find(({ name }) => name === 'ci.yml')?.text ?? assert.fail('no ci.yml');
  const steps = read('.ci/run')
    .split('\n')
    .filter((line) => line.startsWith('step '));
  assert.deepEqual([...scriptsCalled(ci)].sort(), [...scriptsCalled(steps.join('\n'))].sort());
  const { jobs } = parse(ci);
  assert.deepEqual(jobs.cluster.strategy.matrix.kubernetes, [...KUBERNETES_VERSIONS]);
  for (const job of [jobs.check, jobs.test]) assert.deepEqual(job.strategy.matrix.node, ['24', '26']);
  // What is left out is left out in both.
  for (const name of ['TEST_SHARE', 'EMULATOR_FUZZ']) {
    assert.match(steps.join('\n'), new RegExp(`${name}=${jobs.exhaustive.env[name]}\\b`));
  }
  const faults = /npm run test:faults -- .*/;
  assert.equal(faults.exec(ci)?.[0], faults.exec(steps.join('\n'))?.[0]);
});

test('workflows: what the programs of the neighbours come from is installed, which only root can do', () => {
  const { jobs } = parse(workflows.find(({ name }) => name === 'ci.yml')?.text ?? '');
  const steps: readonly { run?: string }[] = jobs.neighbours.steps;
  const [, said = ''] =
    /apt-get install -y --no-install-recommends (.*)$/m.exec(steps.map(({ run }) => run).join('\n')) ?? [];
  const wanted = Object.values(PROGRAMS).flatMap(({ debian }) => debian ?? []);
  assert.deepEqual(said.split(' ').toSorted(), [...new Set(wanted)].toSorted());
});

test('workflows: a release goes where the chart looks for it', () => {
  const release = parse(workflows.find(({ name }) => name === 'release.yml')?.text ?? '');
  const { image } = parse(readFileSync(`${CHART}/values.yaml`, 'utf8'));
  assert.equal(release.env.IMAGE, image.repository);
  assert.ok(
    release.env.IMAGE.startsWith(`${release.env.REGISTRY}/`) &&
      release.env.CHARTS.startsWith(`${release.env.REGISTRY}/`),
  );
  const { pathname } = new URL(JSON.parse(read('package.json')).homepage);
  assert.equal(release.jobs.plan.if, `github.repository == '${pathname.slice(1)}'`);
  const signing = Object.entries<{ permissions: object }>(release.jobs).filter(
    ([, { permissions }]) => 'id-token' in permissions,
  );
  assert.deepEqual(
    signing.map(([name]) => name),
    ['image', 'chart'],
  );
});

test('dependabot: every kind of dependency is updated in groups, a week after it came out at the earliest', () => {
  const { updates } = parse(read('.github/dependabot.yml'));
  const kinds = updates.map((each: { 'package-ecosystem': string }) => each['package-ecosystem']);
  assert.deepEqual(kinds.toSorted(), ['docker', 'github-actions', 'gomod', 'npm', 'pip']);
  for (const { 'package-ecosystem': kind, cooldown, groups, directory, directories = [directory] } of updates) {
    assert.ok(cooldown['default-days'] >= 7, kind);
    assert.ok(Object.keys(groups).length > 0, kind);
    for (const each of directories) {
      const found = each.includes('*') ? globSync(each.slice(1), { cwd: ROOT }) : [each];
      assert.ok(found.length > 0 && found.every((path) => existsSync(join(ROOT, path))), `${kind}: ${each}`);
    }
  }
});
