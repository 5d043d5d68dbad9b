/** What a permission is about. */
export type ServiceScope = 'Everything' | 'Itself' | 'Buckets' | 'Objects' | 'Users' | 'Groups' | 'Policies';

/** What of the operator needs it. */
export type ServiceFeature = 'connection' | 'buckets' | 'emptying' | 'locks' | 'identities' | 'groups';

/** Some calls on the service, and what whoever signs them must be allowed. */
export interface ServiceRight {
  readonly scope: ServiceScope;
  readonly feature: ServiceFeature;
  /** Whether a plan (`--observe-only`, `mode: Observe`) makes these calls, too. */
  readonly isRead: boolean;
  /** By the names of the APIs. */
  readonly operations: readonly string[];
  /** All of them. None: whoever's signature is accepted may make the call. */
  readonly actions: readonly string[];
  /**
   * Each call has a line of its own in the log: it destroys data, makes or ends an identity or a key, or changes who may do
   * what.
   */
  readonly isAudited: boolean;
}

type Row = Pick<ServiceRight, 'operations' | 'actions'>;
/** Whoever adds a call that changes something says whether it is audited. */
type WriteRow = Row & Pick<ServiceRight, 'isAudited'>;

const BUCKET_READS: readonly Row[] = [
  { operations: ['HeadBucket'], actions: ['s3:ListBucket'] },
  { operations: ['GetBucketLocation'], actions: ['s3:GetBucketLocation'] },
  { operations: ['GetBucketTagging'], actions: ['s3:GetBucketTagging'] },
  { operations: ['GetBucketPolicy'], actions: ['s3:GetBucketPolicy'] },
  { operations: ['GetBucketVersioning'], actions: ['s3:GetBucketVersioning'] },
  { operations: ['GetBucketEncryption'], actions: ['s3:GetEncryptionConfiguration'] },
  { operations: ['GetPublicAccessBlock'], actions: ['s3:GetBucketPublicAccessBlock'] },
  { operations: ['GetBucketAcl'], actions: ['s3:GetBucketAcl'] },
  { operations: ['GetBucketLifecycleConfiguration'], actions: ['s3:GetLifecycleConfiguration'] },
  { operations: ['GetBucketCors'], actions: ['s3:GetBucketCORS'] },
  { operations: ['GetObjectLockConfiguration'], actions: ['s3:GetBucketObjectLockConfiguration'] },
  { operations: ['GetBucketCompliance'], actions: ['s3:GetBucketCompliance'] },
  { operations: ['GetBucketLogging'], actions: ['s3:GetBucketLogging'] },
  { operations: ['GetBucketReplication'], actions: ['s3:GetReplicationConfiguration'] },
  { operations: ['GetBucketNotificationConfiguration'], actions: ['s3:GetBucketNotification'] },
];

