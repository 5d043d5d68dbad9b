import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { CreateBucketCommand, ListBucketsCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { Agent, request } from 'undici';
import { parse, parseAllDocuments } from 'yaml';
import { NAMESPACES, REFERENCE_GRANTS, SECRETS } from '../src/api/core-types.ts';
import type { KubeObject } from '../src/api/meta.ts';
import { run } from '../src/cli/run.ts';
import { findCondition } from '../src/managed/conditions.ts';
import type { ManagedResource } from '../src/managed/kind.ts';
import { typeOf } from './support/builders.ts';
import { adminOf, folderFor, type RunningCommand, startCommand } from './support/cli-process.ts';
import { until } from './support/cluster.ts';
import { lastingPort } from './support/lasting-port.ts';
import { exitOf, startProcess } from './support/operator-process.ts';
import { AUTHORITIES } from './support/tls-authorities.ts';

/** The commands beside the operator, as their users start them: processes of their own. */

async function refused(...args: readonly string[]): Promise<{ readonly code: number; readonly text: string }> {
  let text = '';
  const code = await run(args, (more) => {
    text += more;
  });
  return { code, text };
}

/** What `--variables-file` wrote, as a shell would have it. */
function variablesIn(file: string): Readonly<Record<string, string>> {
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  return Object.fromEntries(lines.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]));
}

function clientFrom(env: Readonly<Record<string, string>>): S3Client {
  return new S3Client({
    region: env['AWS_REGION'] ?? '',
    endpoint: env['AWS_ENDPOINT_URL_S3'] ?? '',
    credentials: { accessKeyId: env['AWS_ACCESS_KEY_ID'] ?? '', secretAccessKey: env['AWS_SECRET_ACCESS_KEY'] ?? '' },
    forcePathStyle: true,
    requestChecksumCalculation: 'WHEN_REQUIRED',
    maxAttempts: 1,
  });
}

test('cli: emulator serves with the keys of its file of variables, and a folder keeps what was made', async (t) => {
  const folder = folderFor(t);
  const file = join(folder, 'env');
  const args = ['emulator', '--port=0', `--data=${join(folder, 'state')}`, `--variables-file=${file}`];
  const first = await startCommand(t, ...args);
  const before = variablesIn(file);
  await clientFrom(before).send(new CreateBucketCommand({ Bucket: 'kept' }));
  assert.equal(await first.stop(), 0, first.output());

  await startCommand(t, ...args);
  const env = variablesIn(file);
  assert.equal(env['AWS_SECRET_ACCESS_KEY'], before['AWS_SECRET_ACCESS_KEY']);
  const { Buckets = [] } = await clientFrom(env).send(new ListBucketsCommand({}));
  assert.deepEqual(
    Buckets.map(({ Name }) => Name),
    ['kept'],
  );
});

test('cli: a folder that keeps another account or key is no answer to who asks for one', async (t) => {
  const folder = folderFor(t);
  const args = ['emulator', '--port=0', `--data=${folder}/state`];
  const first = await startCommand(t, ...args, '--account-id=100000000042', '--access-key-id=MINE');
  assert.equal(await first.stop(), 0, first.output());
  const rows: readonly (readonly [flag: string, text: string])[] = [
    ['--account-id=100000000043', '--account-id: the folder keeps 100000000042, not 100000000043'],
    ['--access-key-id=OTHER', '--access-key-id: the folder keeps MINE, not OTHER'],
    ['--secret-access-key=guess', '--secret-access-key: the folder keeps another secret for MINE'],
  ];
  for (const [flag, text] of rows) {
    const { code, text: said } = await refused(...args, flag);
    assert.deepEqual([code, said], [1, `${text}: leave it out, or take another folder with --data\n`]);
  }
  const same = await startCommand(t, ...args, '--account-id=100000000042', '--access-key-id=MINE');
  assert.match(same.output(), /Account +100000000042\n/);
});

