import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { parse } from 'yaml';
import { z } from 'zod';
import { folderFor } from './support/cli-process.ts';
import { until } from './support/cluster.ts';

/**
 * The examples of the emulator: their keys are those of a Compose file and of a workflow, and what they run is run here,
 * without containers and runners: paths and ports are replaced, packages are not fetched.
 */

const ROOT = join(import.meta.dirname, '..');
const EXAMPLES = join(ROOT, 'examples/emulator');
const textOf = (name: string) => readFileSync(join(EXAMPLES, name), 'utf8');

/** As much of the Compose Specification as is used: a misspelt key is refused. */
const SERVICE = z.strictObject({
  build: z.string().optional(),
  image: z.string(),
  command: z.array(z.string()),
  environment: z.record(z.string(), z.string()),
  user: z.string().optional(),
  working_dir: z.string().optional(),
  volumes: z.array(z.string().regex(/^[\w./-]+:\/[\w./-]+(?::ro)?$/u)),
  network_mode: z.string().optional(),
  healthcheck: z
    .strictObject({
      test: z.tuple([z.literal('CMD')], z.string()),
      interval: z.string().regex(/^\d+s$/u),
      timeout: z.string().regex(/^\d+s$/u),
      retries: z.int(),
    })
    .optional(),
  depends_on: z.record(z.string(), z.strictObject({ condition: z.literal('service_healthy') })).optional(),
});
const COMPOSE = z.strictObject({
  name: z.string(),
  services: z.strictObject({ wasabi: SERVICE, app: SERVICE }),
  volumes: z.strictObject({ wasabi: z.strictObject({}) }),
});

/** Likewise of the workflow syntax of GitHub. */
const NAMED = { name: z.string(), if: z.string().optional() };
const RUN = z.strictObject({
  ...NAMED,
  run: z.string(),
  'working-directory': z.string().optional(),
  env: z.record(z.string(), z.string()).optional(),
});
const USES = z.strictObject({ uses: z.string().regex(/@v\d+$/u), with: z.record(z.string(), z.string()).optional() });
const WORKFLOW = z.strictObject({
  name: z.string(),
  on: z.array(z.enum(['push', 'pull_request'])),
  permissions: z.strictObject({ contents: z.literal('read') }),
  jobs: z.strictObject({
    test: z.strictObject({ 'runs-on': z.string(), steps: z.array(z.union([USES, RUN])) }),
  }),
});

interface Ended {
  readonly code: number | null;
  readonly output: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Starts a program in a process group of its own, which ends with the test. */
function begin(t: TestContext, program: string, args: readonly string[], cwd: string, env: Environment) {
  const child = spawn(program, args, { cwd, env: { PATH: process.env['PATH'], ...env }, detached: true });
  t.after(() => endGroup(child));
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (output += chunk.toString('utf8')));
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve({ code, output }));
  });
  return { child, output: () => output, ended };
}

/** Ends what it left running, too. */
function endGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // nothing of it runs any more
  }
}

