import type { ExpectedCall } from './expected-calls.ts';

/** The calls to the service for a Bucket with a user and a key of its own, and what each is for. */
export const STACK_SERVICE_CALLS: readonly ExpectedCall[] = [
  { name: 'GetBucketTagging NoSuchBucket', count: 1, reason: 'bucket: look before' },
  { name: 'CreateBucket', count: 1, reason: 'bucket' },
  { name: 'PutBucketTagging', count: 1, reason: 'bucket: the marker of its owner' },
  { name: 'GetBucketTagging', count: 1, reason: 'bucket: verify after' },
  { name: 'GetUser NoSuchEntity', count: 1, reason: 'user: look before' },
  { name: 'CreateUser', count: 1, reason: 'user' },
  { name: 'PutUserPolicy', count: 1, reason: 'user: what it may do, and whose it is' },
  {
    name: 'GetUser',
    count: 2,
    reason: 'user: verify after; key: that the user is still the one that it is meant for',
  },
  { name: 'GetUserPolicy', count: 1, reason: 'user: verify after' },
  { name: 'GetBucketPolicy NoSuchBucketPolicy', count: 1, reason: 'policy: look before' },
  {
    name: 'GetBucketPolicy NoSuchBucketPolicy again',
    count: 1,
    reason: 'policy: that nobody wrote one meanwhile, right before the write',
  },
  { name: 'PutBucketPolicy', count: 1, reason: 'policy' },
  { name: 'GetBucketPolicy', count: 1, reason: 'policy: verify after' },
  {
    name: 'ListAccessKeys',
    count: 2,
    reason: 'key: which there were before, so that a crash leaves none; verify after',
  },
  { name: 'CreateAccessKey', count: 1, reason: 'key' },
  { name: 'GetCallerIdentity', count: 1, reason: 'key: whether it works' },
];

/** So many of them come one after another. */
export const STACK_CHAIN = 12;

/** The calls to the Kubernetes API for the same. */
export const STACK_KUBE_CALLS: readonly ExpectedCall[] = [
  { name: 'patch buckets', count: 1, reason: 'Bucket: the finalizer' },
  {
    name: 'patch buckets/status',
    count: 3,
    reason: 'Bucket: target and intent before the create; that it waits for its children; Ready and the Secret',
  },
  { name: 'get users 404', count: 1, reason: 'User: nobody has the name' },
  { name: 'patch users', count: 1, reason: 'User: applied, with owner and finalizer' },
  {
    name: 'patch users/status',
    count: 3,
    reason: 'User: target and intent before the create; the verdict; the count of its keys',
  },
  { name: 'get bucketpolicies 404', count: 1, reason: 'BucketPolicy: nobody has the name' },
  { name: 'patch bucketpolicies', count: 1, reason: 'BucketPolicy: applied, with owner and finalizer' },
  { name: 'patch bucketpolicies/status', count: 2, reason: 'BucketPolicy: what is about to be written; the verdict' },
  { name: 'get accesskeys 404', count: 1, reason: 'AccessKey: nobody has the name' },
  { name: 'patch accesskeys', count: 1, reason: 'AccessKey: applied, with owner and finalizer' },
  {
    name: 'patch accesskeys/status',
    count: 3,
    reason: 'AccessKey: target and intent to create; the id of the key; the verdict',
  },
  { name: 'get secrets 404', count: 1, reason: 'Secret: nobody has the name' },
  { name: 'create secrets', count: 2, reason: 'Secret: a dry run before the key is made; the key' },
  { name: 'get secrets', count: 1, reason: 'Secret: as it is delivered' },
  { name: 'create events', count: 4, reason: 'one of each object that was made' },
];
