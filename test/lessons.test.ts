import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  DeleteBucketLifecycleCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
} from '@aws-sdk/client-s3';
import { BUCKETS, type Bucket } from '../src/api/bucket.ts';
import { EVENTS } from '../src/api/core-types.ts';
import type { KubeObject } from '../src/api/meta.ts';
import type { FaultEffect } from '../src/emulator/fault-schema.ts';
import { providerSecret } from './support/account.ts';
import { bucket, provider, secret } from './support/builders.ts';
import { until } from './support/cluster.ts';
import { annotate, callsTo, makeOutside, pass, tagsOf, versioningOf, writesTo } from './support/outside.ts';
import { shareCluster } from './support/shared-cluster.ts';
import { applyProvider, endpointsOf, type World } from './support/world.ts';

// Each test is a row of docs/lessons.md, by its number there.

const { startWorld } = shareCluster();
const ONCE = { providerSpec: { retry: { maxAttempts: 1 } } };
interface Event extends KubeObject {
  readonly reason?: string;
  readonly regarding?: { readonly kind?: string; readonly name?: string; readonly uid?: string };
}

async function put(world: World, input: Pick<PutObjectCommandInput, 'Bucket' | 'Key'>): Promise<void> {
  await world.console.send(new PutObjectCommand({ ...input, Body: 'x' }));
}

/** Bodies of the operator's requests whose URL holds that text. */
function bodiesOf(world: World, text: string): readonly string[] {
  return world.operator.wasabi.calls
    .filter(({ method, url }) => method === 'PUT' && url.includes(text))
    .map(({ body }) => body);
}

test('L1: a bucket that could not be made is not Ready, and the pass ends there', async (t) => {
  const world = await startWorld(t);
  const other = world.emulator.createAccount();
  await makeOutside(world, 'taken');
  const taken = world.emulator.state.buckets.get('taken');
  assert.ok(taken);
  world.emulator.state.buckets.set('taken', { ...taken, ownerId: other.accountId });
  await world.apply(bucket('taken', { versioning: { enabled: true } }));
  await until('a verdict', async () => (await world.condition('Bucket', 'taken', 'Synced'))?.status === 'False');
  const { status } = (await world.get<Bucket>('Bucket', 'taken')) ?? {};
  assert.notEqual(status?.exists, true);
  assert.equal((await world.condition('Bucket', 'taken', 'Ready'))?.status, 'False');
  assert.ok(!writesTo(world, 'taken').includes('PutBucketVersioning'));
  await world.expectValid('Bucket', 'taken');
});

test('L2: what failed once is not told for ever: conditions go with their cause', async (t) => {
  const world = await startWorld(t, ONCE);
  const effect = { type: 'error', status: 500, code: 'InternalError' } as const;
  const fault = world.emulator.faults.add({ bucket: 'shaky', effect });
  await world.apply(bucket('shaky'));
  await world.reaches('Bucket', 'shaky', 'Reconciling', 'ServiceFailed');
  await world.reaches('Bucket', 'shaky', 'Ready', 'False');
  assert.equal((await world.get('Bucket', 'shaky'))?.status?.observedGeneration, undefined, 'no verdict yet');
  world.emulator.faults.clear(fault);
  await world.reaches('Bucket', 'shaky', 'Ready', 'True');
  const { conditions = [] } = (await world.get('Bucket', 'shaky'))?.status ?? {};
  assert.deepEqual(conditions.map(({ type }) => type).toSorted(), ['Ready', 'Synced']);
});

const notAbsence: Readonly<Record<string, FaultEffect>> = {
  'a refusal': { type: 'error', status: 403, code: 'AccessDenied' },
  'a failure': { type: 'error', status: 500, code: 'InternalError' },
  'a slow-down': { type: 'error', status: 503, code: 'SlowDown' },
  'a cut connection': { type: 'reset', when: 'before' },
};

