import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CreateUserCommand, DeletePolicyCommand, DeleteUserCommand } from '@aws-sdk/client-iam';
import { DeleteBucketCommand } from '@aws-sdk/client-s3';
import { providerSecret } from './support/account.ts';
import { inject } from './support/answers.ts';
import { bucket, iamPolicy, provider, user } from './support/builders.ts';
import { arnOf, iamConsole } from './support/iam-console.ts';
import type { ProxiedCall } from './support/proxy.ts';
import { shareCluster } from './support/shared-cluster.ts';
import { endpointsOf, type World } from './support/world.ts';

const { startWorld } = shareCluster();

const MINUTE_MS = 60_000;
/** The default of --existence-check-interval-seconds. The clock of a world goes on while it is skipped: a span has one more by chance. */
const INTERVAL_MS = 55_000;
/** Each object is compared once a day: what is found before is found by lists. */
const flags = ['--drift-check-interval-seconds=86400'];
const LISTS = new Set(['ListBuckets', 'ListUsers', 'ListPolicies']);
const document = { statement: [{ effect: 'Allow', action: 's3:GetObject', resource: 'arn:aws:s3:::*/*' }] };
const made = [
  ['Bucket', 'bucket'],
  ['User', 'user'],
  ['IAMPolicy', 'policy'],
] as const;

/** Operations since that many calls. */
function callsSince(world: World, count: number): readonly string[] {
  return world
    .operatorCalls()
    .slice(count)
    .map(({ operation }) => operation);
}

/** A bucket, a user and a policy. @returns the names that they have in the service */
async function makeAll(world: World, prefix: string): Promise<(kind: string) => string> {
  await world.apply(bucket('bucket', { name: `${prefix}-bucket` }));
  await world.apply(user('user', { name: `${prefix}-user` }));
  await world.apply(iamPolicy('policy', document, { name: `${prefix}-policy` }));
  for (const [kind, name] of made) await world.reaches(kind, name, 'Ready', 'True');
  await world.settle();
  return (kind) => `${prefix}-${kind}`;
}

test('existence: what somebody deleted is made again within a minute', async (t) => {
  const world = await startWorld(t, { flags });
  const named = await makeAll(world, 'gone');
  const ids = async () => Promise.all(made.map(async ([kind, name]) => (await world.get(kind, name))?.status?.target));
  const before = await ids();
  const iam = iamConsole(world.emulator);
  await world.console.send(new DeleteBucketCommand({ Bucket: named('bucket') }));
  await iam.send(new DeleteUserCommand({ UserName: named('user') }));
  await iam.send(new DeletePolicyCommand({ PolicyArn: arnOf(world, named('policy')) }));
  const count = world.operatorCalls().length;
  await world.elapse(MINUTE_MS);
  const created = callsSince(world, count).filter((operation) => operation.startsWith('Create'));
  assert.deepEqual(created.toSorted(), ['CreateBucket', 'CreatePolicy', 'CreateUser']);
  for (const [kind, name] of made) await world.reaches(kind, name, 'Ready', 'True');
  const after = await ids();
  for (const index of [1, 2]) assert.notEqual(after[index]?.identity, before[index]?.identity, 'another incarnation');
});

test('existence: what somebody deletes again and again is made again each time within a minute', async (t) => {
  const world = await startWorld(t, { flags });
  const named = await makeAll(world, 'again');
  for (const time of ['first', 'second', 'third']) {
    await world.console.send(new DeleteBucketCommand({ Bucket: named('bucket') }));
    const count = world.operatorCalls().length;
    await world.elapse(MINUTE_MS);
    assert.deepEqual(
      callsSince(world, count).filter((operation) => operation === 'CreateBucket'),
      ['CreateBucket'],
      time,
    );
  }
});

test('existence: a list of each kind a minute, whatever the number of objects, and not one write', async (t) => {
  const world = await startWorld(t, { flags });
  await makeAll(world, 'all');
  for (const index of [1, 2, 3]) {
    await world.apply(bucket(`more-${index}`, { name: `all-more-${index}` }));
    await world.reaches('Bucket', `more-${index}`, 'Ready', 'True');
  }
  await world.elapse(MINUTE_MS);
  const [count, writes] = [world.operatorCalls().length, world.kubeWrites().length];
  await world.elapse(INTERVAL_MS * 4);
  // The second of the day in which an object is compared may fall into this span: that is no list.
  const calls = callsSince(world, count);
  for (const list of LISTS) {
    const times = calls.filter((operation) => operation === list).length;
    assert.ok(times === 4 || times === 5, `${list}: ${times} times`);
  }
  assert.equal(world.kubeWrites().length, writes);
});

