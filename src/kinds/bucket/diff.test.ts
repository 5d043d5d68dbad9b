import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Bucket, BucketSpecInput } from '../../api/bucket.ts';
import { bucketDefinition } from '../../api/bucket.ts';
import { desiredChildren } from './children/desired.ts';
import { type DesiredBucket, desiredBucket } from './desired.ts';
import { diffBucket } from './diff.ts';
import type { ObservedBucket } from './observe.ts';
import type { SettingContext } from './setting.ts';

const MARKER = 'c/ns/logs/uid';
const wasabi = {
  providerType: 'wasabi',
  loggingTarget: undefined,
  replicationTargets: new Map<string, string>(),
  rejectsUnsupported: false,
} as const;

/** The spec as the API server stores it: defaults filled in. */
function stored(spec: Partial<BucketSpecInput>): Bucket['spec'] {
  const whole = { providerRef: { name: 'p' }, name: 'logs', ...spec };
  return (bucketDefinition.schema.parse({ spec: whole }) as { spec: Bucket['spec'] }).spec;
}

/** Of a Bucket without children. */
function desiredOf(spec: Bucket['spec'], context: SettingContext): DesiredBucket {
  const metadata = { name: 'logs', namespace: 'a', uid: 'u', resourceVersion: '1', creationTimestamp: '' };
  const bucket: Bucket = { apiVersion: 's3.cloud37.dev/v1alpha1', kind: 'Bucket', metadata, spec };
  return desiredBucket(spec, context, desiredChildren(bucket, {}));
}

function observed(part: Partial<ObservedBucket> = {}): ObservedBucket {
  return {
    region: 'us-east-1',
    isWrongRegion: false,
    tags: { 's3.cloud37.dev/owned-by': MARKER },
    canTag: true,
    hasFixedCreationTime: true,
    marker: MARKER,
    createdAtMs: undefined,
    settings: {},
    children: {},
    unsupported: [],
    failures: [],
    ...part,
  };
}

function changes(
  spec: Partial<BucketSpecInput>,
  found: ObservedBucket | undefined,
  marker: string | undefined = MARKER,
): readonly string[] {
  return diffBucket(desiredOf(stored(spec), wasabi), found, marker).map((change) => change.summary);
}

const rule = { id: 'a', status: 'Enabled', prefix: '', transitions: [] } as const;

const rows: readonly {
  readonly title: string;
  readonly spec: Partial<BucketSpecInput>;
  readonly found: ObservedBucket | undefined;
  readonly expected: readonly string[];
}[] = [
  {
    title: 'a bucket that is not there is created and marked, and nothing else is touched',
    spec: {},
    found: undefined,
    expected: ['create the bucket', 'tagging: keys s3.cloud37.dev/owned-by'],
  },
  {
    title: 'a new bucket gets its settings, but nothing is taken from it that it cannot have',
    spec: { versioning: { enabled: true }, cors: null, lifecycle: { rules: [] }, objectLock: { enabled: true } },
    found: undefined,
    expected: ['create the bucket, with object lock', 'tagging: keys s3.cloud37.dev/owned-by', 'versioning: Enabled'],
  },
  { title: 'absent means not managed', spec: {}, found: observed(), expected: [] },
  {
    title: 'a missing marker is drift',
    spec: {},
    found: observed({ tags: {}, marker: undefined }),
    expected: ['tagging: keys s3.cloud37.dev/owned-by'],
  },
  {
    title: 'tags that are not managed stay beside the marker',
    spec: {},
    found: observed({ tags: { Team: 'a' }, marker: undefined }),
    expected: ['tagging: keys Team, s3.cloud37.dev/owned-by'],
  },
  {
    title: 'managed tags replace all others, never our own',
    spec: { tagging: { tags: { Team: 'b' } } },
    found: observed({ tags: { Team: 'a', Old: 'x', 's3.cloud37.dev/owned-by': MARKER } }),
    expected: ['tagging: keys Team, s3.cloud37.dev/owned-by'],
  },
  {
    title: 'tagging: null takes all tags but our own',
    spec: { tagging: null },
    found: observed({ tags: { Team: 'a', 's3.cloud37.dev/owned-by': MARKER } }),
    expected: ['tagging: keys s3.cloud37.dev/owned-by'],
  },
  {
    title: 'where the service has no tagging, no marker is written',
    spec: { tagging: { tags: { Team: 'b' } } },
    found: observed({ canTag: false, tags: {}, marker: undefined }),
    expected: [],
  },
  {
    title: 'versioning false is Suspended, also for a bucket that never had it',
    spec: { versioning: { enabled: false } },
    found: observed({ settings: { versioning: null } }),
    expected: ['versioning: none -> Suspended'],
  },
  {
    title: 'null and an empty list mean gone',
    spec: { lifecycle: { rules: [] }, logging: null },
    found: observed({
      settings: {
        lifecycle: [{ ...rule, expirationDays: 3 }],
        logging: { targetBucket: 'other', targetPrefix: '' },
      },
    }),
    expected: [
      'lifecycle: [{"id":"a","status":"Enabled","prefix":"","transitions":[],"expirationDays":3}] -> none',
      'logging: {"targetBucket":"other","targetPrefix":""} -> none',
    ],
  },
  {
    title: 'a setting that could not be read is not written, the others are',
    spec: { versioning: { enabled: true }, cors: null },
    found: observed({ settings: { versioning: 'Suspended' } }),
    expected: ['versioning: Suspended -> Enabled'],
  },
  {
    title: 'an unsupported setting leaves the diff',
    spec: { cors: { rules: [{ allowedOrigins: ['*'], allowedMethods: ['GET'] }] } },
    found: observed({ unsupported: ['cors'] }),
    expected: [],
  },
  {
    title: 'a bucket in another region is not written to',
    spec: { versioning: { enabled: true } },
    found: observed({ isWrongRegion: true, tags: {}, marker: undefined }),
    expected: [],
  },
  {
    title: 'AES256 is what services that always encrypt answer for none',
    spec: { encryption: { enabled: false } },
    found: observed({ settings: { encryption: { algorithm: 'AES256' } } }),
    expected: [],
  },
];