for (const [what, effect] of Object.entries(notAbsence)) {
  test(`L3: only "no such bucket" is absence; ${what} is not`, async (t) => {
    const world = await startWorld(t, ONCE);
    await world.apply(bucket('owned', { deletionPolicy: 'Delete' }));
    await world.reaches('Bucket', 'owned', 'Ready', 'True');
    const faults = ['owned', 'wanted'].map((name) => world.emulator.faults.add({ bucket: name, effect }));
    await world.apply(bucket('wanted'));
    await until('a verdict', async () => (await world.condition('Bucket', 'wanted', 'Synced'))?.status === 'False');
    await world.delete('Bucket', 'owned');
    await until('a verdict', async () => (await world.condition('Bucket', 'owned', 'Ready'))?.reason === 'Deleting');
    await world.elapse(30_000);
    assert.deepEqual(writesTo(world, 'wanted'), [], 'nothing was created');
    assert.ok(await world.get('Bucket', 'owned'), 'nothing was let go');
    for (const fault of faults) world.emulator.faults.clear(fault);
    await world.resync();
    await world.gone('Bucket', 'owned');
    assert.equal(world.snapshot('owned'), undefined);
    await world.reaches('Bucket', 'wanted', 'Ready', 'True');
  });
}

test('L4: the finalizer goes last: while the service refuses to delete, the object stays', async (t) => {
  const world = await startWorld(t, ONCE);
  await world.apply(bucket('sticky', { deletionPolicy: 'Delete' }));
  await world.reaches('Bucket', 'sticky', 'Ready', 'True');
  const effect = { type: 'error', status: 403, code: 'AccessDenied' } as const;
  const fault = world.emulator.faults.add({ operation: 'DeleteBucket', effect });
  await world.delete('Bucket', 'sticky');
  await world.reaches('Bucket', 'sticky', 'DeletionBlocked', 'AccessDenied');
  await world.resync();
  assert.ok((await world.get('Bucket', 'sticky'))?.metadata.finalizers?.includes('s3.cloud37.dev/finalizer'));
  world.emulator.faults.clear(fault);
  await world.resync();
  await world.gone('Bucket', 'sticky');
  assert.equal(world.snapshot('sticky'), undefined);
});

test('L5: a bucket with suspended versioning still has versions, and they are deleted too', async (t) => {
  const world = await startWorld(t, { emulator: { quirks: { forceDelete: 'ignored' } } });
  const spec = { deletionPolicy: 'Delete' as const, forceDelete: true };
  await world.apply(bucket('layers', { ...spec, versioning: { enabled: true } }));
  await world.reaches('Bucket', 'layers', 'Ready', 'True');
  for (let version = 0; version < 3; version += 1) await put(world, { Bucket: 'layers', Key: 'a' });
  await world.patch('Bucket', 'layers', { spec: { versioning: { enabled: false } } });
  await world.reaches('Bucket', 'layers', 'Synced', 'True');
  await put(world, { Bucket: 'layers', Key: 'a' });
  await world.delete('Bucket', 'layers');
  await world.gone('Bucket', 'layers');
  assert.equal(world.snapshot('layers'), undefined);
});

test("L6: another controller's finalizer that comes in the middle of our own write stays", async (t) => {
  const world = await startWorld(t);
  let theirs: Promise<unknown> | undefined;
  world.operator.kube.decide(({ method, url }) => {
    if (theirs !== undefined || method !== 'PATCH' || !url.includes('/buckets/both') || url.includes('/status'))
      return 'pass';
    const body = { metadata: { finalizers: ['example.com/theirs'] } };
    theirs = world.cluster.admin.patch(BUCKETS, world.key('both'), { type: 'merge', body });
    return 'dropRequest';
  });
  await world.apply(bucket('both'));
  await world.reaches('Bucket', 'both', 'Ready', 'True');
  await theirs;
  await pass(world, 'Bucket', 'both');
  const { finalizers = [] } = (await world.get('Bucket', 'both'))?.metadata ?? {};
  assert.deepEqual(finalizers.toSorted(), ['example.com/theirs', 's3.cloud37.dev/finalizer']);
  await world.delete('Bucket', 'both');
  await until('ours is gone', async () => (await world.get('Bucket', 'both'))?.metadata.finalizers?.length === 1);
  assert.deepEqual((await world.get('Bucket', 'both'))?.metadata.finalizers, ['example.com/theirs']);
});

