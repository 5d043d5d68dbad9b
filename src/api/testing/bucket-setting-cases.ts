import { bucket } from './bucket-cases.ts';
import { followerRefusals } from './follower-refusals.ts';
import type { Draft, SchemaCase } from './schema-case.ts';

function rules(...given: readonly object[]): Draft {
  return bucket({ lifecycle: { rules: given } });
}

const rule = { id: 'old', prefix: 'logs/', expiration: { days: 90 } };

/** What the schema of Bucket accepts and refuses in its settings. */
export const bucketSettingCases: readonly Omit<SchemaCase, 'kind'>[] = [
  { title: 'a user and a key for the bucket alone', to: bucket({ autoManage: {} }) },
  {
    title: 'everything of autoManage',
    to: bucket({
      autoManage: {
        enabled: false,
        userName: 'Team+a=b,c.d@e_f-1',
        accessLevel: 'full',
        rotation: { enabled: false, intervalDays: 365, previousKeysRetentionDays: 30 },
        outputs: [{ name: 'app-env', preset: 'aws-env' }],
        restart: [{ kind: 'Deployment', name: 'web' }],
      },
    }),
  },
  ...followerRefusals.map(({ title, spec, refusal }) => ({
    title: `autoManage: ${title}`,
    to: bucket({ autoManage: spec }),
    refusal,
  })),
  { title: 'no such access level', to: bucket({ autoManage: { accessLevel: 'admin' } }), refusal: 'accessLevel' },
  {
    title: 'a user name that IAM refuses',
    to: bucket({ autoManage: { userName: 'a/b' } }),
    refusal: 'userName may hold letters',
  },
  {
    title: 'a key that is kept as long as the next one',
    to: bucket({ autoManage: { rotation: { intervalDays: 7 } } }),
    refusal: 'previousKeysRetentionDays must be less than intervalDays',
  },
  {
    title: 'rotation every zero days',
    to: bucket({ autoManage: { rotation: { intervalDays: 0 } } }),
    refusal: 'intervalDays',
  },
  { title: 'no such encryption', to: bucket({ encryption: { algorithm: 'DES' } }), refusal: 'algorithm' },
  {
    title: 'days and date',
    to: rules({ id: 'a', expiration: { days: 1, date: '2027-01-01' } }),
    refusal: 'exactly one of days and date',
  },
  {
    title: 'neither days nor date',
    to: rules({ id: 'a', expiration: {} }),
    refusal: 'exactly one of days and date',
    isLeftStored: true,
  },
  { title: 'zero days', to: rules({ id: 'a', expiration: { days: 0 } }), refusal: 'days' },
  {
    title: 'a date that is none',
    to: rules({ id: 'a', expiration: { date: 'tomorrow' } }),
    refusal: 'date',
    isServerOnly: true,
  },
  { title: 'a rule without an id', to: rules({ expiration: { days: 1 } }), refusal: 'id' },
  { title: 'a rule that does nothing', to: rules({ id: 'a', prefix: 'x' }), refusal: 'the rule does nothing' },
  { title: 'a rule of no transitions', to: rules({ id: 'a', transitions: [] }), refusal: 'the rule does nothing' },
  { title: 'the same id twice', to: rules(rule, rule), refusal: 'Duplicate value' },
  { title: 'prefix twice', to: rules({ ...rule, filter: { prefix: 'logs/' } }), refusal: 'prefix is given twice' },
  { title: 'prefix and a filter by size', to: rules({ ...rule, filter: { objectSizeGreaterThan: 1 } }) },
  {
    title: 'sizes that exclude each other',
    to: rules({ ...rule, filter: { objectSizeGreaterThan: 10, objectSizeLessThan: 10 } }),
    refusal: 'objectSizeGreaterThan must be below',
  },
  {
    title: 'old rules that do nothing, another field changed',
    from: rules({ id: 'a', expiration: {} }, { id: 'b' }),
    isStoredBefore: true,
    to: bucket({ lifecycle: { rules: [{ id: 'a', expiration: {} }, { id: 'b' }] }, versioning: { enabled: true } }),
  },
  {
    title: 'an old rule that does nothing, another rule added',
    from: rules({ id: 'b' }),
    isStoredBefore: true,
    to: rules({ id: 'b' }, rule),
  },
  {
    title: 'an old rule that does nothing, itself changed',
    from: rules({ id: 'b' }),
    isStoredBefore: true,
    to: rules({ id: 'b', prefix: 'x' }),
    refusal: 'the rule does nothing',
  },
  {
    title: 'an old tag with an empty key, another field changed',
    from: bucket({ tagging: { tags: { '': 'x' } } }),
    isStoredBefore: true,
    to: bucket({ tagging: { tags: { '': 'x' } }, versioning: { enabled: true } }),
  },
  { title: 'an empty tag key', to: bucket({ tagging: { tags: { '': 'x' } } }), refusal: 'a key of tags' },
  { title: 'a long tag key', to: bucket({ tagging: { tags: { ['k'.repeat(129)]: 'x' } } }), refusal: 'a key of tags' },
  {
    title: "the operator's own tag",
    to: bucket({ tagging: { tags: { 's3.cloud37.dev/owned-by': 'me' } } }),
    refusal: 'a key of tags',
  },
  {
    title: 'a CORS rule without methods',
    to: bucket({ cors: { rules: [{ allowedOrigins: ['*'], allowedMethods: [] }] } }),
    refusal: 'allowedMethods',
  },
  {
    title: 'object lock added',
    from: bucket(),
    to: bucket({ objectLock: { enabled: true } }),
    refusal: 'objectLock.enabled cannot change',
  },
  {
    title: 'object lock taken out',
    from: bucket({ objectLock: { enabled: true } }),
    to: bucket(),
    refusal: 'objectLock.enabled cannot change',
  },
  {
    title: 'object lock switched off',
    from: bucket({ objectLock: { enabled: true } }),
    to: bucket({ objectLock: { enabled: false } }),
    refusal: 'objectLock.enabled cannot change',
  },
  { title: 'no object lock, said later', from: bucket(), to: bucket({ objectLock: { enabled: false } }) },
  {
    title: 'retention changed',
    from: bucket({ objectLock: { enabled: true, defaultRetention: { mode: 'GOVERNANCE', days: 1 } } }),
    to: bucket({ objectLock: { enabled: true, defaultRetention: { mode: 'GOVERNANCE', years: 1 } } }),
  },
  {
    title: 'retention of days and years',
    to: bucket({ objectLock: { enabled: true, defaultRetention: { mode: 'GOVERNANCE', days: 1, years: 1 } } }),
    refusal: 'exactly one of days and years',
  },
  {
    title: 'retention of no time',
    to: bucket({ objectLock: { enabled: true, defaultRetention: { mode: 'GOVERNANCE' } } }),
    refusal: 'exactly one of days and years',
  },
  {
    title: 'retention without object lock',
    to: bucket({ objectLock: { enabled: false, defaultRetention: { mode: 'GOVERNANCE', days: 1 } } }),
    refusal: 'defaultRetention needs object lock',
  },
  { title: 'no retention without object lock', to: bucket({ objectLock: { enabled: false, defaultRetention: null } }) },
  { title: 'a log by name', to: bucket({ logging: { targetBucket: 'team-a-access-logs' } }) },
  {
    title: 'a log to nowhere',
    to: bucket({ logging: { targetPrefix: 'x' } }),
    refusal: 'exactly one of targetBucketRef and targetBucket',
  },
  {
    title: 'a log to two buckets',
    to: bucket({ logging: { targetBucketRef: { name: 'a' }, targetBucket: 'team-a-access-logs' } }),
    refusal: 'exactly one of targetBucketRef and targetBucket',
  },
  {
    title: 'copies by name and by reference',
    to: bucket({
      replication: {
        rules: [
          { id: 'a', destination: { bucket: 'team-a-backup' } },
          {
            id: 'b',
            status: 'Disabled',
            prefix: 'b/',
            deleteMarkers: true,
            destination: { bucketRef: { name: 'backup' } },
          },
        ],
      },
    }),
  },
  { title: 'no copies', to: bucket({ replication: null }) },
  { title: 'no rules of copies', to: bucket({ replication: { rules: [] } }) },
  { title: 'no copies at all', to: bucket({ replication: {} }) },
  {
    title: 'copies to nowhere',
    to: bucket({ replication: { rules: [{ id: 'a', destination: {} }] } }),
    refusal: 'destination needs exactly one of bucketRef and bucket',
  },
  {
    title: 'copies to two buckets',
    to: bucket({
      replication: { rules: [{ id: 'a', destination: { bucket: 'team-b', bucketRef: { name: 'team-b' } } }] },
    }),
    refusal: 'destination needs exactly one of bucketRef and bucket',
  },
  {
    title: 'copies without a destination',
    to: bucket({ replication: { rules: [{ id: 'a' }] } }),
    refusal: 'destination',
  },
  {
    title: 'copies to the Bucket itself',
    name: 'itself',
    to: bucket({ replication: { rules: [{ id: 'a', destination: { bucketRef: { name: 'itself' } } }] } }),
    refusal: 'spec.replication cannot copy a bucket to itself',
  },
  {
    title: 'object lock without versioning',
    to: bucket({ objectLock: { enabled: true }, versioning: { enabled: false } }),
    refusal: 'object lock needs versioning',
  },
  {
    title: 'object lock with versioning',
    to: bucket({ objectLock: { enabled: true }, versioning: { enabled: true } }),
  },
  {
    title: 'copies to the bucket itself',
    to: bucket({ replication: { rules: [{ id: 'a', destination: { bucket: 'team-a-logs' } }] } }),
    refusal: 'replication cannot copy a bucket to itself',
  },
  {
    title: 'copies to what cannot be a bucket',
    to: bucket({ replication: { rules: [{ id: 'a', destination: { bucket: 'Team_B' } }] } }),
    refusal: 'bucket must have 3 to 63 characters',
  },
  {
    title: 'one id of copies twice',
    to: bucket({
      replication: {
        rules: [
          { id: 'a', destination: { bucket: 'team-b' } },
          { id: 'a', destination: { bucket: 'team-c' } },
        ],
      },
    }),
    refusal: 'Duplicate value',
  },
  {
    title: 'compliance with everything',
    to: bucket({
      compliance: { enabled: true, retentionDays: 30, conditionalHold: true, deleteAfterRetention: true },
    }),
  },
  { title: 'no compliance', to: bucket({ compliance: null }) },
  {
    title: 'compliance that is off, beside object lock',
    to: bucket({ compliance: {}, objectLock: { enabled: true } }),
  },
  {
    title: 'compliance without days',
    to: bucket({ compliance: { enabled: true } }),
    refusal: 'compliance.enabled: true needs retentionDays',
  },
  {
    title: 'compliance beside object lock',
    to: bucket({ compliance: { enabled: true, retentionDays: 1 }, objectLock: { enabled: true } }),
    refusal: 'a bucket has object lock or compliance, not both',
  },
  {
    title: 'compliance of less than no days',
    to: bucket({ compliance: { enabled: true, retentionDays: -1 } }),
    refusal: 'retentionDays',
  },
  {
    title: 'a selector without Selector',
    to: bucket({ allowedNamespaces: { selector: {} } }),
    refusal: 'selector goes with',
  },
];
