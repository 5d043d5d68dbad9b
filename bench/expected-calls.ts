import { isAgain } from './call-names.ts';
import type { Counts } from './kube-calls.ts';

/** The fewest calls that the operator's promises allow for a new Bucket, and what each is for. */
export interface ExpectedCall {
  readonly name: string;
  readonly count: number;
  readonly reason: string;
}

interface SettingCalls {
  readonly name: string;
  readonly spec: object;
  readonly write: string;
  readonly read: string;
}

/** The settings that a Bucket gets, in this order, as far as asked for. */
const SETTINGS: readonly SettingCalls[] = [
  {
    name: 'versioning',
    spec: { versioning: { enabled: true } },
    write: 'PutBucketVersioning',
    read: 'GetBucketVersioning',
  },
  {
    name: 'lifecycle',
    spec: { lifecycle: { rules: [{ id: 'old', prefix: 'tmp/', expiration: { days: 3 } }] } },
    write: 'PutBucketLifecycleConfiguration',
    read: 'GetBucketLifecycleConfiguration',
  },
  {
    name: 'objectLock',
    spec: { objectLock: { enabled: true, defaultRetention: { mode: 'GOVERNANCE', days: 1 } } },
    write: 'PutObjectLockConfiguration',
    read: 'GetObjectLockConfiguration',
  },
];

/** Calls that do not grow with the Buckets. */
const OF_PROVIDER: Readonly<Record<string, string>> = {
  GetCallerIdentity: 'whose the credentials are',
  GetUser: 'whether IAM answers',
  ListBuckets: 'whether S3 takes the credentials',
  'get secrets': 'the credentials, when their version changed',
  'patch secrets': 'the in-use finalizer',
  'patch providers': 'the finalizer',
  'patch providers/status': 'what was found',
};

/** Calls that keep the operator's view of the cluster. */
const OF_STORES = /^(?:list|watch) /;

/** Known reasons of other calls beyond the fewest. */
const REASONS: Readonly<Record<string, string>> = {
  GetBucketLocation: 'asked where a bucket is that was not known before',
  'create events': 'an event about the Provider',
};

/** A call beyond the fewest: how often an object, and why as far as it is known. */
export interface FurtherCall {
  readonly name: string;
  readonly perObject: number;
  readonly reason: string;
}

/** `spec` of a Bucket with that many settings. Pure. */
export function settingsSpec(settings: number): object {
  return Object.assign({}, ...SETTINGS.slice(0, settings).map(({ spec }) => spec)) as object; // a merge of objects
}

/** Names of that many settings. Pure. */
export function settingNames(settings: number): readonly string[] {
  return SETTINGS.slice(0, settings).map(({ name }) => name);
}

/** The fewest calls to the service for a new Bucket: 4, and 2 for each setting. Pure. */
export function expectedServiceCalls(settings: number): readonly ExpectedCall[] {
  return [
    { name: 'GetBucketTagging NoSuchBucket', count: 1, reason: 'look before' },
    { name: 'GetBucketTagging', count: 1, reason: 'verify after' },
    { name: 'CreateBucket', count: 1, reason: 'the bucket' },
    { name: 'PutBucketTagging', count: 1, reason: 'the marker of its owner' },
    ...SETTINGS.slice(0, settings).flatMap(({ name, write, read }) => [
      { name: write, count: 1, reason: name },
      { name: read, count: 1, reason: `${name}, verified` },
    ]),
  ];
}

/** The fewest calls to the Kubernetes API for a new Bucket. */
export const EXPECTED_KUBE_CALLS: readonly ExpectedCall[] = [
  { name: 'patch buckets', count: 1, reason: 'the finalizer' },
  { name: 'patch buckets/status', count: 2, reason: 'target and intent before the create, the verdict after' },
  { name: 'create events', count: 1, reason: 'the event for people' },
];

/** What was called beyond the fewest. Pure. */
export function furtherCalls(
  counts: Counts,
  expected: readonly ExpectedCall[],
  objects: number,
): readonly FurtherCall[] {
  return Object.entries(counts).flatMap(([name, count]) => {
    const allowed = expected.find((call) => call.name === name)?.count ?? 0;
    const perObject = count / objects - allowed;
    return perObject <= 0 ? [] : [{ name, perObject, reason: reasonOf(name) }];
  });
}

/**
 * Calls that were made to bring objects to Ready: without those of the Providers and of watching, and without reads of what nobody had
 * changed. Pure.
 */
export function callsOfObjects(counts: Counts): number {
  return Object.entries(counts).reduce(
    (sum, [name, count]) => (isAgain(name) || name in OF_PROVIDER || OF_STORES.test(name) ? sum : sum + count),
    0,
  );
}

/** How many of them changed something. Pure. */
export function writesOfObjects(counts: Counts): number {
  return callsOfObjects(
    Object.fromEntries(Object.entries(counts).filter(([name]) => !/^(?:get|list|watch) /.test(name))),
  );
}

function reasonOf(name: string): string {
  if (isAgain(name)) return 'read again with nothing written since: a drift check that came due, or a pass in vain';
  if (OF_STORES.test(name)) return 'a watch that was renewed, or a kind that is not installed; of the operator';
  const ofProvider = OF_PROVIDER[name];
  return ofProvider === undefined ? (REASONS[name] ?? 'not foreseen') : `${ofProvider}; of the Provider`;
}
