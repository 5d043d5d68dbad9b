import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type KeyPair, providerSecret } from './support/account.ts';
import { eventsAbout, inject, isPatch, kubeError, s3Error } from './support/answers.ts';
import { bucket, provider, secret } from './support/builders.ts';
import { until } from './support/cluster.ts';
import type { ProxiedCall, Verdict } from './support/proxy.ts';
import { shareCluster } from './support/shared-cluster.ts';
import { applyProvider, endpointsOf, type World } from './support/world.ts';

const shared = shareCluster();
/** No drift interval comes in between: what is looked at again is looked at for its own sake. */
const flags = ['--drift-check-interval-seconds=0'];
const providerSpec = { retry: { maxAttempts: 2 }, rateLimit: { requestsPerSecond: 1_000 } };
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;

function putKeys(world: World, keys: KeyPair, name = 'wasabi-credentials'): Promise<unknown> {
  return world.apply(providerSecret(name, keys));
}

function putWrongKeys(world: World, ending = ''): Promise<unknown> {
  return putKeys(world, { ...world.keys, secretAccessKey: `this-is-not-the-secret-access-key${ending}` });
}

/** Calls of the operator to the service from now on. */
function countCalls(world: World): () => number {
  const { wasabi } = world.operator;
  const before = wasabi.calls.length;
  return () => wasabi.calls.length - before;
}

/** Tries with credentials that the service refused; a call signed for the wrong time is none. */
function refusals(world: World): number {
  return world.operatorCalls().filter(({ code }) => code === 'SignatureDoesNotMatch').length;
}

async function request(world: World, when: string): Promise<void> {
  await world.patch('Provider', 'wasabi', {
    metadata: { annotations: { 's3.cloud37.dev/reconcile-requested-at': when } },
  });
}

describe('credentials that the service refuses', { concurrency: 3 }, () => {
  test('are tried after a minute, after five, then hourly, and at once when the Secret changes', async (t) => {
    const world = await shared.startWorld(t, { flags, providerSpec });
    for (const name of ['one', 'two', 'three']) {
      await world.apply(bucket(`bucket-${name}`));
      await world.reaches('Bucket', `bucket-${name}`, 'Ready', 'True');
    }
    await world.settle();
    const calls = countCalls(world);
    await putWrongKeys(world);
    await world.reaches('Provider', 'wasabi', 'AuthValid', 'AuthFailed');
    await world.reaches('Provider', 'wasabi', 'Ready', 'False');
    for (const name of ['one', 'two', 'three'])
      await world.reaches('Bucket', `bucket-${name}`, 'Synced', 'ProviderNotReady');
    await world.settle();
    assert.equal(calls(), 1, 'one call shows it, whoever needs the account');
    await world.expectValid('Provider', 'wasabi');
    await world.expectValid('Bucket', 'bucket-one');
    assert.equal((await world.condition('Bucket', 'bucket-one', 'Ready'))?.status, 'True', 'nobody looked at it since');

    let tried = 1;
    let sinceMs = 0; // the last try
    for (const waitMs of [MINUTE_MS, 5 * MINUTE_MS, HOUR_MS, HOUR_MS]) {
      const [writes, sent] = [world.kubeWrites().length, calls()];
      await world.elapse(waitMs - 10_000 - sinceMs);
      assert.equal(calls(), sent, `no call for ${waitMs} ms`);
      assert.deepEqual(world.kubeWrites().slice(writes), [], 'and nothing new to write');
      await world.elapse(20_000);
      sinceMs = 10_000;
      tried += 1;
      assert.equal(refusals(world), tried, `one try after ${waitMs} ms`);
    }

    await putWrongKeys(world, '-either');
    await world.settle();
    assert.equal(refusals(world), tried + 1, 'other credentials are tried at once');
    await putKeys(world, world.keys);
    await world.reaches('Provider', 'wasabi', 'Ready', 'True');
    for (const name of ['one', 'two', 'three']) await world.reaches('Bucket', `bucket-${name}`, 'Synced', 'True');
    await world.expectValid('Provider', 'wasabi');
    assert.equal((await world.get('Provider', 'wasabi'))?.status?.observedGeneration, 1);
  });

  test('are left alone by a restart, and tried when somebody asks', async (t) => {
    const world = await shared.startWorld(t, { flags, providerSpec, hasProvider: false });
    await applyProvider(world, providerSpec);
    await putWrongKeys(world);
    await world.reaches('Provider', 'wasabi', 'AuthValid', 'AuthFailed');
    await world.settle();
    await world.restart();
    const calls = countCalls(world);
    await world.elapse(MINUTE_MS - 15_000);
    assert.equal(calls(), 0, 'a process that has just started knows of the refusal');
    await request(world, '1');
    await world.settle();
    assert.equal(calls(), 1, 'asked for');
    await world.elapse(MINUTE_MS);
    assert.equal(calls(), 1, 'asked for once');
    await world.elapse(5 * MINUTE_MS);
    assert.equal(calls(), 2, 'and the second wait is the longer one');
    await world.expectValid('Provider', 'wasabi');
    assert.deepEqual(
      eventsAbout(world, 'Provider', 'wasabi').map(({ type, reason }) => `${type} ${reason}`),
      [],
      'the same failure is told once',
    );
  });

  test('stop nobody else', async (t) => {
    const world = await shared.startWorld(t, { flags, providerSpec });
    const other = world.emulator.createAccount();
    await putKeys(world, other, 'other-credentials');
    const auth = {
      accessKeySecretRef: { name: 'other-credentials' },
      secretKeySecretRef: { name: 'other-credentials' },
    };
    await world.apply(provider('other', { ...providerSpec, ...endpointsOf(world), auth }));
    await world.reaches('Provider', 'other', 'Ready', 'True');
    await putWrongKeys(world);
    await world.reaches('Provider', 'wasabi', 'AuthValid', 'AuthFailed');
    await world.apply(bucket('elsewhere', { providerRef: { name: 'other' } }));
    await world.reaches('Bucket', 'elsewhere', 'Ready', 'True');
    await world.reaches('Provider', 'other', 'Ready', 'True');
  });
});

