import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { CONFIG_MAPS, SECRETS } from '../../../api/core-types.ts';
import type { KeyOutput } from '../../../api/key-outputs.ts';
import type { KubeObject } from '../../../api/meta.ts';
import { Credential } from '../../../runtime/credential.ts';
import { type Kube, KubeError } from '../../../runtime/kube.ts';
import { CONTENT_HASH } from './objects.ts';
import { KEY_ID, startOutputDesk } from './testing/output-desk.ts';
import { KEY_TEXT } from './testing/values.ts';

const ORIGINAL: KeyOutput = { name: 'app-original', preset: 'original' };
const OBC: KeyOutput = { name: 'app-obc', preset: 'obc', parameters: { bucket: 'team-a-data' } };
const LOGIN: KeyOutput = {
  name: 'app-login',
  type: 'kubernetes.io/basic-auth',
  template: { username: '{{accessKeyId}}', password: '{{secretAccessKey}}' },
  labels: { app: 'web' },
  annotations: { where: '{{host}}' },
};
const PAIR = { 'access-key-id': KEY_ID, 'secret-access-key': KEY_TEXT };

/** The same client, whose creates go another way. */
function creating(kube: Kube, create: (...call: Parameters<Kube['create']>) => Promise<KubeObject>): Kube {
  return new Proxy(kube, {
    get: (_target, name) => {
      const own: unknown = Reflect.get(kube, name, kube);
      return name === 'create' ? create : typeof own === 'function' ? own.bind(kube) : own;
    },
  });
}

test('outputs: what is asked for stands after one pass, and the next one writes nothing', async (t) => {
  const desk = await startOutputDesk(t);
  const first = await desk.pass([ORIGINAL, OBC, LOGIN]);
  assert.deepEqual(first.steps, [
    'WriteOutput Missing Secret app-original',
    'WriteOutput Missing Secret app-obc',
    'WriteOutput Missing ConfigMap app-obc',
    'WriteOutput Missing Secret app-login',
  ]);
  assert.deepEqual([first.errors, first.failure], [[], undefined]);
  assert.deepEqual(await desk.texts('app-original'), PAIR);
  assert.deepEqual(await desk.texts('app-login'), { username: KEY_ID, password: KEY_TEXT });
  assert.deepEqual((await desk.configMap('app-obc'))?.data?.['BUCKET_NAME'], 'team-a-data');
  const login = await desk.secret('app-login');
  assert.equal(login?.type, 'kubernetes.io/basic-auth');
  assert.deepEqual(login.metadata.labels, { app: 'web', 'app.kubernetes.io/managed-by': 'wasabi-s3-operator' });
  assert.equal(login.metadata.annotations?.['where'], 's3.eu-central-2.wasabisys.com');
  assert.match(login.metadata.annotations[CONTENT_HASH] ?? '', /^[0-9a-f]{64}$/);
  assert.deepEqual(
    login.metadata.ownerReferences?.map(({ kind, name, controller }) => ({ kind, name, controller })),
    [{ kind: 'AccessKey', name: 'app', controller: true }],
  );
  assert.deepEqual(desk.recorded, [
    { kind: 'Secret', namespace: 'team-a', name: 'app-original' },
    { kind: 'Secret', namespace: 'team-a', name: 'app-obc' },
    { kind: 'ConfigMap', namespace: 'team-a', name: 'app-obc' },
    { kind: 'Secret', namespace: 'team-a', name: 'app-login' },
  ]);
  assert.deepEqual((await desk.pass([ORIGINAL, OBC, LOGIN])).steps, []);
});

test('outputs: another key is written, with another hash; the ConfigMap, which says the same, is not', async (t) => {
  const desk = await startOutputDesk(t);
  await desk.pass([OBC]);
  const before = await desk.secret('app-obc');
  desk.key = { id: 'AKIAEXAMPLE000000002', secret: new Credential('another+text/0123456789') };
  assert.deepEqual((await desk.pass([OBC])).steps, ['WriteOutput Stale Secret app-obc']);
  const after = await desk.secret('app-obc');
  assert.equal((await desk.texts('app-obc'))?.['AWS_SECRET_ACCESS_KEY'], 'another+text/0123456789');
  assert.equal(after?.metadata.uid, before?.metadata.uid);
  assert.notEqual(after?.metadata.annotations?.[CONTENT_HASH], before?.metadata.annotations?.[CONTENT_HASH]);
});