test('cli: emulator has its first buckets where they were asked for, and keeps them', async (t) => {
  const folder = folderFor(t);
  const args = ['emulator', '--port=0', `--data=${folder}/state`, '--bucket=first', '--bucket=second=eu-central-2'];
  const file = join(folder, 'env');
  for (const [time, names] of [
    ['first', ['first', 'second']] as const,
    ['again', ['first', 'made', 'second']] as const,
  ]) {
    const running = await startCommand(t, ...args, `--variables-file=${file}`);
    const client = clientFrom(variablesIn(file));
    const { Buckets = [] } = await client.send(new ListBucketsCommand({})); // in the order of their names
    assert.deepEqual(
      Buckets.map(({ Name }) => Name),
      names,
      time,
    );
    if (time === 'first') await client.send(new CreateBucketCommand({ Bucket: 'made' }));
    assert.equal(await running.stop(), 0, running.output());
  }
  const moved = await refused('emulator', '--port=0', `--data=${folder}/state`, '--bucket=second');
  assert.deepEqual(
    [moved.code, /--bucket: the folder keeps second of account \d+ in eu-central-2, not/.test(moved.text)],
    [1, true],
    moved.text,
  );
});

test('cli: emulator takes account, switches and faults; the same seed fails the same calls', async (t) => {
  const folder = folderFor(t);
  const faults = join(folder, 'faults.json');
  const throttle = { operation: 'PutObject', probability: 0.5, effect: { type: 'throttle' } };
  writeFileSync(faults, JSON.stringify([throttle]));
  const outcomes = async () => {
    const file = join(folder, crypto.randomUUID());
    const chosen = ['--account-id=100000000042', '--access-key-id=MINE', '--secret-access-key=not-a-secret'];
    const switches = ['--switch=recreateInUsEast1=conflict', `--faults=${faults}`, '--seed=7'];
    const running = await startCommand(t, 'emulator', '--port=0', `--variables-file=${file}`, ...chosen, ...switches);
    const env = variablesIn(file);
    assert.deepEqual([env['AWS_ACCESS_KEY_ID'], env['AWS_SECRET_ACCESS_KEY']], ['MINE', 'not-a-secret']);
    assert.match(running.output(), /Account +100000000042\n/);
    const client = clientFrom(env);
    await client.send(new CreateBucketCommand({ Bucket: 'mine' }));
    const again = client.send(new CreateBucketCommand({ Bucket: 'mine' }));
    await assert.rejects(again, { name: 'BucketAlreadyOwnedByYou' });
    const names: string[] = [];
    for (let index = 0; index < 12; index += 1) {
      const put = client.send(new PutObjectCommand({ Bucket: 'mine', Key: 'k', Body: 'x' }));
      names.push(
        await put.then(
          () => 'ok',
          (error: unknown) => (error instanceof Error ? error.name : '?'),
        ),
      );
    }
    await running.stop();
    return names;
  };
  const first = await outcomes();
  assert.deepEqual(new Set(first), new Set(['ok', 'SlowDown']));
  assert.deepEqual(await outcomes(), first);
});

test('cli: dev serves our kinds and a Wasabi; the operator of its own hint makes its sample Ready; a folder keeps it', async (t) => {
  const folder = folderFor(t);
  const data = join(folder, 'dev');
  const first = await startCommand(t, 'dev', '--port=0', `--data=${data}`);
  const admin = adminOf(t, join(data, 'operator.kubeconfig'));
  for (const document of parseAllDocuments(readFileSync(join(data, 'sample.yaml'), 'utf8'))) {
    const manifest = document.toJS() as KubeObject; // written by the command
    const type = { Namespace: NAMESPACES, Secret: SECRETS }[manifest.kind ?? ''] ?? typeOf(manifest.kind ?? '');
    await admin.create(type, manifest.metadata.namespace ?? '', manifest);
  }
  const hint = /npm start -- (.*)\n/.exec(first.output())?.[1] ?? '';
  const flags = hint.split(' ').map((flag) => flag.replaceAll("'", ''));
  const operator = startProcess(t, [...flags, '--metrics-port=0', '--leader-elect=false']);
  await until('the sample is Ready', async () => {
    const bucket = await admin.get<ManagedResource>(typeOf('Bucket'), { namespace: 'storage-demo', name: 'app-logs' });
    return findCondition(bucket?.status?.conditions, 'Ready')?.status === 'True';
  }).catch((error: unknown) => assert.fail(`${String(error)}\n${operator.output()}`));
  operator.child.kill('SIGTERM');
  await exitOf(operator);
  assert.equal(await first.stop(), 0, first.output());

  await startCommand(t, 'dev', '--port=0', `--data=${data}`);
  const again = adminOf(t, join(data, 'operator.kubeconfig'));
  const secret = { namespace: 'storage-demo', name: 'app-logs-accesskey-credentials' };
  assert.ok(await again.get(SECRETS, secret), 'the key that was delivered');
  assert.ok(await again.get(typeOf('Bucket'), { namespace: 'storage-demo', name: 'app-logs' }));
});