test('an account that asks to slow down is left alone until Retry-After is over, and no other is', async (t) => {
  const world = await shared.startWorld(t, { flags, providerSpec });
  const other = world.emulator.createAccount();
  await putKeys(world, other, 'other-credentials');
  const auth = {
    accessKeySecretRef: { name: 'other-credentials' },
    secretKeySecretRef: { name: 'other-credentials' },
  };
  await world.apply(provider('other', { ...providerSpec, ...endpointsOf(world), auth }));
  await world.reaches('Provider', 'other', 'Ready', 'True');
  const isOurs = ({ authorization }: ProxiedCall) => authorization.includes(world.keys.accessKeyId);
  const fault = inject(world.operator.wasabi, isOurs, s3Error(503, 'SlowDown', { 'retry-after': '300' }));
  await world.apply(bucket('slow'));
  await world.reaches('Bucket', 'slow', 'Synced', 'Throttled');
  await world.settle();
  const hits = fault.hits.length;
  for (const name of ['a', 'b', 'c']) {
    await world.apply(bucket(`slow-${name}`));
    await world.apply(bucket(`fast-${name}`, { providerRef: { name: 'other' } }));
  }
  for (const name of ['a', 'b', 'c']) {
    await world.reaches('Bucket', `slow-${name}`, 'Synced', 'Throttled');
    await world.reaches('Bucket', `fast-${name}`, 'Ready', 'True');
  }
  await world.elapse(290_000);
  assert.equal(fault.hits.length, hits, 'not one call to the account before its time');
  await world.expectValid('Bucket', 'slow');
  fault.end();
  await world.elapse(120_000);
  for (const name of ['slow', 'slow-a', 'slow-b', 'slow-c']) await world.reaches('Bucket', name, 'Ready', 'True');
});