const BUCKET_WRITES: readonly WriteRow[] = [
  {
    operations: ['CreateBucket'],
    // The last two: a bucket with object lock.
    actions: ['s3:CreateBucket', 's3:PutBucketObjectLockConfiguration', 's3:PutBucketVersioning'],
    isAudited: false,
  },
  { operations: ['DeleteBucket'], actions: ['s3:DeleteBucket'], isAudited: true },
  { operations: ['PutBucketTagging', 'DeleteBucketTagging'], actions: ['s3:PutBucketTagging'], isAudited: false },
  { operations: ['PutBucketPolicy'], actions: ['s3:PutBucketPolicy'], isAudited: true },
  { operations: ['DeleteBucketPolicy'], actions: ['s3:DeleteBucketPolicy'], isAudited: true },
  { operations: ['PutBucketVersioning'], actions: ['s3:PutBucketVersioning'], isAudited: false },
  {
    operations: ['PutBucketEncryption', 'DeleteBucketEncryption'],
    actions: ['s3:PutEncryptionConfiguration'],
    isAudited: false,
  },
  {
    operations: ['PutPublicAccessBlock', 'DeletePublicAccessBlock'],
    actions: ['s3:PutBucketPublicAccessBlock'],
    isAudited: true,
  },
  { operations: ['PutBucketAcl'], actions: ['s3:PutBucketAcl'], isAudited: true },
  {
    operations: ['PutBucketLifecycleConfiguration', 'DeleteBucketLifecycle'],
    actions: ['s3:PutLifecycleConfiguration'],
    isAudited: false,
  },
  { operations: ['PutBucketCors', 'DeleteBucketCors'], actions: ['s3:PutBucketCORS'], isAudited: false },
  { operations: ['PutObjectLockConfiguration'], actions: ['s3:PutBucketObjectLockConfiguration'], isAudited: false },
  { operations: ['PutBucketCompliance'], actions: ['s3:PutBucketCompliance'], isAudited: false },
  { operations: ['PutBucketLogging'], actions: ['s3:PutBucketLogging'], isAudited: false },
  {
    operations: ['PutBucketReplication', 'DeleteBucketReplication'],
    actions: ['s3:PutReplicationConfiguration'],
    isAudited: false,
  },
  { operations: ['PutBucketNotificationConfiguration'], actions: ['s3:PutBucketNotification'], isAudited: false },
];

/** What a bucket holds is listed when it is deleted, and emptied with `forceDelete`. */
const CONTENT: readonly Row[] = [
  { operations: ['ListObjectVersions'], actions: ['s3:ListBucketVersions'] },
  { operations: ['ListMultipartUploads'], actions: ['s3:ListBucketMultipartUploads'] },
];

const CONTENT_WRITES: readonly WriteRow[] = [
  {
    operations: ['DeleteObject', 'DeleteObjects'],
    actions: ['s3:DeleteObject', 's3:DeleteObjectVersion'],
    isAudited: true,
  },
  { operations: ['AbortMultipartUpload'], actions: ['s3:AbortMultipartUpload'], isAudited: true },
];

/**
 * Until when a version is locked stands in the answer to HeadObject, whose permission gives the content, too (GetObject with
 * a version). Whoever may not look tries the deletion again now and then instead.
 */
const LOCKS: readonly Row[] = [{ operations: ['HeadObject'], actions: ['s3:GetObjectVersion'] }];

const USER_READS: readonly Row[] = [
  { operations: ['GetUser'], actions: ['iam:GetUser'] },
  { operations: ['ListUserPolicies'], actions: ['iam:ListUserPolicies'] },
  { operations: ['GetUserPolicy'], actions: ['iam:GetUserPolicy'] },
  { operations: ['ListAttachedUserPolicies'], actions: ['iam:ListAttachedUserPolicies'] },
  { operations: ['ListGroupsForUser'], actions: ['iam:ListGroupsForUser'] },
  { operations: ['ListAccessKeys'], actions: ['iam:ListAccessKeys'] },
  { operations: ['GetAccessKeyLastUsed'], actions: ['iam:GetAccessKeyLastUsed'] },
];

/** Once a minute for all users and policies of an account: whether each is still there. */
const IDENTITY_LISTS: readonly Row[] = [
  { operations: ['ListUsers'], actions: ['iam:ListUsers'] },
  { operations: ['ListPolicies'], actions: ['iam:ListPolicies'] },
];

const USER_WRITES: readonly WriteRow[] = [
  { operations: ['CreateUser'], actions: ['iam:CreateUser'], isAudited: true },
  { operations: ['DeleteUser'], actions: ['iam:DeleteUser'], isAudited: true },
  { operations: ['PutUserPolicy'], actions: ['iam:PutUserPolicy'], isAudited: true },
  { operations: ['DeleteUserPolicy'], actions: ['iam:DeleteUserPolicy'], isAudited: true },
  { operations: ['AttachUserPolicy'], actions: ['iam:AttachUserPolicy'], isAudited: true },
  { operations: ['DetachUserPolicy'], actions: ['iam:DetachUserPolicy'], isAudited: true },
  { operations: ['CreateAccessKey'], actions: ['iam:CreateAccessKey'], isAudited: true },
  { operations: ['UpdateAccessKey'], actions: ['iam:UpdateAccessKey'], isAudited: true },
  { operations: ['DeleteAccessKey'], actions: ['iam:DeleteAccessKey'], isAudited: true },
];