test("L7: the S3 name counts, not the object's: a stranger's bucket of that name is never touched", async (t) => {
  const world = await startWorld(t);
  for (const name of ['app', 'app-logs']) await makeOutside(world, name, { tags: { team: 'b' } });
  const strangers = () => ['app', 'app-logs'].map((name) => world.snapshot(name));
  const before = strangers();
  await world.apply(bucket('app-logs', { name: 'company-logs' }));
  const logging = { targetBucketRef: { name: 'app-logs' } };
  await world.apply(bucket('app', { name: 'company-app', logging, deletionPolicy: 'Delete' }));
  await world.reaches('Bucket', 'app', 'Ready', 'True');
  assert.match(JSON.stringify(world.snapshot('company-app')), /"TargetBucket":"company-logs"/);
  await world.delete('Bucket', 'app');
  await world.gone('Bucket', 'app');
  assert.equal(world.snapshot('company-app'), undefined);
  assert.deepEqual(strangers(), before);
  assert.deepEqual([...callsTo(world, 'app'), ...callsTo(world, 'app-logs')], []);
});

test('L8: name and Provider of a Bucket cannot change, so no bucket is left behind unseen', async (t) => {
  const world = await startWorld(t, { hasProvider: false });
  await world.apply(bucket('fixed', { region: 'eu-central-2' }));
  const edits = [
    { name: 'other' },
    { name: null },
    { providerRef: { name: 'other' } },
    { providerRef: { namespace: 'other' } },
    { providerRef: null },
    { region: 'eu-west-1' },
    { region: null },
    { objectLock: { enabled: true } },
  ];
  for (const spec of edits) {
    await assert.rejects(
      world.patch('Bucket', 'fixed', { spec }),
      /cannot change|can change only|[Rr]equired/,
      JSON.stringify(spec),
    );
  }
  await assert.rejects(
    world.cluster.admin.create(BUCKETS, world.namespace, { ...bucket('no-spec'), spec: undefined }),
    /spec is missing/,
  );
});

test('L9: rules are compared by meaning: neither dates nor order cause a rewrite', async (t) => {
  const world = await startWorld(t);
  const rules = [
    { id: 'z', prefix: 'z/', expiration: { date: '2031-05-01' } },
    { id: 'a', prefix: 'a/', abortIncompleteMultipartUpload: { daysAfterInitiation: 2 } },
    { id: 'm', filter: { prefix: 'm/', objectSizeGreaterThan: 10 }, noncurrentVersionExpiration: { days: 4 } },
  ];
  await world.apply(bucket('ruled', { lifecycle: { rules } }));
  await world.reaches('Bucket', 'ruled', 'Ready', 'True');
  const writes = writesTo(world, 'ruled');
  await world.patch('Bucket', 'ruled', { spec: { lifecycle: { rules: rules.toReversed() } } });
  await world.reaches('Bucket', 'ruled', 'Synced', 'True');
  await world.resync();
  assert.deepEqual(writesTo(world, 'ruled'), writes);
});

test('L10: a setting that cannot be read keeps no other from being compared and repaired', async (t) => {
  const world = await startWorld(t, ONCE);
  await world.apply(
    bucket('split', {
      versioning: { enabled: true },
      lifecycle: { rules: [{ id: 'a', expiration: { days: 1 } }] },
      encryption: { enabled: true },
    }),
  );
  await world.reaches('Bucket', 'split', 'Ready', 'True');
  const effect = { type: 'error', status: 500, code: 'InternalError' } as const;
  const fault = world.emulator.faults.add({ operation: 'GetBucketVersioning', effect });
  await world.console.send(new DeleteBucketLifecycleCommand({ Bucket: 'split' }));
  await pass(world, 'Bucket', 'split');
  await world.reaches('Bucket', 'split', 'Synced', 'ServiceFailed');
  assert.equal((await world.condition('Bucket', 'split', 'Ready'))?.status, 'True', 'it was found as it should be');
  assert.match(JSON.stringify(world.snapshot('split')), /"Days":/);
  world.emulator.faults.clear(fault);
  await world.elapse(60_000);
  await world.reaches('Bucket', 'split', 'Synced', 'True');
});