test('a Secret that no longer has a key is told of the Provider, and its objects name the Provider that they wait for', async (t) => {
  const world = await shared.startWorld(t, { flags });
  await world.apply(bucket('waiting'));
  await world.reaches('Bucket', 'waiting', 'Ready', 'True');
  await world.patch('Secret', 'wasabi-credentials', { data: { 'secret-key': null } });
  await world.reaches('Provider', 'wasabi', 'Ready', 'False');
  await world.reaches('Bucket', 'waiting', 'Synced', 'SecretKeyMissing');
  await world.settle();
  const { message = '' } = (await world.condition('Bucket', 'waiting', 'Synced')) ?? {};
  assert.match(
    message,
    /^spec\.providerRef: Provider [^ ]+\/wasabi: spec\.auth\.secretKeySecretRef: Secret .* has no key "secret-key"/,
  );
  const warnings = (kind: string, name: string) =>
    eventsAbout(world, kind, name).filter(({ type, reason }) => type === 'Warning' && reason.endsWith('Failed')).length;
  assert.deepEqual([warnings('Bucket', 'waiting'), warnings('Provider', 'wasabi') > 0], [0, true]);
});

describe('a Secret that is not as it should be', { concurrency: 3 }, () => {
  const cases: readonly {
    readonly title: string;
    readonly reason: string;
    readonly values?: Record<string, string>;
  }[] = [
    { title: 'is missing', reason: 'SecretNotFound' },
    { title: 'lacks a key', reason: 'SecretKeyMissing', values: { 'access-key': 'AAAAAAAAAAAAAAAAAAAA' } },
    {
      title: 'holds something else',
      reason: 'SecretInvalid',
      values: { 'access-key': 'AAAAAAAAAAAAAAAAAAAA', 'secret-key': 'two words, pasted' },
    },
  ];
  for (const { title, reason, values } of cases) {
    test(title, async (t) => {
      const world = await shared.startWorld(t, { flags, hasProvider: false });
      const calls = countCalls(world);
      if (values !== undefined) await world.apply(secret('wasabi-credentials', values));
      await world.apply(provider('wasabi', endpointsOf(world)));
      await world.apply(bucket('waiting'));
      await world.reaches('Provider', 'wasabi', 'Synced', reason);
      await world.reaches('Provider', 'wasabi', 'Ready', 'False');
      await world.reaches('Provider', 'wasabi', 'Reconciling', 'True');
      await world.reaches('Bucket', 'waiting', 'Synced', 'ProviderNotReady');
      await world.settle();
      assert.equal(calls(), 0, 'nothing is sent');
      for (const [kind, name] of [
        ['Provider', 'wasabi'],
        ['Bucket', 'waiting'],
      ] as const)
        await world.expectValid(kind, name);
      assert.deepEqual(
        eventsAbout(world, 'Provider', 'wasabi').map(({ type }) => type),
        ['Warning'],
      );

      await putKeys(world, world.keys);
      await world.reaches('Provider', 'wasabi', 'Ready', 'True');
      await world.reaches('Bucket', 'waiting', 'Ready', 'True');
      await world.expectValid('Provider', 'wasabi');
    });
  }
});

test('an endpoint that may not be called is never called, and waits for its author', async (t) => {
  const world = await shared.startWorld(t, { flags, hasProvider: false });
  await putKeys(world, world.keys);
  const calls = countCalls(world);
  for (const field of ['endpoint', 'iamEndpoint', 'stsEndpoint']) {
    await world.apply(provider(field.toLowerCase(), { ...endpointsOf(world), [field]: 'https://169.254.169.254' }));
    await world.reaches('Provider', field.toLowerCase(), 'Stalled', 'EndpointNotAllowed');
    await world.reaches('Provider', field.toLowerCase(), 'Ready', 'False');
    await world.expectValid('Provider', field.toLowerCase());
  }
  await world.elapse(120_000);
  assert.equal(calls(), 0);
  await world.patch('Provider', 'endpoint', { spec: endpointsOf(world) });
  await world.reaches('Provider', 'endpoint', 'Ready', 'True');
  assert.equal((await world.condition('Provider', 'endpoint', 'Stalled'))?.status, undefined);
});

