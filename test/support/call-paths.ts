import type { BucketSpecInput } from '../../src/api/bucket.ts';
import type { ProviderSpecInput } from '../../src/api/provider.ts';
import type { Reason } from '../../src/api/reasons.ts';
import { accessKey, bucket, bucketPolicy, iamPolicy, type Manifest, user } from './builders.ts';
import { applyProvider, type World } from './world.ts';

/** Something that one object is asked to do, and the calls that it takes. */
export interface CallPath {
  readonly kind: string;
  readonly title: string;
  /** Name of the object. */
  readonly name: string;
  /** Applied before the path begins, each after the one before it is Ready. */
  readonly before: readonly Manifest[];
  act(world: World, provider: Partial<ProviderSpecInput>): Promise<unknown>;
  /** Whether the object is gone in the end. Default: it is Ready. */
  readonly isDeletion: boolean;
  /** Every operation of the path, in the order of the first call of each. */
  readonly calls: readonly string[];
  /** Failures that are told by another reason than their own, by operation; `undefined`: not at all, since nothing hangs on the call. */
  readonly otherwise?: Readonly<Record<string, Otherwise>>;
}

/** How a call can fail. */
export type FailureName =
  | 'Failed'
  | 'SlowDown'
  | 'Denied'
  | 'Hang'
  | 'LostBefore'
  | 'LostAfter'
  | 'NoXml'
  | 'Nothing'
  | 'Page';

type Otherwise = Readonly<Partial<Record<FailureName, Reason | undefined>>>;

/** The answer to a write of S3 has no content: what is wrong with it shows when what was written is read. */
const blind: Otherwise = { NoXml: 'NotYetInEffect' };
/** Who is asked next knows it, too. */
const elsewhere: Otherwise = { Denied: undefined, NoXml: undefined, Nothing: undefined, Page: undefined };
const never: Otherwise = {
  ...elsewhere,
  Failed: undefined,
  SlowDown: undefined,
  Hang: undefined,
  LostBefore: undefined,
  LostAfter: undefined,
};
/** Asked next, S3 denies a user without policies: of a key that is seconds old that tells nothing. */
const unknownYet: Otherwise = {
  Denied: 'KeyNotUsable',
  NoXml: 'KeyNotUsable',
  Nothing: 'KeyNotUsable',
  Page: 'KeyNotUsable',
};

/** What a path makes in the service has this name: bucket, user and managed policy. */
export const MADE = 'made-by-path';

const read = { statement: [{ effect: 'Allow', action: 's3:GetObject', resource: `arn:aws:s3:::${MADE}/*` }] };
const list = { statement: [{ effect: 'Allow', action: 's3:ListBucket', resource: `arn:aws:s3:::${MADE}` }] };
const reader = { sid: 'Readers', principal: 'arn:aws:iam::wasabi:user/reader', ...read.statement[0] };
const vendor = 'arn:aws:iam::aws:policy/AmazonS3FullAccess';
const settings: Partial<BucketSpecInput> = {
  name: MADE,
  versioning: { enabled: true },
  tagging: { tags: { team: 'a' } },
  deletionPolicy: 'Delete',
};

/** One object of each kind, and what stands before it. What it makes in the service is called `MADE`. */
export const pathObjects = {
  Bucket: { manifest: bucket('it', settings), before: [] },
  BucketPolicy: {
    manifest: bucketPolicy('it', 'base', { statement: [reader] }),
    before: [bucket('base', { name: MADE })],
  },
  User: {
    manifest: user('it', { name: MADE, policy: read, policyRef: { name: 'rule' }, managedPolicyArns: [vendor] }),
    before: [iamPolicy('rule', read, { name: 'rule-of-path' })],
  },
  IAMPolicy: { manifest: iamPolicy('it', read, { name: MADE }), before: [] },
  AccessKey: { manifest: accessKey('it', 'owner'), before: [user('owner', { name: MADE })] },
} satisfies Record<string, { manifest: Manifest; before: readonly Manifest[] }>;

type Rest = Pick<CallPath, 'calls' | 'otherwise'>;

function create(kind: keyof typeof pathObjects, rest: Rest): CallPath {
  const { manifest, before } = pathObjects[kind];
  return {
    kind,
    title: 'create',
    name: 'it',
    before,
    act: (world) => world.apply(manifest),
    isDeletion: false,
    ...rest,
  };
}

