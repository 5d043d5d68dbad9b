import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { eventsAbout, inject, isLook, isOn, s3Error } from './support/answers.ts';
import { bucket, provider, secret, user } from './support/builders.ts';
import { createNamespace, until } from './support/cluster.ts';
import { callsTo, makeOutside, pass, versioningOf } from './support/outside.ts';
import type { ProxiedCall } from './support/proxy.ts';
import { shareCluster } from './support/shared-cluster.ts';
import { applyProvider, consoleOf, endpointsOf } from './support/world.ts';

const shared = shareCluster();

describe('a Bucket whose userRef names no User', { concurrency: 3 }, () => {
  test('waits and says so, without a call and without a write more; deleted, it is gone', async (t) => {
    const world = await shared.startWorld(t);
    await world.apply(bucket('waiting', { userRef: { name: 'nobody' }, deletionPolicy: 'Delete' }));
    await world.reaches('Bucket', 'waiting', 'Synced', 'UserNotFound');
    await world.reaches('Bucket', 'waiting', 'Ready', 'UserNotFound');
    await world.reaches('Bucket', 'waiting', 'Reconciling', 'True');
    assert.equal(
      (await world.condition('Bucket', 'waiting', 'Synced'))?.message,
      `spec.userRef: User ${world.namespace}/nobody does not exist: create it, or correct the reference`,
    );
    await world.expectValid('Bucket', 'waiting');
    await world.settle();
    const writes = world.kubeWrites().length;
    await world.resync();
    assert.equal(world.kubeWrites().length, writes, 'it waits without a write');
    await until('it is told', () => Promise.resolve(eventsAbout(world, 'Bucket', 'waiting').length > 0));
    assert.deepEqual(
      eventsAbout(world, 'Bucket', 'waiting').map(({ type }) => type),
      ['Normal'],
      'and is told once',
    );
    await world.delete('Bucket', 'waiting');
    await world.gone('Bucket', 'waiting');
    assert.deepEqual(callsTo(world, 'waiting'), [], 'the service never heard of it');
  });

  test('is made once the reference is taken out', async (t) => {
    const world = await shared.startWorld(t);
    await world.apply(bucket('freed', { userRef: { name: 'nobody' } }));
    await world.reaches('Bucket', 'freed', 'Synced', 'UserNotFound');
    await world.patch('Bucket', 'freed', { spec: { userRef: null } });
    await world.reaches('Bucket', 'freed', 'Ready', 'True');
    await world.expectValid('Bucket', 'freed');
  });

  test('in another namespace, is told what it is told of a User without a grant', async (t) => {
    const namespace = await createNamespace(shared.cluster.admin, 'elsewhere');
    const world = await shared.startWorld(t, { neighbours: [namespace] });
    await world.apply(bucket('abroad', { userRef: { name: 'nobody', namespace } }));
    await world.reaches('Bucket', 'abroad', 'Synced', 'RefNotPermitted');
    const { message = '' } = (await world.condition('Bucket', 'abroad', 'Synced')) ?? {};
    assert.match(message, /^spec\.userRef: User elsewhere\S*\/nobody does not exist or does not admit namespace /);
    await world.settle();
    assert.deepEqual(callsTo(world, 'abroad'), []);
  });

  test('and whose bucket is there, is kept as it should be and may be deleted', async (t) => {
    // No drift interval comes in between: what is looked at again is looked at for the sake of the User.
    const world = await shared.startWorld(t, { flags: ['--drift-check-interval-seconds=0'] });
    await world.apply(bucket('kept', { deletionPolicy: 'Delete' }));
    await world.reaches('Bucket', 'kept', 'Ready', 'True');
    await world.patch('Bucket', 'kept', { spec: { userRef: { name: 'nobody' }, versioning: { enabled: true } } });
    await world.reaches('Bucket', 'kept', 'Synced', 'UserNotFound');
    assert.equal(await versioningOf(world, 'kept'), 'Enabled');
    await world.expectValid('Bucket', 'kept');
    await world.settle();
    const calls = callsTo(world, 'kept').length;
    await world.elapse(120_000);
    assert.equal(callsTo(world, 'kept').length, calls, 'it is not read again and again');
    await pass(world, 'Bucket', 'kept');
    assert.equal((await world.get('Bucket', 'kept'))?.metadata.generation, 2);
    await world.delete('Bucket', 'kept');
    await world.gone('Bucket', 'kept');
    assert.equal(world.snapshot('kept'), undefined);
  });
});

