import { hash } from 'node:crypto';
import type { IamPolicy } from '../../src/api/iam-policy.ts';
import { findCondition } from '../../src/managed/conditions.ts';
import type { ManagedResource } from '../../src/managed/kind.ts';
import { type KeyPair, providerSecret } from '../support/account.ts';
import { accessKey, bucket, bucketPolicy, iamPolicy, provider, user } from '../support/builders.ts';
import type { LiveOperator } from './operator.ts';
import { made, seen } from './scratch.ts';
import { type Answer, iam, send } from './service.ts';
import { type Step, within } from './step.ts';

const SUSPENDED =
  '<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Status>Suspended</Status></VersioningConfiguration>';
const lifecycle = {
  rules: [
    { id: 'tmp', prefix: 'tmp/', expiration: { days: 3 }, noncurrentVersionExpiration: { days: 5 } },
    { id: 'uploads', prefix: '', abortIncompleteMultipartUpload: { daysAfterInitiation: 7 } },
  ],
};

/**
 * The operator's work for an account, from the Provider to the deletion of everything: each step waits for the object, and
 * then looks at the account past the operator.
 */
export const operatorSteps: readonly Step<LiveOperator>[] = [
  {
    title: 'A Provider opens the account',
    run: async (operator) => {
      const { keys, operator: how } = operator.service;
      await operator.apply(providerSecret('wasabi-credentials', keys));
      await operator.apply(provider('wasabi', how.provider));
      await operator.ready('Provider', 'wasabi');
      return 'Ready';
    },
  },
  {
    title: 'A Bucket with versioning, tags, lifecycle, CORS and encryption',
    run: async (operator) => {
      const { name } = operator;
      const rules = [{ allowedOrigins: ['https://example.com'], allowedMethods: ['GET' as const] }];
      const settings = { versioning: { enabled: true }, tagging: { tags: { team: 'live' } }, lifecycle };
      const maybe = { cors: { rules }, encryption: { enabled: true } };
      const how = { region: operator.service.regions.home, deletionPolicy: 'Delete', forceDelete: true } as const;
      await operator.apply(bucket('data', { name, ...how, ...settings, ...maybe }));
      const { status } = await operator.ready<ManagedResource>('Bucket', 'data');
      expect(await setting(operator, 'versioning'), /<Status>Enabled</u);
      expect(await setting(operator, 'tagging'), /<Key>team<.*<Value>live</su);
      expect(await setting(operator, 'lifecycle'), /<ID>tmp<.*<ID>uploads</su);
      const lacking = findCondition(status?.conditions, 'Unsupported');
      return lacking === undefined ? 'Ready, all is supported' : `Ready; ${lacking.message}`;
    },
  },
  {
    title: 'What somebody changed by hand is undone',
    run: async (operator) => {
      const { service, name } = operator;
      const path = `/${name}`;
      const headers = { 'content-md5': hash('md5', SUSPENDED, 'base64') };
      const call = { to: 's3', method: 'PUT', path, query: 'versioning=', body: SUSPENDED, headers } as const;
      made(await send(service, call), 200);
      await operator.annotate('Bucket', 'data', { 's3.cloud37.dev/reconcile-requested-at': 'after the change' });
      await within('versioning is Enabled again', async () => {
        const { body } = await setting(operator, 'versioning');
        return body.includes('>Enabled<') ? true : undefined;
      });
      return 'versioning is Enabled again';
    },
  },
  {
    title: 'A User with an IAMPolicy',
    run: async (operator) => {
      const { name, service } = operator;
      const resource = [`arn:aws:s3:::${name}`, `arn:aws:s3:::${name}/*`];
      const statement = [{ effect: 'Allow', action: ['s3:ListBucket', 's3:PutObject', 's3:GetObject'], resource }];
      await operator.apply(iamPolicy('rights', { statement }, { name }));
      await operator.apply(user('app', { name, policyRef: { name: 'rights' } }));
      await operator.ready<IamPolicy>('IAMPolicy', 'rights');
      await operator.ready('User', 'app');
      const attached = made(await iam(service, 'ListAttachedUserPolicies', { UserName: name }), 200);
      expect(attached, new RegExp(`<PolicyName>${name}<`, 'u'));
      return 'Ready, the policy is attached';
    },
  },
  {
    title: 'An AccessKey is delivered, and works',
    run: async (operator) => {
      const rotate = { enabled: true, intervalDays: 90, previousKeysRetentionDays: 0 };
      await operator.apply(accessKey('key', 'app', { rotate }));
      await operator.ready('AccessKey', 'key');
      await works(operator, await delivered(operator));
      return 'Ready, an object was written with it';
    },
  },
  {
    title: 'A BucketPolicy is in force, and shuts its own user out of nothing',
    run: async (operator) => {
      const { name } = operator;
      const resource = [`arn:aws:s3:::${name}/*`];
      const granted = {
        sid: 'Read',
        effect: 'Allow',
        principalRefs: [{ name: 'app' }],
        action: 's3:GetObject',
        resource,
      };
      await operator.apply(bucketPolicy('policy', 'data', { statement: [granted] }));
      await operator.ready('BucketPolicy', 'policy');
      expect(await setting(operator, 'policy'), new RegExp(`user/${name}"`, 'u'));
      await works(operator, await delivered(operator));
      return 'Ready, the policy names the user, whose key works';
    },
  },
  {
    title: 'The key is rotated: the new one works, the old one does not',
    run: async (operator) => {
      const old = await delivered(operator);
      const fresh = await rotated(operator, old, 'first');
      const refused = await within('the old key is refused', async () => {
        const answer = await list(operator, old);
        return answer.status === 403 ? answer : undefined;
      });
      await rotated(operator, fresh, 'second');
      const kept = await within('the first key is revoked', async () => {
        const { body } = await iam(operator.service, 'ListAccessKeys', { UserName: operator.name });
        return body.includes(`>${old.accessKeyId}<`) ? undefined : [...body.matchAll(/<AccessKeyId>/gu)].length;
      });
      return `twice; the old key was refused with ${seen(refused)}, ${kept} keys are left`;
    },
  },
  {
    title: 'Everything is deleted, data too',
    isLast: true,
    run: async (operator) => {
      const objects = [
        ['AccessKey', 'key'],
        ['BucketPolicy', 'policy'],
        ['User', 'app'],
        ['IAMPolicy', 'rights'],
        ['Bucket', 'data'],
      ] as const;
      for (const [kind, name] of objects) await operator.delete(kind, name);
      for (const [kind, name] of objects) await operator.gone(kind, name);
      const left = await operator.scratch.leftOf(operator.name);
      if (left.length > 0) throw new Error(`still there: ${left.join(', ')}`);
      return 'nothing is left';
    },
  },
];

