import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CreateUserCommand } from '@aws-sdk/client-iam';
import type { FaultEffect } from '../src/emulator/fault-schema.ts';
import { iamPolicy, type Manifest, user } from './support/builders.ts';
import { arnOf, iamConsole, iamWrites, policyAsIs, userAsIs } from './support/iam-console.ts';
import { pass } from './support/outside.ts';
import { shareCluster } from './support/shared-cluster.ts';
import type { World } from './support/world.ts';

const { startWorld } = shareCluster();
const flags = ['--drift-check-interval-seconds=0'];
const providerSpec = { retry: { maxAttempts: 1 }, rateLimit: { requestsPerSecond: 1_000 } };
const RETRY_MS = 61_000;

const read = { statement: [{ effect: 'Allow', action: 's3:GetObject', resource: 'arn:aws:s3:::logs/*' }] };

/** What the service answers, and what is to be seen of it. */
interface ErrorCase {
  readonly effect: FaultEffect;
  readonly reason: string;
}

const errorCases: Readonly<Record<string, ErrorCase>> = {
  'access denied': { effect: error(403, 'AccessDenied'), reason: 'AccessDenied' },
  'a failure of the service': { effect: error(500, 'InternalError'), reason: 'ServiceFailed' },
  throttling: { effect: { type: 'throttle' }, reason: 'Throttled' },
};

function error(status: number, code: string): FaultEffect {
  return { type: 'error', status, code };
}

/** The objects that the calls are tried on: a User with everything, and the policy that it refers to. */
const objects = {
  IAMPolicy: iamPolicy('shared', read, { name: 'shared' }),
  User: user('team-a', { policy: read, policyRef: { name: 'shared' } }),
} satisfies Record<string, Manifest>;

const calls: readonly (readonly [operation: string, kind: keyof typeof objects])[] = [
  ['GetUser', 'User'],
  ['CreateUser', 'User'],
  ['PutUserPolicy', 'User'],
  ['GetUserPolicy', 'User'],
  ['AttachUserPolicy', 'User'],
  ['ListAttachedUserPolicies', 'User'],
  ['GetPolicy', 'IAMPolicy'],
  ['CreatePolicy', 'IAMPolicy'],
  ['GetPolicyVersion', 'IAMPolicy'],
  ['ListEntitiesForPolicy', 'IAMPolicy'],
];

/** Hits the calls for the object alone, and not the questions who the operator itself is. */
function faultOn(world: World, operation: string, effect: FaultEffect): () => void {
  const about = operation === 'GetUser' ? { userName: 'team-a' } : {};
  const id = world.emulator.faults.add({ service: 'iam', operation, ...about, effect });
  return () => world.emulator.faults.clear(id);
}

for (const [operation, kind] of calls) {
  for (const [what, { effect, reason }] of Object.entries(errorCases)) {
    test(`${operation}, ${what}: told by its reason, taken for no absence, and tried again`, async (t) => {
      const world = await startWorld(t, { flags, providerSpec });
      if (kind === 'User') {
        await world.apply(objects.IAMPolicy);
        await world.reaches('IAMPolicy', 'shared', 'Ready', 'True');
      }
      const end = faultOn(world, operation, effect);
      const from = world.operatorCalls().length;
      const { name } = objects[kind].metadata;
      await world.apply(objects[kind]);
      await world.reaches(kind, name, 'Synced', reason);
      await world.reaches(kind, name, 'Ready', 'False');
      await world.settle();
      if (operation === 'GetUser' || operation === 'GetPolicy') assert.deepEqual(iamWrites(world, from), []);
      end();
      await world.elapse(RETRY_MS);
      await world.reaches(kind, name, 'Ready', 'True');
      if (kind === 'User') {
        const made = await userAsIs(world, 'team-a');
        assert.deepEqual(made?.policies, [arnOf(world, 'shared')]);
        assert.equal(Object.keys(made?.inline ?? {}).length, 1);
      }
      const create = kind === 'User' ? 'CreateUser' : 'CreatePolicy';
      assert.equal(world.serviceWrites().filter((one) => one === create).length, 1, 'one is made, after all tries');
      await world.expectValid(kind, name);
    });
  }
}