test('outputs: what somebody changes or deletes comes back', async (t) => {
  const desk = await startOutputDesk(t);
  await desk.pass([ORIGINAL, LOGIN, OBC]);
  await desk.editSecret('app-original', { data: { 'secret-access-key': null, more: 'eA==' } });
  await desk.editSecret('app-login', { metadata: { labels: { app: 'other' }, ownerReferences: null } });
  await desk.kube.delete(CONFIG_MAPS, { namespace: 'team-a', name: 'app-obc' });
  assert.deepEqual((await desk.pass([ORIGINAL, LOGIN, OBC])).steps, [
    'WriteOutput Stale Secret app-original',
    'WriteOutput Stale Secret app-login',
    'WriteOutput Missing ConfigMap app-obc',
  ]);
  assert.deepEqual(await desk.texts('app-original'), PAIR);
  const login = await desk.secret('app-login');
  assert.deepEqual([login?.metadata.labels?.['app'], login?.metadata.ownerReferences?.length], ['web', 1]);
});

test('outputs: a label that leaves the spec leaves the Secret, one of somebody else stays', async (t) => {
  const desk = await startOutputDesk(t);
  await desk.pass([{ ...ORIGINAL, labels: { app: 'web', team: 'a' } }]);
  await desk.editSecret('app-original', { metadata: { labels: { theirs: 'yes' } } });
  await desk.pass([{ ...ORIGINAL, labels: { team: 'b' } }]);
  const { labels } = (await desk.secret('app-original'))?.metadata ?? {};
  assert.deepEqual(labels, { team: 'b', theirs: 'yes', 'app.kubernetes.io/managed-by': 'wasabi-s3-operator' });
});

test('outputs: a Secret of somebody else is left alone, and the others are written', async (t) => {
  const desk = await startOutputDesk(t);
  const { metadata } = await desk.makeSecret('app-original', { theirs: 'yes' });
  const pass = await desk.pass([ORIGINAL, OBC]);
  assert.deepEqual([pass.failure?.type, pass.failure?.reason], ['DependencyNotReady', 'SecretNotOurs']);
  assert.equal(
    pass.failure?.message,
    'spec.outputs[0]: Secret team-a/app-original exists and is not of this object: delete it, choose another name, or set merge to true and have its owner accept that',
  );
  assert.equal((await desk.secret('app-original'))?.metadata.resourceVersion, metadata.resourceVersion);
  assert.equal((await desk.texts('app-obc'))?.['AWS_ACCESS_KEY_ID'], KEY_ID);
  assert.ok(!desk.recorded.some(({ name }) => name === 'app-original'));
  await desk.kube.delete(SECRETS, { namespace: 'team-a', name: 'app-original' });
  assert.equal((await desk.pass([ORIGINAL, OBC])).failure, undefined);
});

test('outputs: another type needs another Secret, since Kubernetes keeps it', async (t) => {
  const desk = await startOutputDesk(t);
  await desk.pass([LOGIN]);
  const before = await desk.secret('app-login');
  const { type: _type, ...opaque } = LOGIN;
  assert.deepEqual((await desk.pass([opaque])).steps, ['WriteOutput WrongType Secret app-login']);
  const after = await desk.secret('app-login');
  assert.equal(after?.type, 'Opaque');
  assert.notEqual(after.metadata.uid, before?.metadata.uid);
  assert.deepEqual(await desk.texts('app-login'), { username: KEY_ID, password: KEY_TEXT });
});

test('outputs: what leaves the spec is removed, after what takes its place was written', async (t) => {
  const desk = await startOutputDesk(t);
  await desk.pass([ORIGINAL, OBC]);
  const pass = await desk.pass([{ ...OBC, name: 'app-renamed', preset: 'restic' }]);
  assert.deepEqual(pass.steps, [
    'WriteOutput Missing Secret app-renamed',
    'RemoveOutput Unwanted Secret app-original',
    'RemoveOutput Unwanted Secret app-obc',
    'RemoveOutput Unwanted ConfigMap app-obc',
  ]);
  assert.deepEqual(
    await Promise.all([desk.secret('app-original'), desk.secret('app-obc'), desk.configMap('app-obc')]),
    [undefined, undefined, undefined],
  );
  assert.deepEqual(desk.recorded, [{ kind: 'Secret', namespace: 'team-a', name: 'app-renamed' }]);
});

