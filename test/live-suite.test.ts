import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { EmulatorOptions } from '../src/emulator/options.ts';
import { type Emulator, startEmulator } from '../src/emulator/server.ts';
import { operatorSteps } from './live/operator-steps.ts';
import { PROBES } from './live/probes.ts';
import { made, Scratch, text } from './live/scratch.ts';
import { iam } from './live/service.ts';
import { runSteps } from './live/step.ts';
import { runSuite } from './live/suite.ts';
import { serviceOf } from './support/live-service.ts';

// The whole of `npm run test:live`, with an emulator for the account: on real clocks, as it is run by people.

interface Run {
  readonly emulator: Emulator;
  readonly isGood: boolean;
  readonly report: string;
  readonly said: readonly string[];
}

async function run(
  t: TestContext,
  options: EmulatorOptions,
  onLine: (line: string, stop: () => void) => void = () => {},
): Promise<Run> {
  const emulator = await startEmulator(options);
  const folder = mkdtempSync(join(tmpdir(), 'live-'));
  t.after(async () => {
    await emulator.stop();
    rmSync(folder, { recursive: true });
  });
  const before = emulator.snapshot();
  const stopping = new AbortController();
  const said: string[] = [];
  const say = (line: string) => {
    said.push(line);
    onLine(line, () => stopping.abort());
  };
  const isGood = await runSuite(serviceOf(emulator), { folder, signal: stopping.signal, say });
  const { buckets, accounts } = emulator.snapshot();
  assert.deepEqual({ buckets, accounts }, { buckets: before['buckets'], accounts: before['accounts'] }, 'all is gone');
  return { emulator, isGood, said, report: readFileSync(join(folder, 'wasabi-live.md'), 'utf8') };
}

test('live: the whole run asks everything, has the operator do everything, and leaves nothing', async (t) => {
  const { isGood, report, said, emulator } = await run(t, { propagation: { keysMs: 500, policiesMs: 500 } });
  assert.ok(isGood, report);
  assert.match(report, new RegExp(`${PROBES.length} questions, 0 switches of the emulator to change`));
  assert.match(report, new RegExp(`The operator did ${operatorSteps.length} of ${operatorSteps.length} things`));
  assert.match(report, /Everything that was made is gone again/);
  assert.doesNotMatch(report, /not asked|failed/);
  assert.equal(said.filter((line) => line.startsWith('operator: ')).length, operatorSteps.length);
  const { secretAccessKey } = emulator.account;
  assert.ok(![report, ...said].some((text) => text.includes(secretAccessKey)));
});

test('live: the operator does the same where a bucket policy shuts out whom it does not name, and all is supported', async (t) => {
  const quirks = { bucketPolicies: 'strict', cors: 'accepted', encryption: 'accepted' } as const;
  const { isGood, report } = await run(t, { quirks });
  assert.ok(isGood, report);
  assert.match(report, /3 switches of the emulator to change/);
  assert.match(report, /Ready, all is supported/);
});

test('live: Ctrl-C in the middle takes away what the operator made', async (t) => {
  const { isGood, report } = await run(t, {}, (line, stop) => {
    if (line.startsWith('operator: A User')) stop();
  });
  assert.ok(isGood, report);
  assert.match(report, /A User with an IAMPolicy \| Ready.* \| ok \|/);
  assert.match(report, /An AccessKey is delivered, and works \| interrupted \| not tried/);
  assert.match(report, /Everything is deleted, data too \| nothing is left.* \| ok \|/);
});

test('live: Ctrl-C before the operator starts', async (t) => {
  const { isGood, report } = await run(t, {}, (_line, stop) => stop());
  assert.ok(isGood, report);
  assert.match(report, /0 questions.*\nThe operator did 0 of 0 things/);
});

test('live: after a step that fails only the last one is tried', async () => {
  const did: string[] = [];
  const step = (title: string, isLast = false) => ({
    title,
    isLast,
    run: (place: string) => {
      did.push(`${title} ${place}`);
      return title === 'fails' ? Promise.reject(new Error('no')) : Promise.resolve('fine');
    },
  });
  const steps = [step('begins'), step('fails'), step('follows'), step('ends', true)];
  const results = await runSteps(steps, 'here', new AbortController().signal, () => {});
  assert.deepEqual(did, ['begins here', 'fails here', 'ends here']);
  assert.deepEqual(
    results.map(({ outcome, seen }) => `${outcome}: ${seen.replace(/; [\d.]+ s$/u, '')}`),
    ['ok: fine', 'failed: no', 'not tried: a step before it failed', 'ok: fine'],
  );
});

test('live: without credentials the run says so and passes', async () => {
  const { WASABI_ACCESS_KEY_ID: _id, WASABI_SECRET_ACCESS_KEY: _text, ...env } = process.env;
  const child = spawn(process.execPath, [fileURLToPath(new URL('live/run.ts', import.meta.url))], { env });
  let said = '';
  child.stdout.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  const code = await new Promise((resolve) => {
    child.once('exit', resolve);
  });
  assert.equal(code, 0);
  assert.match(said, /^skipped: npm run test:live needs WASABI_ACCESS_KEY_ID/);
});

test('live: what the operator left behind is cleared away', async (t) => {
  const emulator = await startEmulator();
  t.after(() => emulator.stop());
  const service = serviceOf(emulator);
  const scratch = new Scratch(service);
  const name = scratch.expectAll();
  assert.deepEqual(await scratch.leftOf(name), []);
  const before = emulator.snapshot();
  const PolicyDocument = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: 's3:*', Resource: '*' }],
  });
  const call = async (action: string, parameters: Readonly<Record<string, string>>) =>
    made(await iam(service, action, parameters), 200);
  await call('CreateUser', { UserName: name });
  await scratch.key(name);
  const PolicyArn = text(await call('CreatePolicy', { PolicyName: name, PolicyDocument }), 'Arn');
  await call('CreatePolicyVersion', { PolicyArn, PolicyDocument, SetAsDefault: 'true' });
  await call('AttachUserPolicy', { UserName: name, PolicyArn });
  await call('PutUserPolicy', { UserName: name, PolicyName: 'own', PolicyDocument });
  emulator.console.createBucket({ name, region: service.regions.home });
  emulator.console.putObject(name, 'k', 'x');
  assert.equal((await scratch.leftOf(name)).length, 3);
  assert.deepEqual(await scratch.clear(), []);
  assert.deepEqual(emulator.snapshot()['buckets'], before['buckets']);
  assert.deepEqual(emulator.snapshot()['accounts'], before['accounts']);
});