test('cli: dev keeps the address of its Kubernetes API, and says so when something else has it', async (t) => {
  const data = join(folderFor(t), 'dev');
  const args = ['dev', '--port=0', `--data=${data}`];
  const addressIn = ({ output }: RunningCommand) => /API +http:\/\/127\.0\.0\.1:(\d+)/.exec(output())?.[1] ?? '';
  const first = await startCommand(t, ...args, `--kube-port=${await lastingPort()}`);
  const before = readFileSync(join(data, 'operator.kubeconfig'), 'utf8');
  assert.equal(await first.stop(), 0, first.output());

  const other = createServer();
  await new Promise<void>((resolve) => other.listen(Number(addressIn(first)), '127.0.0.1', resolve));
  t.after(() => other.close());
  const taken = await refused(...args);
  const told = `127.0.0.1:${addressIn(first)}: the kubeconfigs in ${data} lead there: stop what has that port, or `;
  assert.deepEqual([taken.code, taken.text.includes(told)], [1, true], taken.text);
  const asked = await refused('dev', '--port=0', `--kube-port=${addressIn(first)}`);
  assert.deepEqual([asked.code, /choose another port with --kube-port/.test(asked.text)], [1, true], asked.text);

  await new Promise((resolve) => other.close(resolve));
  const again = await startCommand(t, ...args);
  assert.equal(readFileSync(join(data, 'operator.kubeconfig'), 'utf8'), before);
  await again.stop();
  const moved = await startCommand(t, ...args, '--kube-port=0');
  assert.notEqual(addressIn(moved), addressIn(first));
});

test('cli: dev serves the grants of the guide, and none that says nothing', async (t) => {
  const data = join(folderFor(t), 'dev');
  await startCommand(t, 'dev', '--port=0', `--data=${data}`);
  const admin = adminOf(t, join(data, 'operator.kubeconfig'));
  const guide = readFileSync(new URL('../docs/guides/other-namespaces.md', import.meta.url), 'utf8');
  const grant = parse(/```yaml\n(.*?)```/s.exec(guide)?.[1] ?? '') as KubeObject & { readonly spec: object };
  const { namespace = '', name } = grant.metadata;
  await admin.create(NAMESPACES, '', { metadata: { name: namespace } });
  await admin.create(REFERENCE_GRANTS, namespace, grant);
  const kept = await admin.get<typeof grant>(REFERENCE_GRANTS, { namespace, name });
  assert.deepEqual(kept?.spec, grant.spec);
  const empty = { ...grant, metadata: { name: 'empty', namespace }, spec: { from: [] } };
  await assert.rejects(admin.create(REFERENCE_GRANTS, namespace, empty), /spec\.to: Required value/);
});