test('examples/emulator/compose.yaml: what its services are told works, health and state included', async (t) => {
  const { services } = COMPOSE.parse(parse(textOf('compose.yaml')));
  const { wasabi, app } = services;
  assert.equal(app.network_mode, 'service:wasabi', 'the emulator listens on 127.0.0.1 alone');
  assert.deepEqual(Object.keys(app.depends_on ?? {}), ['wasabi']);
  assert.deepEqual(wasabi.volumes, ['wasabi:/data']);
  const image = readFileSync(join(EXAMPLES, wasabi.build ?? '', 'Dockerfile'), 'utf8');
  assert.match(
    image,
    /^ENTRYPOINT \["\/nodejs\/bin\/node", .*"\/app\/main\.mjs"\]$/m,
    'it takes commands, and has that node',
  );
  const data = join(folderFor(t), 'data');

  const up = async () => {
    const args = wasabi.command.map((arg) => arg.replace('--port=9000', '--port=0').replace('/data', data));
    const running = begin(t, process.execPath, [join(ROOT, 'src/cli/entry.ts'), ...args], ROOT, wasabi.environment);
    await until('it tells its port', async () => /127\.0\.0\.1:\d+/.test(running.output()));
    return { ...running, at: /127\.0\.0\.1:\d+/.exec(running.output())?.[0] ?? '' };
  };
  const [, program, ...checkArgs] = wasabi.healthcheck?.test ?? [];
  assert.equal(program, '/nodejs/bin/node', 'the node of the image');
  const isHealthy = async (at: string) => {
    const args = checkArgs.map((arg) => arg.replace('127.0.0.1:9000', at));
    return (await begin(t, process.execPath, args, ROOT, {}).ended).code === 0;
  };

  const first = await up();
  await until('it is healthy', () => isHealthy(first.at));
  const [mounted, at = ''] = app.volumes[0]?.split(':') ?? [];
  assert.equal(join(EXAMPLES, mounted ?? ''), ROOT);
  const folder = app.working_dir?.replace(at, ROOT) ?? '';
  const found = Object.entries(app.environment).map(([name, text]) => [name, text.replace('127.0.0.1:9000', first.at)]);
  const [command, ...args] = app.command;
  assert.equal(command, 'node');
  const { code, output } = await begin(t, process.execPath, args, folder, Object.fromEntries(found)).ended;
  assert.deepEqual([code, output.startsWith('hello.txt of app-data: stored at ')], [0, true], output);

  first.child.kill('SIGTERM'); // as `docker compose stop` does
  assert.equal((await first.ended).code, 0, first.output());
  assert.equal(await isHealthy(first.at), false);
  const second = await up();
  const credentials = {
    accessKeyId: app.environment['AWS_ACCESS_KEY_ID'] ?? '',
    secretAccessKey: app.environment['AWS_SECRET_ACCESS_KEY'] ?? '',
  };
  const client = new S3Client({
    endpoint: `http://${second.at}`,
    region: 'us-east-1',
    credentials,
    forcePathStyle: true,
  });
  t.after(() => client.destroy());
  const kept = await client.send(new GetObjectCommand({ Bucket: 'app-data', Key: 'hello.txt' }));
  assert.match((await kept.Body?.transformToString()) ?? '', /^stored at /);
});

/** Variables that a step wrote for those after it. */
function exported(file: string): Environment {
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
  return Object.fromEntries(lines.filter(Boolean).map((line) => line.split(/=(.*)/su, 2) as [string, string]));
}

/** A runner: the repository of an application with a test, and this one where the workflow puts it. */
function runnerFor(t: TestContext) {
  const temporary = folderFor(t);
  const workspace = join(temporary, 'app');
  mkdirSync(workspace);
  symlinkSync(join(ROOT, 'node_modules'), join(workspace, 'node_modules'));
  writeFileSync(join(workspace, 'package.json'), JSON.stringify({ type: 'module', scripts: { test: 'node app.mjs' } }));
  writeFileSync(join(workspace, 'app.mjs'), textOf('app.mjs'));
  const environment = join(temporary, 'github-env');
  /** Runs a step as the runner does. */
  const run = ({ run: script, env = {}, 'working-directory': where }: z.infer<typeof RUN>): Promise<Ended> => {
    const variables = { HOME: temporary, RUNNER_TEMP: temporary, GITHUB_ENV: environment };
    const cwd = where === undefined ? workspace : ROOT;
    return begin(t, 'bash', ['-e', '-c', script], cwd, { ...variables, ...exported(environment), ...env }).ended;
  };
  return { run, temporary };
}

function stepsOf(): readonly z.infer<typeof RUN>[] {
  const { steps } = WORKFLOW.parse(parse(textOf('github-actions.yaml'))).jobs.test;
  const uses = steps.filter((step) => 'uses' in step);
  assert.equal(uses[1]?.with?.['path'], 'wasabi');
  const runs = steps.filter((step) => 'run' in step);
  for (const { 'working-directory': where } of runs) assert.ok(where === undefined || where === 'wasabi', where);
  return runs;
}

test('examples/emulator/github-actions.yaml: its steps start the emulator, and tests find it', async (t) => {
  const [fetched, start, tests, told] = stepsOf();
  assert.ok(start && tests && told);
  assert.equal(fetched?.run, 'npm ci'); // its outcome is the folder that this test runs in
  const { run } = runnerFor(t);
  for (const step of [start, tests]) {
    const { code, output } = await run(step);
    assert.equal(code, 0, `${step.name}: ${output}`);
    if (step === tests) assert.match(output, /^hello\.txt of app-data: stored at /m);
  }
  assert.match((await run(told)).output, /^Wasabi is served on this machine/);
});

test('examples/emulator/github-actions.yaml: an emulator that does not start fails its step, and the log says why', async (t) => {
  const [, start, , told] = stepsOf();
  assert.ok(start && told);
  const { run } = runnerFor(t);
  const broken = await run({ ...start, run: start.run.replace('--bucket app-data', '--bucket No_Name') });
  assert.notEqual(broken.code, 0);
  assert.equal(told.if, 'failure()');
  assert.match((await run(told)).output, /"No_Name" can be no bucket's name/);
});