test('L11: what is sent is what the service takes: no MFADelete, always a Filter, no transitions on one tier', async (t) => {
  const world = await startWorld(t);
  await world.apply(
    bucket('wired', {
      versioning: { enabled: true, mfaDelete: true },
      lifecycle: {
        rules: [{ id: 'all', expiration: { days: 9 }, transitions: [{ days: 1, storageClass: 'GLACIER' }] }],
      },
      tagging: { tags: { team: 'a' } },
    }),
  );
  await world.reaches('Bucket', 'wired', 'Ready', 'True');
  for (const body of bodiesOf(world, '?versioning')) assert.doesNotMatch(body, /MfaDelete/i);
  const lifecycle = bodiesOf(world, '?lifecycle');
  assert.ok(lifecycle.length > 0);
  for (const body of lifecycle) {
    assert.match(body, /<Filter>/);
    assert.doesNotMatch(body, /Transition/);
  }
  await world.patch('Bucket', 'wired', { spec: { tagging: { tags: { team: null } } } });
  await world.reaches('Bucket', 'wired', 'Synced', 'True');
  assert.equal((await tagsOf(world, 'wired'))['team'], undefined, 'a tag that is taken out of the spec goes');
});

test('L12: the region goes into the create, the endpoint and the signature, and us-east-1 has none to name', async (t) => {
  const world = await startWorld(t);
  for (const region of ['us-east-1', 'ap-northeast-1']) {
    const name = `in-${region}`;
    await world.apply(bucket(name, { region }));
    await world.reaches('Bucket', name, 'Ready', 'True');
    const [create] = world.operator.wasabi.calls.filter(
      ({ method, url }) => method === 'PUT' && url.split('?')[0]?.replace(/\/$/, '') === `/${name}`,
    );
    assert.match(create?.host ?? '', new RegExp(`^s3\\.${region}\\.`));
    assert.match(create?.authorization ?? '', new RegExp(`/${region}/s3/`));
    assert.equal(/LocationConstraint/.test(create?.body ?? ''), region !== 'us-east-1');
    assert.equal(world.emulator.state.buckets.get(name)?.region, region);
  }
});

test('L13: a signed call decides whether credentials are right', async (t) => {
  const world = await startWorld(t, { hasProvider: false });
  const { accessKeyId } = world.keys;
  await world.apply(secret('wasabi-credentials', { 'access-key': accessKeyId, 'secret-key': 'w'.repeat(40) }));
  await world.apply(provider('wasabi', endpointsOf(world)));
  await world.reaches('Provider', 'wasabi', 'AuthValid', 'False');
  await world.reaches('Provider', 'wasabi', 'Ready', 'False');
  // STS refuses them first: nothing is known of S3 then.
  await world.reaches('Provider', 'wasabi', 'EndpointReachable', 'Unknown');
  await world.expectValid('Provider', 'wasabi');
});

test('L14: a Provider follows its Secret at once, down and up again', async (t) => {
  const world = await startWorld(t);
  await world.apply(secret('wasabi-credentials', { 'secret-key': 'w'.repeat(40) }));
  await world.reaches('Provider', 'wasabi', 'Ready', 'AuthFailed');
  await applyProvider(world);
  await world.reaches('Provider', 'wasabi', 'Ready', 'True');
  await world.patch('Secret', 'wasabi-credentials', { data: { 'secret-key': null } });
  await world.reaches('Provider', 'wasabi', 'Ready', 'SecretKeyMissing');
  assert.match(
    (await world.condition('Provider', 'wasabi', 'Ready'))?.message ?? '',
    /wasabi-credentials.*"secret-key"/,
  );
  await applyProvider(world);
  await world.reaches('Provider', 'wasabi', 'Ready', 'True');
});