/** A Provider `second` of the same account with a key of its own, and a bucket and a user by it. @returns that key */
async function makeSecond(world: World, prefix: string): Promise<string> {
  const { account } = world.emulator;
  await world.apply(providerSecret('second-credentials', account));
  const ref = { name: 'second-credentials' };
  const auth = { accessKeySecretRef: ref, secretKeySecretRef: ref };
  const rateLimit = { requestsPerSecond: 1_000 };
  await world.apply(provider('second', { ...endpointsOf(world), auth, rateLimit }));
  await world.reaches('Provider', 'second', 'Ready', 'True');
  const providerRef = { name: 'second' };
  await world.apply(bucket('second-bucket', { name: `${prefix}-second-bucket`, providerRef }));
  await world.apply(user('second-user', { name: `${prefix}-second-user`, providerRef }));
  await world.reaches('Bucket', 'second-bucket', 'Ready', 'True');
  await world.reaches('User', 'second-user', 'Ready', 'True');
  await world.settle();
  return account.accessKeyId;
}

test('existence: Providers of one account share its lists, and what is missed is missed for each', async (t) => {
  const world = await startWorld(t, { flags });
  const named = await makeAll(world, 'shared');
  await makeSecond(world, 'shared');
  await world.elapse(MINUTE_MS);
  const count = world.operatorCalls().length;
  await world.elapse(INTERVAL_MS * 4);
  const calls = callsSince(world, count);
  for (const list of ['ListUsers', 'ListPolicies']) {
    const times = calls.filter((operation) => operation === list).length;
    assert.ok(times === 4 || times === 5, `${list}: ${times} times`);
  }
  const before = world.operatorCalls().length;
  for (const Bucket of [named('bucket'), 'shared-second-bucket'])
    await world.console.send(new DeleteBucketCommand({ Bucket }));
  const iam = iamConsole(world.emulator);
  for (const UserName of [named('user'), 'shared-second-user']) await iam.send(new DeleteUserCommand({ UserName }));
  await world.elapse(MINUTE_MS);
  const created = callsSince(world, before).filter((operation) => operation.startsWith('Create'));
  assert.deepEqual(created.toSorted(), ['CreateBucket', 'CreateBucket', 'CreateUser', 'CreateUser']);
});

test('existence: Providers of one account with another IAM endpoint, where others may answer, list for themselves', async (t) => {
  const world = await startWorld(t, { flags });
  await makeAll(world, 'apart');
  await makeSecond(world, 'apart');
  await world.patch('Provider', 'second', { spec: { iamEndpoint: `${endpointsOf(world).iamEndpoint}/` } });
  await world.reaches('Provider', 'second', 'Ready', 'True');
  await world.elapse(MINUTE_MS);
  const count = world.operatorCalls().length;
  await world.elapse(INTERVAL_MS * 4);
  const times = callsSince(world, count).filter((operation) => operation === 'ListUsers').length;
  assert.ok(times >= 8 && times <= 10, `ListUsers: ${times} times`);
});

test('existence: what one Provider cannot list, another one of its account does', async (t) => {
  const world = await startWorld(t, { flags });
  const named = await makeAll(world, 'helped');
  const keys = [world.keys.accessKeyId, await makeSecond(world, 'helped')];
  const iam = iamConsole(world.emulator);
  const hits: ProxiedCall[] = [];
  // One of the two lists for both: which one, their uids decide.
  for (const key of keys) {
    const isList = ({ authorization, body }: ProxiedCall) =>
      authorization.includes(key) && body.includes('Action=List');
    const fault = inject(world.operator.wasabi, isList, {
      status: 500,
      body: '<Error><Code>InternalError</Code></Error>',
    });
    await world.elapse(2 * MINUTE_MS);
    await iam.send(new DeleteUserCommand({ UserName: named('user') }));
    const count = world.operatorCalls().length;
    await world.elapse(MINUTE_MS);
    fault.end();
    assert.ok(callsSince(world, count).includes('CreateUser'));
    hits.push(...fault.hits);
  }
  assert.ok(hits.some(({ body }) => body.includes('Action=ListUsers')));
});