describe('what cannot be is refused before it is stored, in words', { concurrency: 3 }, () => {
  const cases = [
    ['a name with an underscore', bucket('odd', { name: 'Team_A' }), 'spec.name', 'name must have 3 to 63 characters'],
    ['a name with two dots', bucket('odd', { name: 'a..b' }), 'spec.name', "name must not hold '..'"],
    ['an IP address', bucket('odd', { name: '192.168.5.4' }), 'spec.name', 'name must not look like an IP address'],
    ['a reserved prefix', bucket('odd', { name: 'xn--logs' }), 'spec.name', 'name must not begin with xn--'],
    ['a region with spaces', bucket('odd', { region: 'eu central 1' }), 'spec.region', 'such as eu-central-2'],
    ['a region of a Provider', provider('odd', { region: 'EU-1' }), 'spec.region', 'such as eu-central-2'],
  ] as const;
  for (const [title, manifest, field, message] of cases) {
    test(title, async (t) => {
      const world = await shared.startWorld(t, { hasProvider: false });
      await assert.rejects(world.apply(manifest), (error: Error) => {
        assert.ok(error.message.includes(field) && error.message.includes(message), error.message);
        assert.ok(!error.message.includes('should match'), 'no bare pattern');
        return true;
      });
    });
  }
});