test('L15: wrong credentials are tried at once, after 1 and 5 minutes, then hourly, across restarts', async (t) => {
  const world = await startWorld(t, { hasProvider: false });
  await world.apply(
    secret('wasabi-credentials', { 'access-key': 'NOSUCHKEY00000000000', 'secret-key': 'w'.repeat(40) }),
  );
  await world.apply(provider('wasabi', endpointsOf(world)));
  await world.reaches('Provider', 'wasabi', 'Ready', 'AuthFailed');
  await world.settle();
  const first = world.operatorCalls().length;
  const triesAfter = async (seconds: number) => {
    await world.elapse(seconds * 1_000, 5_000);
    return world.operatorCalls().length / first;
  };
  await world.restart();
  assert.equal(await triesAfter(0), 1, 'a restart does not begin anew');
  assert.equal(await triesAfter(50), 1);
  assert.equal(await triesAfter(15), 2);
  assert.equal(await triesAfter(280), 2);
  assert.equal(await triesAfter(30), 3);
  assert.equal(await triesAfter(3_500), 3);
  await annotate(world, 'Provider', 'wasabi', { 's3.cloud37.dev/reconcile-requested-at': 'now' });
  await until('a try on request', async () => world.operatorCalls().length / first === 4);
  const { account } = world.emulator;
  await world.apply(providerSecret('wasabi-credentials', account));
  await world.reaches('Provider', 'wasabi', 'Ready', 'True');
});

test('L16: what only a person can mend is not tried every minute', async (t) => {
  const world = await startWorld(t);
  await makeOutside(world, 'theirs');
  await world.apply(bucket('theirs'));
  await world.reaches('Bucket', 'theirs', 'Stalled', 'AlreadyExists');
  await world.settle();
  const aPass = callsTo(world, 'theirs').length;
  await world.elapse(600_000, 5_000);
  await world.settle();
  assert.ok(callsTo(world, 'theirs').length <= 4 * aPass, 'once an interval of 5 minutes');
});

test('L17: a status that says the same is not written, and no time moves by itself', async (t) => {
  const world = await startWorld(t);
  await world.apply(bucket('still', { versioning: { enabled: true } }));
  await world.reaches('Bucket', 'still', 'Ready', 'True');
  await world.settle();
  const before = await world.get('Bucket', 'still');
  await world.resync();
  await world.resync();
  assert.deepEqual(await world.get('Bucket', 'still'), before);
  const VersioningConfiguration = { Status: 'Suspended' as const };
  await world.console.send(new PutBucketVersioningCommand({ Bucket: 'still', VersioningConfiguration }));
  await world.resync();
  const after = await world.get<Bucket>('Bucket', 'still');
  assert.equal(await versioningOf(world, 'still'), 'Enabled');
  assert.ok(Date.parse(after?.status?.lastSyncTime ?? '') > Date.parse(before?.metadata.creationTimestamp ?? ''));
});

test('L18: a service that hangs on one bucket holds up no other object', async (t) => {
  const world = await startWorld(t, { providerSpec: { timeoutSeconds: 1, retry: { maxAttempts: 1 } } });
  world.emulator.faults.add({ bucket: 'slow', effect: { type: 'hang' } });
  await world.apply(bucket('slow'));
  await until('it hangs', () =>
    Promise.resolve(world.operator.wasabi.calls.some(({ url }) => url.startsWith('/slow'))),
  );
  await world.apply(bucket('quick'));
  await world.reaches('Bucket', 'quick', 'Ready', 'True');
  await world.operator.clock.skip(1_000);
  await world.reaches('Bucket', 'slow', 'Synced', 'Timeout');
});

