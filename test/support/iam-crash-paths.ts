import {
  CreatePolicyCommand,
  CreatePolicyVersionCommand,
  CreateUserCommand,
  DeleteUserPolicyCommand,
  DetachUserPolicyCommand,
  ListUserPoliciesCommand,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam';
import { iamPolicy, user } from './builders.ts';
import { until } from './cluster.ts';
import type { CrashPath } from './crash-paths.ts';
import { arnOf, iamConsole } from './iam-console.ts';
import type { World } from './world.ts';

function reading(action: string) {
  return { statement: [{ effect: 'Allow', action, resource: 'arn:aws:s3:::logs/*' }] };
}

const vendor = 'arn:aws:iam::aws:policy/AmazonS3FullAccess';
const person = ['User', 'it'] as const;
const rule = ['IAMPolicy', 'rule'] as const;

async function makePolicy(world: World, name: string): Promise<void> {
  await world.apply(iamPolicy('rule', reading('s3:GetObject'), { name }));
  await world.reaches('IAMPolicy', 'rule', 'Ready', 'True');
}

async function makeUser(world: World, name: string): Promise<void> {
  await makePolicy(world, name);
  await world.apply(user('it', { name, policy: reading('s3:PutObject'), policyRef: { name: 'rule' } }));
  await world.reaches('User', 'it', 'Ready', 'True');
  await attachedBy(world, [name]);
}

/** The policy is woken by what its Users do, and tells of it. */
function attachedBy(world: World, names: readonly string[]): Promise<void> {
  return until('the policy lists its users', async () => {
    const status: object = (await world.get('IAMPolicy', 'rule'))?.status ?? {};
    return 'attachedUsers' in status && JSON.stringify(status.attachedUsers) === JSON.stringify(names);
  });
}

async function requestBoth(world: World): Promise<void> {
  const body = { metadata: { annotations: { 's3.cloud37.dev/reconcile-requested-at': '2026-01-01T00:00:00Z' } } };
  for (const [kind, name] of [person, rule]) await world.patch(kind, name, body);
}

async function lookedAtBoth(world: World): Promise<void> {
  for (const [kind, name] of [person, rule]) {
    await until(`the request to ${kind} was handled`, async () => {
      return (await world.get(kind, name))?.status?.lastHandledReconcileAt !== undefined;
    });
    await world.reaches(kind, name, 'Synced', 'True');
  }
}

const STRANGER = 'other/ns/name/22222222-2222-4222-8222-222222222222';

/** Somebody else's policy, of which the object keeps off until it is told to take it over. */
async function makeForeign(world: World, name: string, Description?: string): Promise<void> {
  const Statement = [{ Effect: 'Allow', Action: 's3:PutObject', Resource: 'arn:aws:s3:::logs/*' }];
  const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement });
  await iamConsole(world.emulator).send(new CreatePolicyCommand({ PolicyName: name, PolicyDocument, Description }));
  await world.apply(iamPolicy('rule', reading('s3:GetObject'), { name }));
  await world.reaches('IAMPolicy', 'rule', 'Stalled', 'AlreadyExists');
}

/** The consent to it; the marker of what nobody marked is not there to be named. */
async function takeOver(world: World): Promise<void> {
  const metadata = { annotations: { 's3.cloud37.dev/take-over-from': STRANGER } };
  await world.patch('IAMPolicy', 'rule', { metadata, spec: { adoptionPolicy: 'AdoptOrCreate' } });
}

async function isTakenOver(world: World): Promise<void> {
  await world.reaches('IAMPolicy', 'rule', 'Ready', 'True');
  await world.reaches('IAMPolicy', 'rule', 'Synced', 'True');
}

/** Somebody else's user, of which the object keeps off until it is told to take it over. */
async function makeForeignUser(world: World, UserName: string, PolicyName: string): Promise<void> {
  const iam = iamConsole(world.emulator);
  const Statement = [{ Effect: 'Allow', Action: 's3:GetObject', Resource: 'arn:aws:s3:::logs/*' }];
  const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement });
  await iam.send(new CreateUserCommand({ UserName }));
  await iam.send(new PutUserPolicyCommand({ UserName, PolicyName, PolicyDocument }));
  await world.apply(user('it', { name: UserName, policy: reading('s3:PutObject') }));
  await world.reaches('User', 'it', 'Stalled', 'AlreadyExists');
}

const STRANGERS_MARK = 's3.cloud37.dev.0123456789abcdef0123456789abcdef.22222222-2222-4222-8222-222222222222';

async function takeOverUser(world: World): Promise<void> {
  const metadata = { annotations: { 's3.cloud37.dev/take-over-from': STRANGERS_MARK } };
  await world.patch('User', 'it', { metadata, spec: { adoptionPolicy: 'AdoptOrCreate' } });
}

async function userIsTakenOver(world: World): Promise<void> {
  await world.reaches('User', 'it', 'Ready', 'True');
  await world.reaches('User', 'it', 'Synced', 'True');
}