test('cli: emulator speaks TLS on a further port, with a certificate and its key', async (t) => {
  const folder = folderFor(t);
  const { first, address } = AUTHORITIES;
  const written = (name: string, text: string) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const key = `--tls-key=${written('key.pem', address.key)}`;
  const running = await startCommand(t, 'emulator', '--port=0', `--tls-cert=${written('cert.pem', address.cert)}`, key);
  const url = /https:\/\/127\.0\.0\.1:\d+/u.exec(running.output())?.[0] ?? '';
  const dispatcher = new Agent({ connect: { ca: address.ca } });
  t.after(() => dispatcher.close());
  const answer = await request(`${url}/_emulator/clock`, { dispatcher });
  assert.equal(answer.statusCode, 200);
  await answer.body.dump();
  const alone = await refused('emulator', '--port=0', key);
  assert.deepEqual([alone.code, /--tls-port, --tls-cert and --tls-key go together/.test(alone.text)], [1, true]);
  const foreign = await refused('emulator', '--port=0', `--tls-cert=${written('other.pem', first.cert)}`, key);
  assert.deepEqual([foreign.code, /give a certificate and the key that it is for/.test(foreign.text)], [1, true]);
  const missing = await refused('emulator', `--tls-cert=${folder}/none`, key);
  assert.deepEqual([missing.code, /--tls-cert.*none.*no such file/.test(missing.text)], [2, true], missing.text);
});

test('cli: what cannot be understood is refused with what it could be, code 2; what fails at the start, code 1', async (t) => {
  const folder = folderFor(t);
  const faults = join(folder, 'faults.json');
  const rows: readonly (readonly [args: readonly string[], code: number, text: RegExp])[] = [
    [['emulate'], 2, /unknown command 'emulate'.*\(Did you mean emulator\?\)/s],
    [['emulator', '--prot=1'], 2, /unknown option '--prot=1'.*Did you mean --port\?/s],
    [['emulator', '--port=70000'], 2, /a whole number from 0 to 65535/],
    [['emulator', '--region-port=mars-1=9001'], 2, /The regions are .*eu-central-2/],
    [['emulator', '--bucket=No_Name'], 2, /"No_Name" can be no bucket's name/],
    [['emulator', '--bucket=a-bucket=mars-1'], 2, /The regions are .*eu-central-2/],
    [['emulator', '--account-id=12'], 2, /twelve digits/],
    [['emulator', '--switch=cors'], 2, /cors: cors is one of refused, accepted/],
    [['emulator', '--switch=color=red'], 2, /no such switch; there are wrongRegion/],
    [['emulator', `--faults=${faults}`], 2, /faults\.json: .*no such file/],
    [['dev', '--kube-port=-1'], 2, /a whole number from 0 to 65535/],
  ];
  for (const [args, code, text] of rows) {
    const { code: found, text: said } = await refused(...args);
    assert.deepEqual([found, text.test(said)], [code, true], `${args.join(' ')}: ${found}: ${said}`);
  }
  writeFileSync(faults, '[{"effect": {"type": "explode"}}]');
  assert.match(
    (await refused('emulator', `--faults=${faults}`)).text,
    /fault 1: effect\.type: "explode" must be one of error/,
  );
  writeFileSync(faults, '[{"effect": {"type": "hang"}, "colour": "red"}]');
  const stranger = await refused('emulator', '--port=0', `--faults=${faults}`);
  assert.match(stranger.text, /faults\.json: fault 1: colour: a rule has only service/);
  assert.equal(stranger.code, 2);
  writeFileSync(faults, '[{"operation": "PutObjekt", "effect": {"type": "hang"}}]');
  const misspelt = await refused('emulator', '--port=0', `--faults=${faults}`);
  assert.match(misspelt.text, /fault 1: operation: "PutObjekt" must be .*; did you mean PutObject, /);
  const nowhere = await refused('emulator', '--port=0', `--variables-file=${folder}/none/env`);
  assert.deepEqual([nowhere.code, /name a file in a folder that exists/.test(nowhere.text)], [1, true], nowhere.text);
  const running = await startCommand(t, 'emulator', '--port=0', `--data=${folder}/state`);
  const second = await refused('emulator', '--port=0', `--data=${folder}/state`);
  const inUse = new RegExp(`is in use by process ${running.child.pid}: stop it, or take another folder`);
  assert.deepEqual([second.code, inUse.test(second.text)], [1, true], second.text);
  const port = /127\.0\.0\.1:(\d+)/.exec(running.output())?.[1];
  const taken = await refused('emulator', `--port=${port}`);
  assert.deepEqual([taken.code, /EADDRINUSE.*choose another port with --port/.test(taken.text)], [1, true], taken.text);
});