function change(kind: keyof typeof pathObjects, spec: object, rest: Rest): CallPath {
  const { manifest, before } = pathObjects[kind];
  const act = (world: World) => world.patch(kind, 'it', { spec });
  return { kind, title: 'change', name: 'it', before: [...before, manifest], act, isDeletion: false, ...rest };
}

function remove(kind: keyof typeof pathObjects, rest: Rest): CallPath {
  const { manifest, before } = pathObjects[kind];
  const act = (world: World) => world.delete(kind, 'it');
  return { kind, title: 'delete', name: 'it', before: [...before, manifest], act, isDeletion: true, ...rest };
}

/** What all six kinds call. */
export const callPaths: readonly CallPath[] = [
  {
    kind: 'Provider',
    title: 'create',
    name: 'wasabi',
    before: [],
    act: (world, spec) => applyProvider(world, spec),
    isDeletion: false,
    calls: ['GetCallerIdentity', 'GetUser', 'ListBuckets'],
    otherwise: { GetCallerIdentity: elsewhere, GetUser: never, ListBuckets: { Denied: undefined } },
  },
  create('Bucket', {
    calls: [
      'GetBucketTagging',
      'CreateBucket',
      'PutBucketTagging',
      'ListBuckets',
      'PutBucketVersioning',
      'GetBucketVersioning',
    ],
    otherwise: {
      CreateBucket: { NoXml: 'NotFound' },
      PutBucketTagging: blind,
      ListBuckets: never,
      PutBucketVersioning: blind,
    },
  }),
  change(
    'Bucket',
    { versioning: { enabled: false }, tagging: { tags: { team: 'b' } } },
    {
      calls: ['GetBucketTagging', 'GetBucketVersioning', 'PutBucketVersioning', 'PutBucketTagging'],
      otherwise: { PutBucketVersioning: blind, PutBucketTagging: blind },
    },
  ),
  remove('Bucket', { calls: ['GetBucketTagging', 'DeleteBucket'], otherwise: { DeleteBucket: blind } }),
  create('BucketPolicy', { calls: ['GetBucketPolicy', 'PutBucketPolicy'], otherwise: { PutBucketPolicy: blind } }),
  remove('BucketPolicy', {
    calls: ['GetBucketPolicy', 'DeleteBucketPolicy'],
    otherwise: { DeleteBucketPolicy: blind },
  }),
  create('User', {
    calls: ['GetUser', 'CreateUser', 'PutUserPolicy', 'AttachUserPolicy', 'GetUserPolicy', 'ListAttachedUserPolicies'],
  }),
  change(
    'User',
    { policy: null, policyRef: null },
    {
      calls: ['GetUser', 'ListUserPolicies', 'ListAttachedUserPolicies', 'DetachUserPolicy', 'DeleteUserPolicy'],
    },
  ),
  remove('User', {
    calls: [
      'GetUser',
      'ListUserPolicies',
      'ListAccessKeys',
      'ListAttachedUserPolicies',
      'ListGroupsForUser',
      'DetachUserPolicy',
      'DeleteUserPolicy',
      'DeleteUser',
    ],
  }),
  create('IAMPolicy', { calls: ['GetPolicy', 'CreatePolicy', 'GetPolicyVersion', 'ListEntitiesForPolicy'] }),
  change(
    'IAMPolicy',
    { policy: list },
    {
      calls: ['GetPolicy', 'GetPolicyVersion', 'ListEntitiesForPolicy', 'ListPolicyVersions', 'CreatePolicyVersion'],
    },
  ),
  remove('IAMPolicy', {
    calls: ['GetPolicy', 'GetPolicyVersion', 'ListEntitiesForPolicy', 'ListPolicyVersions', 'DeletePolicy'],
  }),
  create('AccessKey', {
    calls: ['ListAccessKeys', 'GetUser', 'CreateAccessKey', 'GetCallerIdentity'],
    otherwise: { GetCallerIdentity: unknownYet },
  }),
  remove('AccessKey', {
    calls: ['ListAccessKeys', 'GetAccessKeyLastUsed', 'DeleteAccessKey'],
    otherwise: { GetAccessKeyLastUsed: { Denied: undefined } },
  }),
];