/** The permission is on the group alone, whoever joins it: no statement can leave out a user. */
const GROUP_WRITES: readonly WriteRow[] = [
  { operations: ['AddUserToGroup'], actions: ['iam:AddUserToGroup'], isAudited: true },
  { operations: ['RemoveUserFromGroup'], actions: ['iam:RemoveUserFromGroup'], isAudited: true },
];

const POLICY_READS: readonly Row[] = [
  { operations: ['GetPolicy'], actions: ['iam:GetPolicy'] },
  { operations: ['GetPolicyVersion'], actions: ['iam:GetPolicyVersion'] },
  { operations: ['ListPolicyVersions'], actions: ['iam:ListPolicyVersions'] },
  { operations: ['ListEntitiesForPolicy'], actions: ['iam:ListEntitiesForPolicy'] },
];

const POLICY_WRITES: readonly WriteRow[] = [
  { operations: ['CreatePolicy'], actions: ['iam:CreatePolicy'], isAudited: true },
  { operations: ['DeletePolicy'], actions: ['iam:DeletePolicy'], isAudited: true },
  { operations: ['CreatePolicyVersion'], actions: ['iam:CreatePolicyVersion'], isAudited: true },
  { operations: ['DeletePolicyVersion'], actions: ['iam:DeletePolicyVersion'], isAudited: true },
];

/**
 * Every call on the service that the operator makes, with the permissions that it takes by the names that AWS documents
 * (Service Authorization Reference; those of compliance are assumed). The policies of docs/reference/operator-policy.md
 * are made of this table. The test worlds sign with the key of a user that has such a policy and no other right, and fail
 * on a call that is not in the table: to call something new, add a line.
 */
export const SERVICE_RIGHTS: readonly ServiceRight[] = [
  // Whose the credentials are, and whether a new key works yet.
  ...rows('Everything', 'connection', true, [{ operations: ['GetCallerIdentity'], actions: [] }]),
  // Whether IAM answers, and whose the credentials are where there is no STS.
  ...rows('Itself', 'connection', true, [{ operations: ['GetUser'], actions: ['iam:GetUser'] }]),
  // Whether S3 answers; when a bucket was made, which is its identity.
  ...rows('Everything', 'connection', true, [{ operations: ['ListBuckets'], actions: ['s3:ListAllMyBuckets'] }]),
  ...rows('Buckets', 'buckets', true, BUCKET_READS),
  ...rows('Buckets', 'buckets', false, BUCKET_WRITES),
  ...rows('Buckets', 'emptying', false, CONTENT),
  ...rows('Objects', 'emptying', false, CONTENT_WRITES),
  ...rows('Objects', 'locks', false, LOCKS),
  ...rows('Everything', 'identities', true, IDENTITY_LISTS),
  ...rows('Users', 'identities', true, USER_READS),
  ...rows('Users', 'identities', false, USER_WRITES),
  ...rows('Groups', 'groups', false, GROUP_WRITES),
  ...rows('Policies', 'identities', true, POLICY_READS),
  ...rows('Policies', 'identities', false, POLICY_WRITES),
];

function rows(
  scope: ServiceScope,
  feature: ServiceFeature,
  isRead: boolean,
  given: readonly (Row | WriteRow)[],
): readonly ServiceRight[] {
  return given.map((row) => ({ scope, feature, isRead, isAudited: false, ...row }));
}

const UNAUDITED = new Set(SERVICE_RIGHTS.flatMap(({ operations, isAudited }) => (isAudited ? [] : operations)));

/** Whether each call of that operation is told in a line of its own; of one that is not in the table, too. */
export function isAuditedOperation(operation: string): boolean {
  return !UNAUDITED.has(operation);
}
