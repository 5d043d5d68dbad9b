import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { eventsAbout } from './support/answers.ts';
import { bucket } from './support/builders.ts';
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