for (const { title, spec, found, expected } of rows) {
  test(`bucket diff: ${title}`, () => assert.deepEqual(changes(spec, found), expected));
}

test('bucket diff: a marker that is not ours to write stays as it is', () => {
  const foreign = observed({ tags: { 's3.cloud37.dev/owned-by': 'c/ns/logs/earlier' }, marker: 'c/ns/logs/earlier' });
  const desired = desiredOf(stored({ tagging: { tags: { A: '1' } } }), wasabi);
  assert.deepEqual(diffBucket(desired, foreign, undefined), [
    {
      type: 'Set:tagging',
      summary: 'tagging: keys A, s3.cloud37.dev/owned-by',
      tags: { A: '1', 's3.cloud37.dev/owned-by': 'c/ns/logs/earlier' },
    },
  ]);
});

test('bucket diff: only the creation keeps other changes from being made', () => {
  const desired = desiredOf(stored({ versioning: { enabled: true } }), wasabi);
  const prerequisites = diffBucket(desired, undefined, MARKER).filter((change) => change.isPrerequisite === true);
  assert.deepEqual(
    prerequisites.map((change) => change.type),
    ['Create'],
  );
});

test('L9: lifecycle: rules are compared by what they mean, not by how they are written', () => {
  const desired = desiredOf(
    stored({
      lifecycle: {
        rules: [
          { id: 'b', filter: { prefix: 'x/', objectSizeGreaterThan: 5 }, expiration: { date: '2027-01-01' } },
          { id: 'a', prefix: 'tmp/', expiration: { days: 3 }, transitions: [{ days: 1, storageClass: 'GLACIER' }] },
        ],
      },
    }),
    { ...wasabi, providerType: 's3' },
  );
  assert.deepEqual(desired.settings.lifecycle, [
    {
      id: 'a',
      status: 'Enabled',
      prefix: 'tmp/',
      expirationDays: 3,
      transitions: [{ days: 1, storageClass: 'GLACIER' }],
    },
    {
      id: 'b',
      status: 'Enabled',
      prefix: 'x/',
      objectSizeGreaterThan: 5,
      expirationDate: '2027-01-01',
      transitions: [],
    },
  ]);
});

test('L65: lifecycle: transitions are left out on Wasabi, named, and take an otherwise empty rule with them', () => {
  const desired = desiredOf(
    stored({
      lifecycle: {
        rules: [
          { id: 'moves', transitions: [{ days: 1, storageClass: 'GLACIER' }] },
          { id: 'both', expiration: { days: 9 }, transitions: [{ days: 1, storageClass: 'GLACIER' }] },
        ],
      },
    }),
    wasabi,
  );
  assert.deepEqual(desired.settings.lifecycle, [{ ...rule, id: 'both', expirationDays: 9 }]);
  assert.deepEqual(desired.unsupported, [
    'spec.lifecycle.rules[moves].transitions',
    'spec.lifecycle.rules[both].transitions',
  ]);
});