test('existence: nothing is listed of which there is no object, or without drift checks', async (t) => {
  const alone = await startWorld(t, { flags });
  await alone.apply(bucket('bucket', { name: 'alone-bucket' }));
  await alone.reaches('Bucket', 'bucket', 'Ready', 'True');
  await alone.settle();
  const count = alone.operatorCalls().length;
  await alone.elapse(INTERVAL_MS);
  const listed = callsSince(alone, count).filter((operation) => LISTS.has(operation));
  assert.deepEqual(new Set(listed), new Set(['ListBuckets']));
  for (const flag of ['--drift-check-interval-seconds=0', '--existence-check-interval-seconds=0']) {
    await alone.restart([flag]);
    await alone.settle();
    const before = alone.operatorCalls().length;
    await alone.elapse(3 * MINUTE_MS);
    assert.deepEqual(
      callsSince(alone, before).filter((operation) => LISTS.has(operation)),
      [],
      flag,
    );
  }
});

test('existence: a user of the same name that is another one is told of, and not touched', async (t) => {
  const world = await startWorld(t, { flags });
  const named = await makeAll(world, 'other');
  const iam = iamConsole(world.emulator);
  await iam.send(new DeleteUserCommand({ UserName: named('user') }));
  await iam.send(new CreateUserCommand({ UserName: named('user') }));
  const count = world.operatorCalls().length;
  await world.elapse(MINUTE_MS);
  await world.reaches('User', 'user', 'Ready', 'False');
  assert.deepEqual(
    callsSince(world, count).filter((operation) => /^(Create|Delete|Put|Attach)/.test(operation)),
    [],
  );
});

test('existence: a list that lacks what is there costs one look, and not one each time', async (t) => {
  const world = await startWorld(t, { flags });
  await makeAll(world, 'lying');
  await world.elapse(MINUTE_MS);
  const fault = inject(
    world.operator.wasabi,
    ({ body }) => body.includes('Action=ListUsers'),
    () => ({
      status: 200,
      body: '<ListUsersResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><ListUsersResult><Users/><IsTruncated>false</IsTruncated></ListUsersResult></ListUsersResponse>',
    }),
  );
  const count = world.operatorCalls().length;
  await world.elapse(4 * MINUTE_MS);
  const looks = () => callsSince(world, count).filter((operation) => operation === 'ListUserPolicies').length;
  assert.equal(looks(), 1);
  await world.patchStatus('Provider', 'wasabi', { lastHandledReconcileAt: 'long ago' }); // another version, the same account
  await world.settle();
  const before = looks();
  await world.elapse(2 * MINUTE_MS);
  fault.end();
  assert.equal(looks(), before);
  await world.reaches('User', 'user', 'Ready', 'True');
});

test('existence: credentials that may not list are not asked again the same day, and the objects are compared as before', async (t) => {
  const world = await startWorld(t, { flags: ['--drift-check-interval-seconds=600'] });
  await makeAll(world, 'refused');
  const fault = inject(
    world.operator.wasabi,
    ({ body }) => body.includes('Action=ListUsers') || body.includes('Action=ListPolicies'),
    {
      status: 403,
      body: '<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>no</Message></Error><RequestId>1</RequestId></ErrorResponse>',
    },
  );
  await world.elapse(5 * MINUTE_MS);
  const asked = fault.hits.map(({ body }) => /Action=(\w+)/.exec(body)?.[1] ?? '');
  assert.deepEqual(asked.toSorted(), ['ListPolicies', 'ListUsers']);
  await world.patch('Provider', 'wasabi', { spec: { rateLimit: { requestsPerSecond: 99 } } });
  await world.elapse(MINUTE_MS);
  assert.equal(fault.hits.length, 4, 'a Provider that was edited is asked once more');
  const count = world.operatorCalls().length;
  await world.elapse(10 * MINUTE_MS);
  fault.end();
  assert.ok(callsSince(world, count).includes('GetUser'));
  for (const [kind, name] of made) await world.reaches(kind, name, 'Ready', 'True');
});