/** Every path of User and IAMPolicy that changes something. */
export const iamCrashPaths: readonly CrashPath[] = [
  {
    title: 'create a managed policy, and a user with everything',
    service: 'wasabi',
    begin: () => Promise.resolve(),
    act: async (world, name) => {
      await world.apply(iamPolicy('rule', reading('s3:GetObject'), { name }));
      const spec = { policy: reading('s3:PutObject'), policyRef: { name: 'rule' }, managedPolicyArns: [vendor] };
      await world.apply(user('it', { name, ...spec }));
    },
    ended: async (world, name) => {
      await world.reaches('User', 'it', 'Ready', 'True');
      await attachedBy(world, [name]);
    },
    objects: [person, rule],
  },
  {
    title: 'change a policy and swap what a user has',
    service: 'wasabi',
    begin: makeUser,
    act: async (world) => {
      await world.patch('IAMPolicy', 'rule', { spec: { policy: reading('s3:ListBucket') } });
      await world.patch('User', 'it', { spec: { policy: null, policyRef: null, managedPolicyArns: [vendor] } });
    },
    ended: async (world) => {
      await world.reaches('IAMPolicy', 'rule', 'Synced', 'True');
      await world.reaches('User', 'it', 'Synced', 'True');
      await attachedBy(world, []);
    },
    objects: [person, rule],
  },
  {
    title: 'repair drift of a user and a policy',
    service: 'wasabi',
    begin: makeUser,
    act: async (world, UserName) => {
      const iam = iamConsole(world.emulator);
      const PolicyArn = arnOf(world, UserName);
      const { PolicyNames: [PolicyName] = [] } = await iam.send(new ListUserPoliciesCommand({ UserName }));
      await iam.send(new DeleteUserPolicyCommand({ UserName, PolicyName }));
      await iam.send(new DetachUserPolicyCommand({ UserName, PolicyArn }));
      const Statement = [{ Effect: 'Allow', Action: '*', Resource: '*' }];
      const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement });
      await iam.send(new CreatePolicyVersionCommand({ PolicyArn, PolicyDocument, SetAsDefault: true }));
      await requestBoth(world);
    },
    ended: async (world, name) => {
      await lookedAtBoth(world);
      await attachedBy(world, [name]);
    },
    objects: [person, rule],
  },
  {
    title: 'delete a policy and its user in the wrong order',
    service: 'wasabi',
    begin: makeUser,
    act: async (world) => {
      await world.delete('IAMPolicy', 'rule');
      await world.delete('User', 'it');
    },
    ended: async (world) => {
      await world.gone('User', 'it');
      await world.gone('IAMPolicy', 'rule');
    },
    objects: [person, rule],
  },
  {
    title: 'take over the policy of a stranger',
    service: 'wasabi',
    begin: (world, name) => makeForeign(world, name, `x [s3.cloud37.dev/owned-by=${STRANGER}]`),
    act: takeOver,
    ended: isTakenOver,
    objects: [rule],
  },
  {
    title: 'adopt a policy that nobody marked',
    service: 'wasabi',
    begin: (world, name) => makeForeign(world, name),
    act: takeOver,
    ended: isTakenOver,
    objects: [rule],
  },
  {
    title: 'delete a policy that was taken over',
    service: 'wasabi',
    begin: async (world, name) => {
      await makeForeign(world, name, `x [s3.cloud37.dev/owned-by=${STRANGER}]`);
      await takeOver(world);
      await isTakenOver(world);
    },
    act: (world) => world.delete('IAMPolicy', 'rule'),
    ended: (world) => world.gone('IAMPolicy', 'rule'),
    objects: [rule],
  },
  {
    title: 'adopt a user that nobody marked',
    service: 'wasabi',
    begin: (world, name) => makeForeignUser(world, name, 'theirs'),
    act: (world) => world.patch('User', 'it', { spec: { adoptionPolicy: 'AdoptOrCreate' } }),
    ended: userIsTakenOver,
    objects: [person],
  },
  {
    title: 'take over the user of a stranger',
    service: 'wasabi',
    begin: (world, name) => makeForeignUser(world, name, STRANGERS_MARK),
    act: takeOverUser,
    ended: userIsTakenOver,
    objects: [person],
  },
  {
    title: 'delete a user that was taken over',
    service: 'wasabi',
    begin: async (world, name) => {
      await makeForeignUser(world, name, STRANGERS_MARK);
      await takeOverUser(world);
      await userIsTakenOver(world);
    },
    act: (world) => world.delete('User', 'it'),
    ended: (world) => world.gone('User', 'it'),
    objects: [person],
  },
  {
    title: 'delete a policy and its user under Retain',
    service: 'wasabi',
    begin: async (world, name) => {
      await makeUser(world, name);
      for (const [kind, object] of [person, rule]) {
        await world.patch(kind, object, { spec: { deletionPolicy: 'Retain' } });
        await world.reaches(kind, object, 'Synced', 'True');
      }
    },
    act: async (world) => {
      await world.delete('User', 'it');
      await world.delete('IAMPolicy', 'rule');
    },
    ended: async (world) => {
      await world.gone('User', 'it');
      await world.gone('IAMPolicy', 'rule');
    },
    objects: [person, rule],
  },
];