test('outputs: the ConfigMap goes when the preset has none', async (t) => {
  const desk = await startOutputDesk(t);
  await desk.pass([OBC]);
  await desk.pass([{ ...OBC, preset: 'aws-env' }]);
  assert.equal(await desk.configMap('app-obc'), undefined);
  assert.equal((await desk.texts('app-obc'))?.['BUCKET'], 'team-a-data');
});

test("outputs: what leaves the spec and is somebody else's by now stays", async (t) => {
  const desk = await startOutputDesk(t);
  await desk.pass([ORIGINAL]);
  await desk.kube.delete(SECRETS, { namespace: 'team-a', name: 'app-original' });
  await desk.makeSecret('app-original', { theirs: 'yes' });
  assert.deepEqual((await desk.pass([])).steps, []);
  assert.deepEqual(await desk.texts('app-original'), { theirs: 'yes' });
  assert.deepEqual(desk.recorded, []);
});

test('outputs: the Secret of the key itself is neither an output nor removed as one', async (t) => {
  const desk = await startOutputDesk(t);
  const own = { name: 'app-credentials', preset: 'original' } as const;
  const refused = await desk.pass([own]);
  assert.equal(refused.failure?.type, 'InvalidSpec');
  assert.equal(
    refused.failure.message,
    'spec.outputs[0].name: Secret "app-credentials" holds the key itself: choose another name',
  );
  await desk.makeSecret('app-credentials', PAIR, {
    annotations: { 's3.cloud37.dev/owner-uid': desk.client.resource.metadata.uid },
  });
  desk.recorded = [{ kind: 'Secret', namespace: 'team-a', name: 'app-credentials' }];
  assert.deepEqual((await desk.pass([])).steps, []);
  assert.deepEqual(await desk.texts('app-credentials'), PAIR);
});

test('outputs: a mistake in one touches neither its Secret nor the others', async (t) => {
  const desk = await startOutputDesk(t);
  await desk.pass([ORIGINAL, OBC]);
  desk.key = { id: 'AKIAEXAMPLE000000002', secret: new Credential('another+text/0123456789') };
  const pass = await desk.pass([{ name: 'app-original', template: { config: '{{nothing}}' } }, OBC]);
  assert.deepEqual(pass.steps, ['WriteOutput Stale Secret app-obc']);
  assert.equal(pass.failure?.type, 'InvalidSpec');
  assert.match(
    pass.failure.message,
    /^spec\.outputs\[0\]\.template\[config\]: line 1, column 1: there is no value "nothing"/,
  );
  assert.deepEqual(await desk.texts('app-original'), PAIR);
  assert.ok(desk.recorded.some(({ name }) => name === 'app-original'));
});

test('outputs: two that name one Secret: the first has it', async (t) => {
  const desk = await startOutputDesk(t);
  const pass = await desk.pass([ORIGINAL, { ...OBC, name: 'app-original', namespace: 'team-a' }]);
  assert.deepEqual(pass.steps, ['WriteOutput Missing Secret app-original']);
  assert.equal(
    pass.failure?.message,
    'spec.outputs[1]: Secret team-a/app-original is that of spec.outputs[0], too: choose another name or namespace',
  );
  assert.deepEqual(desk.recorded, [{ kind: 'Secret', namespace: 'team-a', name: 'app-original' }]);
});

test('outputs: what the API server refuses is told without its content', async (t) => {
  const desk = await startOutputDesk(t);
  const pass = await desk.pass([{ ...ORIGINAL, labels: { app: 'not a label' } }]);
  assert.deepEqual(
    pass.errors.map(({ type, reason, message }) => ({ type, reason, message })),
    [
      {
        type: 'InvalidSpec',
        reason: 'Rejected',
        message:
          'spec.outputs[0]: the API server does not take Secret team-a/app-original with this name, type, keys, labels and annotations: correct them',
      },
    ],
  );
});