for (const [what, answer] of [
  ['refused', { status: 403, headers: { 'content-type': 'application/json' }, body: '{"kind":"Status","code":403}' }],
  ['never answered', 'hang'],
] as const) {
  test(`L19: events that are ${what} hold nothing up`, async (t) => {
    const world = await startWorld(t);
    world.operator.kube.decide(({ url }) => (url.includes('/events') ? answer : 'pass'));
    await world.apply(bucket('silent', { deletionPolicy: 'Delete' }));
    await world.reaches('Bucket', 'silent', 'Ready', 'True');
    await world.delete('Bucket', 'silent');
    await world.gone('Bucket', 'silent');
    world.operator.kube.decide(undefined);
  });
}

test('L20: an event stands at the object that it concerns, once for each change', async (t) => {
  const world = await startWorld(t);
  await world.apply(bucket('eventful'));
  await world.reaches('Bucket', 'eventful', 'Ready', 'True');
  const { uid } = (await world.get('Bucket', 'eventful'))?.metadata ?? {};
  const found = async () => {
    const { items } = await world.cluster.admin.list<Event>(EVENTS, world.namespace);
    return items.filter(({ reason }) => reason === 'BucketCreated');
  };
  await until('the event', async () => (await found()).length > 0);
  await world.resync();
  const [event, ...more] = await found();
  assert.deepEqual(more, []);
  const { kind, name, uid: about } = event?.regarding ?? {};
  assert.deepEqual({ kind, name, uid: about }, { kind: 'Bucket', name: 'eventful', uid });
});

test('L20: objects that are applied together wait for one another without a word', async (t) => {
  const world = await startWorld(t, { hasProvider: false });
  await applyProvider(world, { suspend: true }); // so that the Bucket's pass comes first in any case
  await world.apply(bucket('early'));
  await world.reaches('Bucket', 'early', 'Synced', 'ProviderNotReady');
  await world.patch('Provider', 'wasabi', { spec: { suspend: false } });
  await world.reaches('Bucket', 'early', 'Ready', 'True');
  const { uid } = (await world.get('Bucket', 'early'))?.metadata ?? {};
  const reasons = async () => {
    const { items } = await world.cluster.admin.list<Event>(EVENTS, world.namespace);
    return items.filter(({ regarding }) => regarding?.uid === uid).map(({ reason }) => reason);
  };
  await until('the event', async () => (await reasons()).includes('BucketCreated'));
  assert.deepEqual(await reasons(), ['BucketCreated']);
});

test('L21: the operator stops in time, whatever the service does', async (t) => {
  const world = await startWorld(t);
  world.emulator.faults.add({ bucket: 'slow', effect: { type: 'hang' } });
  await world.apply(bucket('slow'));
  await until('it hangs', () =>
    Promise.resolve(world.operator.wasabi.calls.some(({ url }) => url.startsWith('/slow'))),
  );
  const startedMs = performance.now();
  await world.operator.running.stop(100);
  assert.ok(performance.now() - startedMs < 5_000);
});

test('L22: two Providers of one account share its calls a second, the lower limit for both', async (t) => {
  const world = await startWorld(t, { providerSpec: { rateLimit: { requestsPerSecond: 10, burst: 1 } } });
  await world.apply(provider('twin', { ...endpointsOf(world), rateLimit: { requestsPerSecond: 1_000, burst: 1_000 } }));
  await world.reaches('Provider', 'twin', 'Ready', 'True');
  await world.settle();
  const startedMs = performance.now();
  await world.apply(bucket('one'));
  await world.apply(bucket('two', { providerRef: { name: 'twin' } }));
  await world.reaches('Bucket', 'one', 'Ready', 'True');
  await world.reaches('Bucket', 'two', 'Ready', 'True');
  const seconds = (performance.now() - startedMs) / 1_000;
  const calls = callsTo(world, 'one').length + callsTo(world, 'two').length;
  assert.ok(calls >= 8 && calls <= 2 + 10 * seconds, `${calls} calls in ${seconds} s`);
});
