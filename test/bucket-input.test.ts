import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { eventsAbout } from './support/answers.ts';
import { bucket, provider } from './support/builders.ts';
import { callsTo, pass, versioningOf } from './support/outside.ts';
import { shareCluster } from './support/shared-cluster.ts';

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
    const world = await shared.startWorld(t);
    await world.apply(bucket('abroad', { userRef: { name: 'nobody', namespace: 'elsewhere' } }));
    await world.reaches('Bucket', 'abroad', 'Synced', 'RefNotPermitted');
    const { message = '' } = (await world.condition('Bucket', 'abroad', 'Synced')) ?? {};
    assert.match(message, /^spec\.userRef: User elsewhere\/nobody does not exist or does not admit namespace /);
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
