import { AttachUserPolicyCommand } from '@aws-sdk/client-iam';
import type { KubeObject } from '../../src/api/meta.ts';
import { accessKey, bucket, bucketPolicy, iamPolicy, user } from './builders.ts';
import { arnOf, iamConsole } from './iam-console.ts';
import { addKey } from './keys.ts';
import { makeOutside } from './outside.ts';
import { allow, legacyPolicy, makeKey, makePolicy, makeUser, putBucketPolicy, store } from './predecessor.ts';
import { applyProvider, type World } from './world.ts';

/** A finalizer of somebody else, on the Bucket and on the User `reports`. */
export const THEIR_FINALIZER = 'example.com/theirs';

const READWRITE = ['s3:GetObject', 's3:ListBucket', 's3:PutObject', 's3:DeleteObject'];
/** What the specs say of the bucket `logs`. */
const reading = legacyPolicy(allow('logs', ['s3:GetObject', 's3:ListBucket']));
const writing = legacyPolicy(allow('logs', READWRITE));
/** The predecessor gave it to users whose spec asked for no policy of their own. */
const unasked = legacyPolicy(allow('auditor', ['s3:*']));

/** Everything that the predecessor left, by kind and name. */
export const leftObjects = [
  ['Provider', 'wasabi'],
  ['Bucket', 'logs'],
  ['User', 'logs-user'],
  ['BucketPolicy', 'logs-policy'],
  ['AccessKey', 'logs-accesskey'],
  ['User', 'reports'],
  ['IAMPolicy', 'read-logs'],
  ['IAMPolicy', 'read-reports'],
  ['User', 'auditor'],
] as const;

/** The key that the Secret holds, and the one that a failed rotation left and that nothing records. */
export interface LeftKeys {
  readonly usedId: string;
  readonly lostId: string;
}

/**
 * The predecessor's work in the cluster and in the service, its operator stopped, and none of ours started:
 * - a Bucket without a block `autoManage`, and the children that it got all the same;
 * - a User whose spec has been narrowed since, which the predecessor did not follow;
 * - IAMPolicies whose status has the real ARN, or one with `*` for the account;
 * - a User with `policyRef`, who got a policy of its own besides.
 */
export async function predecessorsWork(world: World): Promise<LeftKeys> {
  await world.kill();
  await leaveProvider(world);
  const keys = await leaveManagedBucket(world);
  const reports = await makeUser(world, 'reports', writing);
  const left = { status: { userId: reports, created: true }, finalizers: [THEIR_FINALIZER] };
  await store(world, user('reports', { policy: reading }), left);
  await leavePolicies(world);
  return keys;
}

async function leaveProvider(world: World): Promise<void> {
  await applyProvider(world);
  const { apiVersion, kind } = (await world.get('Provider', 'wasabi')) as KubeObject;
  await store(
    world,
    { apiVersion, kind, metadata: { name: 'wasabi' } },
    {
      status: { connected: true, lastConnectTime: '2024-05-01T10:00:00.123456+00:00' },
      conditions: ['AuthValid', 'EndpointReachable', 'ProviderNotReady'],
    },
  );
}

async function leaveManagedBucket(world: World): Promise<LeftKeys> {
  await makeOutside(world, 'logs', { tags: { team: 'a' }, isVersioned: true });
  const named = legacyPolicy(allow('logs', READWRITE, 'arn:aws:iam::*:user/logs'));
  const userId = await makeUser(world, 'logs', writing);
  await putBucketPolicy(world, 'logs', named);
  const owner = await store(world, bucket('logs', { versioning: { enabled: true }, deletionPolicy: 'Delete' }), {
    status: { bucketName: 'logs', exists: true, credentialsSecret: 'logs-accesskey-credentials' },
    conditions: ['CreationFailed'],
    finalizers: [THEIR_FINALIZER],
  });
  const tags = { ManagedBy: 'wasabi-s3-operator', Bucket: 'logs' };
  await store(world, user('logs-user', { name: 'logs', policy: writing, tags }), {
    status: { userId, created: true },
    conditions: ['CreationFailed', 'AttachFailed'],
    owner,
  });
  const bucketRef = { name: 'logs', namespace: world.namespace };
  await store(world, bucketPolicy('logs-policy', 'logs', named, { bucketRef }), {
    status: { applied: true },
    conditions: ['BucketNotReady', 'ApplyFailed', 'PolicyInvalid'],
    owner,
  });
  const manifest = accessKey('logs-accesskey', 'logs-user', { displayName: 'Access key for bucket logs' });
  const object = await store(world, manifest, { status: {}, owner });
  const used = await makeKey(world, 'logs', object);
  await store(world, manifest, {
    status: { accessKeyId: used.accessKeyId, created: true, lastRotateTime: '2024-05-01T10:00:00.123456+00:00' },
    conditions: ['UserNotReady', 'RotationFailed'],
    owner,
  });
  return { usedId: used.accessKeyId, lostId: addKey(world, 'logs', 500).accessKeyId };
}

async function leavePolicies(world: World): Promise<void> {
  for (const [name, policyArn] of [
    ['read-logs', arnOf(world, 'read-logs')],
    ['read-reports', 'arn:aws:iam::*:policy/read-reports'],
  ] as const) {
    await makePolicy(world, name, reading);
    await store(world, iamPolicy(name, reading), { status: { applied: true, policyArn, attachedUsers: [] } });
  }
  const userId = await makeUser(world, 'auditor', unasked);
  const attach = new AttachUserPolicyCommand({ UserName: 'auditor', PolicyArn: arnOf(world, 'read-logs') });
  await iamConsole(world.emulator).send(attach);
  await store(world, user('auditor', { policyRef: { name: 'read-logs' } }), { status: { userId, created: true } });
}

/** What the service holds, whoever made it; a read changes nothing of it. */
export function serviceState({ emulator }: World): unknown {
  const state = emulator.state;
  const { buckets, accounts, keys } = structuredClone({
    buckets: state.buckets,
    accounts: state.accounts,
    keys: state.keys,
  });
  return { buckets, accounts, keys: [...keys.values()].map(({ lastUse: _use, ...key }) => key) };
}
