import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { type TestContext, test } from 'node:test';
import {
  AddUserToGroupCommand,
  AttachUserPolicyCommand,
  CreateAccessKeyCommand,
  CreateGroupCommand,
  CreatePolicyCommand,
  CreatePolicyVersionCommand,
  CreateRoleCommand,
  CreateUserCommand,
  DeleteAccessKeyCommand,
  DeletePolicyCommand,
  GetAccountAuthorizationDetailsCommand,
  GetUserCommand,
  PutGroupPolicyCommand,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam';
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  GetObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutBucketTaggingCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import { AssumeRoleCommand } from '@aws-sdk/client-sts';
import type { Emulator } from '../src/emulator/server.ts';
import { OPERATOR_NAME, type PolicyPreset } from '../src/wasabi/operator-policy.ts';
import { SERVICE_RIGHTS } from '../src/wasabi/service-rights.ts';
import { bucket, bucketPolicy, iamPolicy, user } from './support/builders.ts';
import {
  arnOf,
  EVERYTHING,
  type Operator,
  operatorWith,
  SECRET,
  SECRET_VERSION,
  startAccount,
} from './support/policy-account.ts';
import { shareCluster } from './support/shared-cluster.ts';
import type { World } from './support/world.ts';

const root = new URL('../', import.meta.url);

test('operator policy: the code makes the calls of the table, and no others', () => {
  const files = globSync('src/{wasabi,kinds,managed,runtime}/**/*.ts', { cwd: root.pathname });
  const sources = files.filter((file) => !/\.test\.ts$|\/testing\//.test(file));
  const texts = sources.map((file) => readFileSync(new URL(file, root), 'utf8'));
  const commands = texts.flatMap((text) => [...text.matchAll(/new (\w+)Command\(/g)].map(([, name]) => name ?? ''));
  // Those of Wasabi's own are made of others of the same shape.
  const made = [...commands, 'GetBucketCompliance', 'PutBucketCompliance'];
  const declared = SERVICE_RIGHTS.flatMap(({ operations }) => operations);
  assert.deepEqual([...new Set(made)].toSorted(), [...new Set(declared)].toSorted());
});

type Attempt = readonly [title: string, call: (operator: Operator, emulator: Emulator) => Promise<unknown>];

/** What no preset allows. */
const never: readonly Attempt[] = [
  ['read an object of a tenant', ({ s3 }) => s3.send(new GetObjectCommand(SECRET))],
  ['read a version of an object', ({ s3 }) => s3.send(new GetObjectCommand(SECRET_VERSION))],
  ['write an object', ({ s3 }) => s3.send(new PutObjectCommand({ Bucket: 'team-a-data', Key: 'new', Body: 'x' }))],
  ['read the whole account', ({ iam }) => iam.send(new GetAccountAuthorizationDetailsCommand({}))],
  [
    'join the group of administrators',
    ({ iam }) => iam.send(new AddUserToGroupCommand({ GroupName: 'admins', UserName: OPERATOR_NAME })),
  ],
  [
    'let a user join the group of administrators',
    ({ iam }) => iam.send(new AddUserToGroupCommand({ GroupName: 'admins', UserName: 'team-a-user' })),
  ],
  ['make a group', ({ iam }) => iam.send(new CreateGroupCommand({ GroupName: 'team-a-group' }))],
  [
    'give a group a policy',
    ({ iam }) =>
      iam.send(new PutGroupPolicyCommand({ GroupName: 'team-a-admins', PolicyName: 'p', PolicyDocument: EVERYTHING })),
  ],
  [
    'make a role',
    ({ iam }) => iam.send(new CreateRoleCommand({ RoleName: 'team-a-role', AssumeRolePolicyDocument: EVERYTHING })),
  ],
  [
    'take on a role',
    ({ sts }, emulator) =>
      sts.send(new AssumeRoleCommand({ RoleArn: arnOf(emulator, 'role/admin'), RoleSessionName: 'operator' })),
  ],
  ['make itself a second key', ({ iam }) => iam.send(new CreateAccessKeyCommand({ UserName: OPERATOR_NAME }))],
  ['make itself a second key without saying so', ({ iam }) => iam.send(new CreateAccessKeyCommand({}))],
  [
    'give itself a policy',
    ({ iam }) =>
      iam.send(new PutUserPolicyCommand({ UserName: OPERATOR_NAME, PolicyName: 'p', PolicyDocument: EVERYTHING })),
  ],
  [
    'attach itself the policy of administrators',
    ({ iam }) =>
      iam.send(
        new AttachUserPolicyCommand({
          UserName: OPERATOR_NAME,
          PolicyArn: 'arn:aws:iam::aws:policy/AdministratorAccess',
        }),
      ),
  ],
  [
    'write its own policy anew',
    ({ iam }, emulator) =>
      iam.send(
        new CreatePolicyVersionCommand({
          PolicyArn: arnOf(emulator, `policy/${OPERATOR_NAME}`),
          PolicyDocument: EVERYTHING,
          SetAsDefault: true,
        }),
      ),
  ],
];

/** What a policy for the names of one team leaves out. */
const elsewhere: readonly Attempt[] = [
  ['make a bucket', ({ s3 }) => s3.send(new CreateBucketCommand({ Bucket: 'team-b-new' }))],
  ['delete a bucket', ({ s3 }) => s3.send(new DeleteBucketCommand({ Bucket: 'team-b-data' }))],
  ['look into a bucket', ({ s3 }) => s3.send(new ListObjectsV2Command({ Bucket: 'team-b-data' }))],
  ['make a user', ({ iam }) => iam.send(new CreateUserCommand({ UserName: 'team-b-new' }))],
  ['read a user', ({ iam }) => iam.send(new GetUserCommand({ UserName: 'team-b-user' }))],
  ['make a key of a user', ({ iam }) => iam.send(new CreateAccessKeyCommand({ UserName: 'team-b-user' }))],
  [
    'give a user a policy',
    ({ iam }) =>
      iam.send(new PutUserPolicyCommand({ UserName: 'team-b-user', PolicyName: 'p', PolicyDocument: EVERYTHING })),
  ],
  [
    'write a policy anew',
    ({ iam }, emulator) =>
      iam.send(
        new CreatePolicyVersionCommand({
          PolicyArn: arnOf(emulator, 'policy/team-b-policy'),
          PolicyDocument: EVERYTHING,
          SetAsDefault: true,
        }),
      ),
  ],
];

/** What needs no identity but the bucket's. */
const ofIdentities: readonly Attempt[] = [
  ['make a user', ({ iam }) => iam.send(new CreateUserCommand({ UserName: 'team-a-new' }))],
  ['read a user', ({ iam }) => iam.send(new GetUserCommand({ UserName: 'team-a-user' }))],
  ['make a key of a user', ({ iam }) => iam.send(new CreateAccessKeyCommand({ UserName: 'team-a-user' }))],
  [
    'make a policy',
    ({ iam }) => iam.send(new CreatePolicyCommand({ PolicyName: 'team-a-new', PolicyDocument: EVERYTHING })),
  ],
];

const writes: readonly Attempt[] = [
  ['make a bucket', ({ s3 }) => s3.send(new CreateBucketCommand({ Bucket: 'team-a-new' }))],
  ['delete a bucket', ({ s3 }) => s3.send(new DeleteBucketCommand({ Bucket: 'team-a-data' }))],
  [
    'tag a bucket',
    ({ s3 }) => s3.send(new PutBucketTaggingCommand({ Bucket: 'team-a-data', Tagging: { TagSet: [] } })),
  ],
  ['make a user', ({ iam }) => iam.send(new CreateUserCommand({ UserName: 'team-a-new' }))],
  [
    'revoke a key',
    ({ iam }) => iam.send(new DeleteAccessKeyCommand({ UserName: 'team-a-user', AccessKeyId: 'AKIAIOSFODNN7EXAMPLE' })),
  ],
  [
    'delete a policy',
    ({ iam }, emulator) => iam.send(new DeletePolicyCommand({ PolicyArn: arnOf(emulator, 'policy/team-a-policy') })),
  ],
];

const refusals: readonly (readonly [preset: PolicyPreset, prefix: string, attempts: readonly Attempt[]])[] = [
  ['full', '', never],
  ['full', 'team-a-', [...never, ...elsewhere]],
  ['buckets', '', [...never, ...ofIdentities]],
  ['read-only', '', [...never, ...writes]],
];

for (const [preset, prefix, attempts] of refusals) {
  test(`operator policy ${preset}${prefix === '' ? '' : ` of ${prefix}*`}: everything else is refused`, async (t) => {
    const emulator = await startAccount(t);
    const operator = await operatorWith(emulator, preset, { prefix });
    const before = emulator.snapshot();
    for (const [title, call] of attempts) {
      await assert.rejects(call(operator, emulator), { name: /^AccessDenied/ }, title);
    }
    assert.deepEqual(emulator.snapshot(), before);
    assert.equal((await operator.s3.send(new ListBucketsCommand({}))).Buckets?.length, 2, 'the key itself works');
  });
}

const shared = shareCluster();

test('operator policy buckets: a bucket, its settings, its policy, and the end of both', async (t) => {
  const world = await shared.startWorld(t, { signer: 'buckets' });
  await world.apply(bucket('alone', { deletionPolicy: 'Delete', forceDelete: true, versioning: { enabled: true } }));
  const statement = {
    effect: 'Deny',
    principal: '*',
    action: 's3:GetObject',
    resource: 'arn:aws:s3:::alone/*',
  } as const;
  await world.apply(bucketPolicy('alone', 'alone', { statement: [statement] }));
  await world.reaches('BucketPolicy', 'alone', 'Ready', 'True');
  await world.reaches('Bucket', 'alone', 'Ready', 'True');
  world.emulator.console.putObject('alone', 'left', 'x');
  await world.delete('BucketPolicy', 'alone');
  await world.delete('Bucket', 'alone');
  await world.gone('Bucket', 'alone');
  assert.equal(world.snapshot('alone'), undefined);
  assert.deepEqual(refusedCalls(world), []);
});

test('operator policy read-only: the plan is the same as with every right', async (t) => {
  const plans = await Promise.all([planOf(t, 'read-only'), planOf(t, 'full')]);
  assert.deepEqual(plans[0], plans[1]);
  assert.ok(plans[0].every((changes) => changes.length > 0));
});

/** What the operator would change for an object of each of three kinds. */
async function planOf(t: TestContext, signer: PolicyPreset): Promise<readonly (readonly string[])[]> {
  const world = await shared.startWorld(t, { signer, flags: ['--observe-only'] });
  const policy = { statement: [{ effect: 'Allow', action: 's3:GetObject', resource: 'arn:aws:s3:::plan/*' }] };
  const manifests = [
    bucket('plan', { versioning: { enabled: true } }),
    user('plan', { policy }),
    iamPolicy('plan', policy),
  ];
  for (const manifest of manifests) await world.apply(manifest);
  const plans: (readonly string[])[] = [];
  for (const { kind } of manifests) {
    await world.reaches(kind, 'plan', 'Synced', 'Observed');
    plans.push((await world.get(kind, 'plan'))?.status?.pendingChanges ?? []);
  }
  assert.deepEqual(refusedCalls(world), []);
  assert.deepEqual(world.serviceWrites(), []);
  return plans;
}

function refusedCalls(world: World): readonly string[] {
  return [
    ...new Set(
      world
        .operatorCalls()
        .filter(({ status }) => status === 403)
        .map(({ operation }) => operation),
    ),
  ];
}