test('outputs: without a key that works nothing is written, and what leaves the spec goes unless something new waits', async (t) => {
  const desk = await startOutputDesk(t);
  await desk.pass([ORIGINAL, LOGIN]);
  desk.key = undefined;
  for (const _again of [1, 2]) assert.deepEqual((await desk.pass([ORIGINAL, OBC])).steps, []);
  assert.deepEqual(await desk.texts('app-original'), PAIR);
  assert.equal(await desk.secret('app-obc'), undefined);
  const recorded = () => desk.recorded.map(({ kind, name }) => `${kind} ${name}`);
  assert.deepEqual(recorded(), ['Secret app-original', 'Secret app-login']);
  assert.deepEqual((await desk.pass([ORIGINAL])).steps, ['RemoveOutput Unwanted Secret app-login']);
  assert.deepEqual(recorded(), ['Secret app-original']);
});

test('outputs: a region of its own has its own endpoint', async (t) => {
  const desk = await startOutputDesk(t);
  await desk.pass([{ name: 'app-env', preset: 'aws-env', parameters: { region: 'us-west-1' } }]);
  const texts = await desk.texts('app-env');
  assert.deepEqual(
    [texts?.['AWS_REGION'], texts?.['AWS_ENDPOINT_URL_S3']],
    ['us-west-1', 'https://s3.us-west-1.wasabisys.com'],
  );
});

test('outputs: a write whose answer is lost is recorded, and found to be done', async (t) => {
  const desk = await startOutputDesk(t);
  const lost: Kube = creating(desk.kube, async (...call: Parameters<Kube['create']>) => {
    await desk.kube.create(...call);
    throw new KubeError('connection reset', { code: 0, reason: 'Unreachable' });
  });
  const { errors } = await desk.pass([ORIGINAL], lost);
  assert.deepEqual(
    errors.map(({ type }) => type),
    ['Transient'],
  );
  assert.deepEqual(desk.recorded, [{ kind: 'Secret', namespace: 'team-a', name: 'app-original' }]);
  assert.deepEqual((await desk.pass([ORIGINAL])).steps, []);
});

test('outputs: everything that a pass writes was recorded before its first write', async (t) => {
  const desk = await startOutputDesk(t);
  const recorded: string[] = [];
  const watching: Kube = creating(desk.kube, async (...call: Parameters<Kube['create']>) => {
    const { name } = (call[2] as { metadata: { name: string } }).metadata;
    if (desk.recorded.some((object) => object.kind === call[0].kind && object.name === name)) recorded.push(name);
    return desk.kube.create(...call);
  });
  await desk.pass([ORIGINAL, OBC], watching);
  assert.deepEqual(recorded, ['app-original', 'app-obc', 'app-obc']);
});

test('outputs: status lists no more than it may, and says what waits', async (t) => {
  const desk = await startOutputDesk(t);
  // In a namespace that gives no grant (any more), nothing can be removed.
  desk.recorded = Array.from({ length: 63 }, (_, n) => ({ kind: 'Secret', namespace: 'apps', name: `old-${n}` }));
  const pass = await desk.pass([ORIGINAL, LOGIN]);
  assert.deepEqual(pass.steps, ['WriteOutput Missing Secret app-original']);
  assert.equal(desk.recorded.length, 64);
  const waiting = pass.before.find((output) => output.type === 'Blocked' && output.object.name === 'app-login');
  assert.match(
    waiting?.type === 'Blocked' ? waiting.problem.message : '',
    /waits until objects of earlier outputs are removed/,
  );
});

test('outputs: nothing that a pass knows, but what it writes, shows the key', async (t) => {
  const desk = await startOutputDesk(t);
  await desk.makeSecret('app-original', { theirs: 'yes' });
  const outputs = [ORIGINAL, OBC, LOGIN, { name: 'bad', template: { a: '{{nothing}}' } }];
  const passes = [await desk.pass(outputs)];
  await desk.editSecret('app-login', { metadata: { labels: { app: 'other' } } });
  passes.push(await desk.pass(outputs), await desk.pass([]));
  assert.deepEqual(passes[1]?.steps, ['WriteOutput Stale Secret app-login']);
  for (const text of [inspect(passes, { depth: 20, maxArrayLength: null }), JSON.stringify([passes, desk.recorded])]) {
    const forms = [KEY_TEXT, encodeURIComponent(KEY_TEXT), Buffer.from(KEY_TEXT).toString('base64')];
    for (const form of forms) assert.ok(!text.includes(form), form);
  }
});