/** What the account says of a setting of the bucket. */
async function setting({ service, name }: LiveOperator, subresource: string): Promise<Answer> {
  return made(await send(service, { to: 's3', path: `/${name}`, query: `${subresource}=` }), 200);
}

/** @throws Error with the answer when it says something else */
function expect({ body }: Answer, wanted: RegExp): void {
  if (!wanted.test(body)) throw new Error(`the account says otherwise than ${wanted.source}: ${body.slice(0, 500)}`);
}

function delivered(operator: LiveOperator): Promise<KeyPair> {
  return within('the Secret of the key', () => operator.pairIn('key-credentials'));
}

function list({ service, name }: LiveOperator, keys: KeyPair): Promise<Answer> {
  return send(service, { to: 's3', path: `/${name}`, query: 'list-type=2', keys });
}

/** Waits until the key may write. */
async function works({ service, name }: LiveOperator, keys: KeyPair): Promise<void> {
  let last = '';
  await within(
    'the key may write',
    async () => {
      const answer = await send(service, { to: 's3', method: 'PUT', path: `/${name}/tmp/object`, body: 'live', keys });
      last = seen(answer);
      return answer.status === 200 ? true : undefined;
    },
    () => `last answered with ${last}`,
  );
}

/** Asks for a rotation and waits for the key that comes of it. */
async function rotated(operator: LiveOperator, old: KeyPair, request: string): Promise<KeyPair> {
  await operator.annotate('AccessKey', 'key', { 's3.cloud37.dev/rotate-requested-at': request });
  const fresh = await within('another key is delivered', async () => {
    const pair = await operator.pairIn('key-credentials');
    return pair?.accessKeyId === old.accessKeyId ? undefined : pair;
  });
  await works(operator, fresh);
  return fresh;
}
