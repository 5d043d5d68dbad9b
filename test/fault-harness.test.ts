import assert from 'node:assert/strict';
import { globSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { request } from 'undici';
import { type Covered, Harness, uncovered } from './faults/harness.ts';
import { plansOf } from './faults/learn.ts';
import { type Plan, planFile, planText, readPlan } from './faults/plan.ts';
import { minutes, reportPage } from './faults/report.ts';
import { boundaryText, ordinalText } from './support/boundary.ts';
import { accessKey, bucket } from './support/builders.ts';
import { kubeCallOf, operationOf } from './support/call-names.ts';
import { startTestCluster, type TestCluster } from './support/cluster.ts';
import { inProcess } from './support/crash-victim.ts';
import { InvariantMonitor } from './support/invariants.ts';
import { addKey, makeUser, openKeyWorld, pairIn, USER } from './support/keys.ts';
import { type Proxy, startProxy } from './support/proxy.ts';

/** The harness that makes calls go wrong finds what is wrong, and says when it has not looked. */

const folder = mkdtempSync(join(tmpdir(), 'fault-plans-'));
let cluster: TestCluster;
before(async () => {
  cluster = await startTestCluster();
});
after(async () => {
  await cluster.stop();
  rmSync(folder, { recursive: true, force: true });
});

const mint = { side: 'wasabi', call: 'CreateAccessKey', time: 1, verdict: 'cutAfter' } as const;

test('a plan is read as it was kept', () => {
  const plan: Plan = { path: 'create a key', faults: [mint], killsAtEnd: true, why: 'it once left a key behind' };
  const file = join(folder, 'kept.json');
  writeFileSync(file, planFile(plan));
  assert.deepEqual(readPlan(file), plan);
  assert.equal(planText(plan), 'create a key: cutAfter wasabi CreateAccessKey, 1st, then killed at the end');
});

const unusable: readonly (readonly [title: string, text: string, says: RegExp])[] = [
  ['no JSON', '{', /JSON/],
  ['a field that it does not have', JSON.stringify({ path: 'create a key', faults: [mint], seed: 1 }), /seed/],
  [
    'a verdict that there is not',
    JSON.stringify({ path: 'create a key', faults: [{ ...mint, verdict: 'cut' }] }),
    /faults\.0\.verdict.*cutBefore/,
  ],
  [
    'a call that is the 0th',
    JSON.stringify({ path: 'create a key', faults: [{ ...mint, time: 0 }] }),
    /faults\.0\.time/,
  ],
  ['a path that there is not', JSON.stringify({ path: 'fly', faults: [mint] }), /none called "fly".*--list/],
  ['nothing that goes wrong', JSON.stringify({ path: 'create a key', faults: [] }), /nothing would go wrong/],
];
for (const [title, text, says] of unusable) {
  test(`a plan that cannot be read says what is wrong: ${title}`, () => {
    const file = join(folder, 'unusable.json');
    writeFileSync(file, text);
    assert.throws(
      () => readPlan(file),
      (error: Error) => says.test(error.message) && error.message.includes(file),
    );
  });
}

test('every plan that is kept can be read, and says what it showed', () => {
  for (const file of globSync(join(import.meta.dirname, 'faults/plans/*.json'))) {
    assert.ok((readPlan(file).why ?? '').length > 20, file);
  }
});

test('a call is called by what it does', () => {
  const call = (method: string, url: string, body = '') => ({ method, url, body });
  const names = [
    kubeCallOf(call('PATCH', '/apis/s3.cloud37.dev/v1alpha1/namespaces/a/buckets/it/status')),
    kubeCallOf(call('POST', '/api/v1/namespaces/a/secrets?dryRun=All', '{"metadata":{"name":"it"}}')),
    kubeCallOf(call('GET', '/api/v1/namespaces/a/secrets?labelSelector=a%3Db')),
    kubeCallOf(call('POST', '/apis/events.k8s.io/v1/namespaces/a/events', '{"metadata":{"name":"it.1"}}')),
    operationOf(call('PUT', '/it?tagging=')),
    operationOf(call('DELETE', '/it?force_delete=true')),
    operationOf(call('GET', '/it?versions=')),
    operationOf(call('POST', '/it?delete=')),
    operationOf(call('DELETE', '/it/key?uploadId=1')),
    operationOf(call('GET', '/')),
    operationOf(call('POST', '/', 'Action=CreateUser&UserName=it')),
  ];
  assert.deepEqual(names, [
    'patch buckets/status it',
    'create secrets it dry run',
    'list secrets a=b',
    'create events',
    'PutBucketTagging',
    'DeleteBucket',
    'ListObjectVersions',
    'DeleteObjects',
    'AbortMultipartUpload',
    'ListBuckets',
    'CreateUser',
  ]);
  assert.deepEqual([1, 2, 3, 4, 11, 12, 13, 21, 112].map(ordinalText), [
    '1st',
    '2nd',
    '3rd',
    '4th',
    '11th',
    '12th',
    '13th',
    '21st',
    '112th',
  ]);
});

test('a learnt call at which a crash did not come about is missed', () => {
  const at = (time: number, verdicts: readonly (readonly [string, 'Held' | 'Missed'])[]): Covered => ({
    path: 'p',
    boundary: { side: 'kube', call: 'get secrets it', time },
    verdicts: new Map(verdicts),
  });
  const covered = [
    at(1, [
      ['cutBefore', 'Held'],
      ['cutAfter', 'Held'],
    ]),
    at(2, [['cutBefore', 'Missed']]),
  ];
  assert.deepEqual(uncovered(covered, ['cutBefore', 'cutAfter']), [
    'p: cutBefore kube get secrets it, 2nd',
    'p: cutAfter kube get secrets it, 2nd',
  ]);
});

test('the page shows each fault at each call, and what went wrong with what came before it', () => {
  const boundary = { side: 'wasabi', call: 'CreateAccessKey', time: 1 } as const;
  const plan: Plan = { path: 'create a <key>', faults: [mint] };
  const finding = {
    what: 'a key is left',
    timeline: [
      { atMs: 15, what: 'later' },
      { atMs: 3, what: 'before' },
    ],
    again: 2,
  };
  const page = reportPage({
    command: 'npm run test:faults',
    seed: 7,
    covered: [{ path: plan.path, boundary, verdicts: new Map([['cutAfter', 'Broken' as const]]) }],
    outcomes: [{ plan, type: 'Broken', seconds: 1, finding }],
    verdicts: ['cutBefore', 'cutAfter'],
    uncovered: [`create a <key>: cutBefore ${boundaryText(boundary)}`],
    seconds: 65,
  });
  assert.match(page, /1 plans in 1 min 5 s: 0 held, 1 broken/);
  assert.match(page, /fill="#cf222e"><title>cutAfter wasabi CreateAccessKey, 1st: Broken/);
  assert.match(page, /fill="#d0d7de"><title>cutBefore wasabi CreateAccessKey, 1st: not tried/);
  assert.match(page, /a key is left\n\n {6}0 ms {2}before\n {5}12 ms {2}later/);
  assert.ok(!page.includes('a <key>'), 'what comes from a plan is text');
  assert.equal(minutes(59), '59 s');
});

test('a plan holds, or its call is not made, and a learnt path has a crash before and after each call', async () => {
  const harness = new Harness({ cluster, victimIn: inProcess });
  const learnt = await harness.learn('create a key');
  const names = learnt.boundaries.map(boundaryText);
  assert.ok(names.includes('wasabi CreateAccessKey, 1st'), names.join('\n'));
  assert.ok(names.includes('kube create secrets it-credentials, 1st'), names.join('\n'));
  const plans = plansOf(learnt, ['crash']);
  assert.equal(plans.length, 2 * (learnt.boundaries.length + learnt.byChance.length) + 1);
  const held = await harness.run({ path: 'create a key', faults: [mint], killsAtEnd: true });
  assert.deepEqual([held.type, held.finding?.what], ['Held', undefined]);
  const missed = await harness.run({ path: 'create a key', faults: [{ ...mint, call: 'DeleteBucket' }] });
  assert.equal(missed.type, 'Missed');
});

test('each invariant finds the call that breaks it, and none that does not', async (t) => {
  const keyWorld = await openKeyWorld(cluster);
  const { world } = keyWorld;
  t.after(() => keyWorld.close());
  const name = `invariant-${crypto.randomUUID().slice(0, 8)}`;
  await makeUser(world, name);
  await world.apply(bucket('it', { name, deletionPolicy: 'Delete' }));
  await world.apply(accessKey('it', USER));
  await world.reaches('Bucket', 'it', 'Ready', 'True');
  await world.reaches('AccessKey', 'it', 'Ready', 'True');
  await world.settle();
  await world.kill(); // from now on everything stays as the test makes it
  const [kube, wasabi] = [await startProxy({ url: cluster.url }), await startProxy({ url: cluster.url })];
  t.after(() => Promise.all([kube.stop(), wasabi.stop()]));
  const monitor = new InvariantMonitor(world, () => undefined);
  monitor.watch({ kube, wasabi });
  const breaks = async (proxy: Proxy, method: 'GET' | 'POST' | 'PATCH' | 'DELETE', path: string, body?: string) => {
    const from = monitor.broken.length;
    proxy.decide(() => ({ status: 403 })); // it goes no further
    const { body: answer } = await request(`${proxy.url}${path}`, { method, ...(body === undefined ? {} : { body }) });
    await answer.dump();
    return monitor.broken.slice(from).map(({ invariant }) => invariant.split(':')[0]);
  };
  const { buckets, keys } = world.emulator.state;
  const without = async <T>(map: Map<string, T>, id: string, look: () => Promise<unknown>) => {
    const value = map.get(id);
    assert.ok(value !== undefined && map.delete(id), id);
    await look();
    map.set(id, value);
  };
  const { accessKeyId } = await pairIn(world, 'it-credentials');
  const own = `/apis/s3.cloud37.dev/v1alpha1/namespaces/${world.namespace}`;
  const revoke = `Action=DeleteAccessKey&UserName=${name}&AccessKeyId=${accessKeyId}`;
  const ready = JSON.stringify({ status: { conditions: [{ type: 'Ready', status: 'True' }] } });
  const released = JSON.stringify({ metadata: { finalizers: [] } });

  assert.deepEqual(await breaks(kube, 'GET', '/api/v1/namespaces/elsewhere/secrets/any'), ['I12']);
  assert.deepEqual(await breaks(kube, 'GET', `${own}/buckets`), []);

  assert.deepEqual(await breaks(wasabi, 'POST', '/', revoke), ['I2']);
  await world.patch('AccessKey', 'it', { metadata: { annotations: { 's3.cloud37.dev/revoke-keys': accessKeyId } } });
  assert.deepEqual(await breaks(wasabi, 'POST', '/', revoke), [], 'somebody asked for it');

  for (const [plural, kind] of [
    ['buckets', 'Bucket'],
    ['accesskeys', 'AccessKey'],
  ] as const) {
    const isGone = (look: () => Promise<unknown>) =>
      kind === 'Bucket' ? without(buckets, name, look) : without(keys, accessKeyId, look);
    const write = () => breaks(kube, 'PATCH', `${own}/${plural}/it/status`, ready);
    await isGone(async () => assert.deepEqual(await write(), [], 'it said so before'));
    await world.patchStatus(kind, 'it', { conditions: [] });
    assert.deepEqual(await write(), []);
    await isGone(async () => assert.deepEqual(await write(), ['I9']));

    const release = () => breaks(kube, 'PATCH', `${own}/${plural}/it`, released);
    assert.deepEqual(await release(), [], 'nobody deletes it');
    assert.deepEqual(await breaks(wasabi, 'DELETE', `/${name}`), ['I3']);
    await world.delete(kind, 'it');
    assert.deepEqual(await release(), ['I4']);
    await isGone(async () => assert.deepEqual(await release(), []));
    if (kind === 'AccessKey') continue;
    assert.deepEqual(await breaks(wasabi, 'DELETE', `/${name}`), []);
    assert.deepEqual(
      await breaks(wasabi, 'POST', `/${name}?delete=`),
      ['I3'],
      'it does not say that it may be emptied',
    );
    await world.patch(kind, 'it', { spec: { forceDelete: true } });
    assert.deepEqual(await breaks(wasabi, 'POST', `/${name}?delete=`), []);
    await world.patch(kind, 'it', { spec: { deletionPolicy: 'Retain' } });
  }

  assert.deepEqual(await breaks(wasabi, 'GET', '/'), []);
  for (let count = 0; count < 2; count += 1) addKey(world, name);
  assert.deepEqual(await breaks(wasabi, 'GET', '/'), ['I8']);
});