test('one part that fails keeps no other from being made', async (t) => {
  const world = await startWorld(t, { flags, providerSpec });
  await world.apply(objects.IAMPolicy);
  await world.reaches('IAMPolicy', 'shared', 'Ready', 'True');
  const end = faultOn(world, 'PutUserPolicy', error(400, 'MalformedPolicyDocument'));
  await world.apply(objects.User);
  await world.reaches('User', 'team-a', 'Synced', 'PolicyInvalid');
  await world.reaches('User', 'team-a', 'Stalled', 'True');
  const half = await userAsIs(world, 'team-a');
  assert.deepEqual(half?.policies, [arnOf(world, 'shared')]);
  assert.deepEqual(half?.inline, {});
  end();
  await pass(world, 'User', 'team-a');
  await world.reaches('User', 'team-a', 'Ready', 'True');
});

for (const missingEntity of ['NoSuchEntity', 'NoSuchEntityException', 'alternating'] as const) {
  test(`absence is absence, whatever the service calls it: ${missingEntity}`, async (t) => {
    const world = await startWorld(t, { flags, providerSpec, emulator: { quirks: { missingEntity } } });
    await world.apply(objects.IAMPolicy);
    await world.apply(objects.User);
    await world.reaches('User', 'team-a', 'Ready', 'True');
    await world.delete('User', 'team-a');
    await world.delete('IAMPolicy', 'shared');
    await world.gone('User', 'team-a');
    await world.gone('IAMPolicy', 'shared');
    assert.equal(await userAsIs(world, 'team-a'), undefined);
  });
}

test('a quota that is used up waits and says so', async (t) => {
  const world = await startWorld(t, { flags, providerSpec });
  const end = faultOn(world, 'CreateUser', error(409, 'LimitExceeded'));
  await world.apply(user('team-a'));
  await world.reaches('User', 'team-a', 'Synced', 'QuotaExceeded');
  end();
  await world.elapse(RETRY_MS);
  await world.reaches('User', 'team-a', 'Ready', 'True');
});

test('L43: a create whose answer was lost is found again, and is ours', async (t) => {
  const world = await startWorld(t, { flags });
  const effect = { type: 'reset', when: 'after' } as const;
  world.emulator.faults.add({ service: 'iam', operation: 'CreateUser', count: 1, effect });
  world.emulator.faults.add({ service: 'iam', operation: 'CreatePolicy', count: 1, effect });
  await world.apply(objects.IAMPolicy);
  await world.apply(objects.User);
  await world.elapse(RETRY_MS);
  await world.reaches('IAMPolicy', 'shared', 'Ready', 'True');
  await world.reaches('User', 'team-a', 'Ready', 'True');
  await world.delete('User', 'team-a');
  await world.delete('IAMPolicy', 'shared');
  await world.gone('User', 'team-a');
  await world.gone('IAMPolicy', 'shared');
  assert.deepEqual([await userAsIs(world, 'team-a'), await policyAsIs(world, 'shared')], [undefined, undefined]);
});

test('a name that differs in the case of its letters alone is taken, and that is told', async (t) => {
  const world = await startWorld(t, { flags, providerSpec });
  await iamConsole(world.emulator).send(new CreateUserCommand({ UserName: 'Team-A' }));
  await world.apply(objects.IAMPolicy);
  await world.apply(objects.User);
  await world.reaches('User', 'team-a', 'Stalled', 'AlreadyExists');
  assert.match((await world.condition('User', 'team-a', 'Ready'))?.message ?? '', /case of its letters/);
});

test('what is named by hand and does not exist in the account is awaited', async (t) => {
  const world = await startWorld(t, { flags, providerSpec, signer: { groups: ['nobody'] } });
  const missing = 'arn:aws:iam::aws:policy/NoSuchPolicy';
  await world.apply(user('team-a', { managedPolicyArns: [missing], groups: ['nobody'] }));
  await world.reaches('User', 'team-a', 'Synced', 'NotFound');
  const { message = '' } = (await world.condition('User', 'team-a', 'Synced')) ?? {};
  assert.match(message, /NoSuchPolicy" does not exist.*group "nobody" does not exist/);
});