test('credentials of another account stop all that was made in the first, until they are put back', async (t) => {
  const world = await shared.startWorld(t, { flags, providerSpec });
  await world.apply(bucket('pinned', { deletionPolicy: 'Delete' }));
  await world.reaches('Bucket', 'pinned', 'Ready', 'True');
  await world.settle();
  const before = world.snapshot('pinned');
  await putKeys(world, world.emulator.createAccount());
  await world.reaches('Provider', 'wasabi', 'Stalled', 'AccountChanged');
  await world.delete('Bucket', 'pinned');
  await world.reaches('Bucket', 'pinned', 'Ready', 'False');
  await world.elapse(120_000);
  assert.deepEqual(world.snapshot('pinned'), before);
  assert.notEqual(await world.get('Bucket', 'pinned'), undefined, 'what cannot be seen is not gone');
  await world.expectValid('Provider', 'wasabi');
  await world.expectValid('Bucket', 'pinned');
  await putKeys(world, world.keys);
  await world.reaches('Provider', 'wasabi', 'Ready', 'True');
  await world.gone('Bucket', 'pinned');
  assert.equal(world.snapshot('pinned'), undefined);
});

test('credentials of another account are not used, even before the Provider says so', async (t) => {
  const world = await shared.startWorld(t, { flags, providerSpec });
  await world.apply(bucket('pinned'));
  await world.reaches('Bucket', 'pinned', 'Ready', 'True');
  await world.settle();
  const isVerdict = (call: ProxiedCall) => isPatch(call, 'wasabi', 'status');
  const fault = inject(world.operator.kube, isVerdict, kubeError(500, 'InternalError'));
  const stranger = world.emulator.createAccount();
  await putKeys(world, stranger);
  await until('the Provider would say so', () => Promise.resolve(fault.hits.length > 0));
  await world.apply(bucket('fresh'));
  await world.patch('Bucket', 'pinned', { spec: { tagging: { tags: { team: 'b' } } } });
  for (const name of ['fresh', 'pinned']) await world.reaches('Bucket', name, 'Synced', 'AccountChanged');
  const made = world.operator.wasabi.calls.filter(
    ({ authorization, url }) => authorization.includes(stranger.accessKeyId) && /^\/(fresh|pinned)/.test(url),
  );
  assert.deepEqual(made, [], 'no call on a bucket with keys of another account');
  assert.equal(world.snapshot('fresh'), undefined);
  await putKeys(world, world.keys);
  fault.end();
  await world.elapse(300_000);
  for (const name of ['fresh', 'pinned']) await world.reaches('Bucket', name, 'Ready', 'True');
});

describe('a Provider that worked says so until something else is known', { concurrency: 3 }, () => {
  const cases: readonly { readonly title: string; readonly verdict: Verdict; readonly reason: string }[] = [
    { title: '500 from STS', verdict: s3Error(500, 'InternalFailure'), reason: 'ServiceFailed' },
    { title: 'a reset', verdict: 'dropRequest', reason: 'ConnectionLost' },
    { title: 'no answer', verdict: 'hang', reason: 'Timeout' },
    { title: 'SlowDown', verdict: s3Error(503, 'SlowDown', { 'retry-after': '20' }), reason: 'Throttled' },
  ];
  for (const { title, verdict, reason } of cases) {
    test(title, async (t) => {
      const world = await shared.startWorld(t, { flags, providerSpec: { ...providerSpec, timeoutSeconds: 1 } });
      const fault = inject(world.operator.wasabi, ({ host }) => host.startsWith('sts.'), verdict);
      await request(world, '1');
      await world.reaches('Provider', 'wasabi', 'Synced', reason);
      await world.reaches('Provider', 'wasabi', 'Ready', 'True');
      await world.reaches('Provider', 'wasabi', 'Reconciling', 'True');
      assert.equal((await world.condition('Provider', 'wasabi', 'AuthValid'))?.status, 'True');
      for (const type of ['EndpointReachable', 'IAMReachable'])
        assert.equal((await world.condition('Provider', 'wasabi', type))?.status, 'Unknown', `${type}: not asked`);
      await world.expectValid('Provider', 'wasabi');
      fault.end();
      await world.elapse(60_000, 400);
      await world.reaches('Provider', 'wasabi', 'Synced', 'True');
      await world.expectValid('Provider', 'wasabi');
    });
  }
});