describe('what the service refuses names the field, the value and the next step', { concurrency: 3 }, () => {
  test('a region that does not exist', async (t) => {
    const world = await shared.startWorld(t);
    await world.apply(bucket('lost', { region: 'eu-centrl-1' }));
    await world.reaches('Bucket', 'lost', 'Ready', 'False');
    const { message = '' } = (await world.condition('Bucket', 'lost', 'Stalled')) ?? {};
    assert.match(message, /^spec\.region "eu-centrl-1": S3 GetBucketTagging at s3\.eu-centrl-1\./);
    assert.match(message, /; if it is misspelt, make a new Bucket with the right one: a region cannot change/);
    await world.expectValid('Bucket', 'lost');
    await world.delete('Bucket', 'lost');
    await world.gone('Bucket', 'lost');
  });

  const refusals = [
    [
      'InvalidLocationConstraint',
      'InvalidRegion',
      /^spec\.region "eu-central-2" of Provider .*\/wasabi: S3 CreateBucket /,
    ],
    [
      'InvalidBucketName',
      'Rejected',
      /^spec\.name "refused": S3 CreateBucket .*a name cannot change: make a new Bucket/,
    ],
  ] as const;
  for (const [code, reason, says] of refusals) {
    test(`a creation that is answered ${code}`, async (t) => {
      const world = await shared.startWorld(t);
      const isCreation = (call: ProxiedCall) => call.method === 'PUT' && isOn(call, 'refused');
      const fault = inject(world.operator.wasabi, isCreation, s3Error(400, code));
      await world.apply(bucket('refused'));
      await world.reaches('Bucket', 'refused', 'Stalled', reason);
      assert.match((await world.condition('Bucket', 'refused', 'Ready'))?.message ?? '', says);
      assert.ok(fault.hits.length > 0);
      await world.expectValid('Bucket', 'refused');
    });
  }

  test('a place that is no region is no verdict, and not told as one', async (t) => {
    const world = await shared.startWorld(t);
    await makeOutside(world, 'nowhere');
    const body = `<LocationConstraint xmlns="http://s3.amazonaws.com/doc/2006-03-01/">${'x'.repeat(300)}</LocationConstraint>`;
    const isAsked = (call: ProxiedCall) => isOn(call, 'nowhere', 'location');
    const answer = { status: 200, headers: { 'content-type': 'application/xml' }, body };
    const fault = inject(world.operator.wasabi, isAsked, answer);
    await world.apply(bucket('nowhere', { adoptionPolicy: 'AdoptOrCreate' }));
    await world.reaches('Bucket', 'nowhere', 'Synced', 'UnreadableAnswer');
    await world.expectValid('Bucket', 'nowhere');
    fault.end();
    await world.elapse(60_000);
    await world.reaches('Bucket', 'nowhere', 'Ready', 'True');
  });

  test('a name that somebody else has', async (t) => {
    const world = await shared.startWorld(t);
    const stranger = consoleOf(world.emulator, world.emulator.createAccount(), 'us-east-1');
    await stranger.send(new CreateBucketCommand({ Bucket: 'taken' }));
    stranger.destroy();
    await world.apply(bucket('taken'));
    await world.reaches('Bucket', 'taken', 'Ready', 'False');
    const { message = '' } = (await world.condition('Bucket', 'taken', 'Synced')) ?? {};
    assert.match(message, /^spec\.name "taken": .*make a new Bucket with another one$/);
  });

  test('a setting', async (t) => {
    const world = await shared.startWorld(t);
    const isWrite = (call: ProxiedCall) => call.method === 'PUT' && isOn(call, 'ruled', 'lifecycle');
    inject(world.operator.wasabi, isWrite, s3Error(400, 'InvalidArgument'));
    await world.apply(
      bucket('ruled', { lifecycle: { rules: [{ id: 'old', prefix: 'tmp/', expiration: { days: 3 } }] } }),
    );
    await world.reaches('Bucket', 'ruled', 'Stalled', 'Rejected');
    const { message = '' } = (await world.condition('Bucket', 'ruled', 'Synced')) ?? {};
    assert.match(message, /^spec\.lifecycle \[.*"tmp\/".*\]: S3 PutBucketLifecycleConfiguration .*; correct it$/);
  });

  test('the region of a Provider, whose endpoint answers all the same', async (t) => {
    const world = await shared.startWorld(t, { hasProvider: false });
    await applyProvider(world, { region: 'eu-centrl-2' });
    await world.reaches('Provider', 'wasabi', 'Stalled', 'WrongRegion');
    await world.reaches('Provider', 'wasabi', 'Ready', 'False');
    const { message = '' } = (await world.condition('Provider', 'wasabi', 'Ready')) ?? {};
    assert.match(message, /^spec\.region "eu-centrl-2": S3 ListBuckets .*the service names the region eu-central-2$/);
    await world.reaches('Provider', 'wasabi', 'EndpointReachable', 'True');
    await world.expectValid('Provider', 'wasabi');
    await world.patch('Provider', 'wasabi', { spec: { region: 'eu-central-2' } });
    await world.reaches('Provider', 'wasabi', 'Ready', 'True');
  });

  test('an endpoint of a Provider that is nobody’s', async (t) => {
    const world = await shared.startWorld(t, { hasProvider: false });
    const { endpoint } = endpointsOf(world, 'eu-centrl-2');
    await applyProvider(world, { endpoint });
    await world.reaches('Provider', 'wasabi', 'Ready', 'False');
    const { message = '' } = (await world.condition('Provider', 'wasabi', 'Synced')) ?? {};
    assert.ok(message.startsWith(`spec.endpoint "${endpoint}": `) && message.endsWith('correct it'), message);
  });

  test('credentials: the Secret and its key, for the Provider and for what uses it', async (t) => {
    const world = await shared.startWorld(t);
    await world.apply(bucket('used'));
    await world.reaches('Bucket', 'used', 'Ready', 'True');
    const isLooked = (call: ProxiedCall) => isLook(call, 'used');
    const fault = inject(world.operator.wasabi, isLooked, s3Error(403, 'InvalidAccessKeyId'));
    await world.patch('Bucket', 'used', { spec: { versioning: { enabled: true } } });
    const secretName = `Secret ${world.namespace}/wasabi-credentials`;
    await until('the Bucket names the Secret', async () => {
      const { message = '' } = (await world.condition('Bucket', 'used', 'Synced')) ?? {};
      return message.startsWith(
        `Provider ${world.namespace}/wasabi, spec.auth.accessKeySecretRef: ${secretName}, key "access-key": `,
      );
    });
    fault.end();
    await world.apply(secret('wasabi-credentials', { 'secret-key': 'w'.repeat(40) }));
    await world.reaches('Provider', 'wasabi', 'Ready', 'AuthFailed');
    const { message = '' } = (await world.condition('Provider', 'wasabi', 'AuthValid')) ?? {};
    assert.ok(message.startsWith(`spec.auth.secretKeySecretRef: ${secretName}, key "secret-key": `), message);
    await world.expectValid('Provider', 'wasabi');
  });
});

test('a Bucket waits for its User, and works on when that one goes', async (t) => {
  const world = await shared.startWorld(t, { flags: ['--drift-check-interval-seconds=0'] });
  await world.apply(bucket('waits', { userRef: { name: 'team' } }));
  await world.reaches('Bucket', 'waits', 'Synced', 'UserNotFound');
  await world.apply(user('team'));
  await world.reaches('Bucket', 'waits', 'Ready', 'True');
  await world.delete('User', 'team');
  await world.gone('User', 'team');
  await world.reaches('Bucket', 'waits', 'Synced', 'UserNotFound');
  assert.equal((await world.condition('Bucket', 'waits', 'Ready'))?.status, 'True');
});
