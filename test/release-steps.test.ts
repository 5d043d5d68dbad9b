import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { VERSION } from '../src/config.ts';
import { run } from './cluster/control-plane/run-command.ts';
import { copyOfCheckout } from './support/checkout-copy.ts';
import { digestOf, startOciRegistry } from './support/oci-registry.ts';
import { packagedProgram } from './support/packaged-program.ts';

/** The longer scripts of the release pipeline, as they stand there, run in a shell as GitHub starts it. */

const ROOT = join(import.meta.dirname, '..');
const { jobs } = parse(readFileSync(join(ROOT, '.github/workflows/release.yml'), 'utf8'));

function scriptOf(job: string, step: string): string {
  const found: { readonly run?: string } | undefined = jobs[job].steps.find(
    ({ name }: { readonly name?: string }) => name === step,
  );
  return found?.run ?? assert.fail(`no step "${step}" in the job ${job}`);
}

/** A program that is found before any other of its name. */
function putProgram(folder: string, name: string, script: string): void {
  mkdirSync(join(folder, 'bin'), { recursive: true });
  writeFileSync(join(folder, 'bin', name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, 'bin', name), 0o755);
}

function runScript(script: string, cwd: string, variables: Readonly<Record<string, string>>): Promise<string> {
  const PATH = `${join(cwd, 'bin')}:${join(ROOT, 'node_modules/.bin')}:${process.env['PATH']}`;
  const env = { PATH, HOME: cwd, ...variables };
  return run('bash', ['--noprofile', '--norc', '-eo', 'pipefail', '-c', script], { cwd, env });
}

test('release: the chart is pushed, and the digest handed on is that of what the registry has', async (t) => {
  const helm = await packagedProgram('helm');
  if (helm === undefined) return t.skip('no Helm for this platform: HELM=/path/to/helm');
  const registry = await startOciRegistry(t);
  const folder = copyOfCheckout(t, 'chart');
  // The registry of the test has no certificate.
  putProgram(folder, 'helm', `flag=; [ "$1" = push ] && flag=--plain-http; exec "${helm}" "$@" $flag`);
  const output = join(folder, 'output');
  const variables = { CHARTS: `${registry.host}/cloud37/charts`, GITHUB_OUTPUT: output };
  await runScript(scriptOf('chart', 'Push the chart'), folder, variables);
  const pushed = registry.manifests.get(`cloud37/charts/wasabi-s3-operator:${VERSION}`) ?? assert.fail('nothing came');
  assert.equal(readFileSync(output, 'utf8'), `digest=${digestOf(pushed)}\n`);
  assert.equal(JSON.parse(String(pushed)).config.mediaType, 'application/vnd.cncf.helm.config.v1+json');
  const archive = `oci://${variables.CHARTS}/wasabi-s3-operator`;
  const env = { PATH: process.env['PATH'], HOME: folder };
  const shown = parse(await run(helm, ['show', 'chart', archive, '--version', VERSION, '--plain-http'], { env }));
  assert.deepEqual(shown, parse(readFileSync(join(ROOT, 'chart/wasabi-s3-operator/Chart.yaml'), 'utf8')));
});

test('release: a chart that the registry does not take ends the job', async (t) => {
  const folder = copyOfCheckout(t, 'chart');
  putProgram(folder, 'helm', '[ "$1" = push ] && { echo refused; exit 1; }; mkdir -p packaged');
  const variables = { CHARTS: '127.0.0.1:1/x', GITHUB_OUTPUT: join(folder, 'output') };
  await assert.rejects(runScript(scriptOf('chart', 'Push the chart'), folder, variables), /ended with 1:\nrefused/);
});

for (const isThere of [false, true]) {
  test(`release: the branch of the next version is pushed, and its pull request ${isThere ? 'renewed' : 'opened'}`, async (t) => {
    const folder = copyOfCheckout(t, 'package.json', '.changeset', 'CHANGELOG.md', 'scripts', 'src/api');
    const remote = join(folder, 'remote.git');
    await run('git', ['init', '--quiet', '--bare', remote]);
    const git = (...args: readonly string[]) =>
      run('git', args, { cwd: folder, env: { ...process.env, HOME: folder } });
    writeFileSync(join(folder, '.gitignore'), 'node_modules\nbin\nremote.git\ncalls\n.gitconfig\nnotes.md\n');
    await git('init', '--quiet', '--initial-branch=main');
    await git(
      'config',
      '--global',
      `url.${remote}.insteadOf`,
      'https://x-access-token:secret@github.com/cloud37/wasabi',
    );
    putProgram(folder, 'gh', `echo "$GH_TOKEN $*" >> calls; [ "$2" = edit ] || exit ${isThere ? 1 : 0}`);
    const variables = { RUNNER_TEMP: folder, GH_TOKEN: 'secret', GITHUB_REPOSITORY: 'cloud37/wasabi' };
    await runScript(scriptOf('next', 'Push the branch and open the pull request'), folder, variables);
    const log = await run('git', ['--git-dir', remote, 'log', '--format=%s by %an', 'release/next']);
    assert.equal(log, `release: ${VERSION} by github-actions[bot]\n`);
    const about = `--title release: ${VERSION} --body-file ${folder}/notes.md`;
    const create = `secret pr create --head release/next ${about}\n`;
    const edit = `secret pr edit release/next ${about}\n`;
    assert.equal(readFileSync(join(folder, 'calls'), 'utf8'), isThere ? create + edit : create);
    const notes = readFileSync(join(folder, 'notes.md'), 'utf8').trim();
    assert.ok(notes !== '' && readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8').includes(notes));
  });
}
