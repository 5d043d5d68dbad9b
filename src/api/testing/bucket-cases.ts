import type { Draft, SchemaCase } from './schema-case.ts';

/** The least Bucket, with these fields added. */
export function bucket(fields: object = {}, status?: object): Draft {
  const spec = { providerRef: { name: 'wasabi-eu' }, name: 'team-a-logs', ...fields };
  return status === undefined ? { spec } : { spec, status };
}

/** What the schema of Bucket accepts and refuses: whole objects, and what may change. */
export const bucketCases: readonly Omit<SchemaCase, 'kind'>[] = [
  { title: 'the least Bucket', to: bucket() },
  {
    title: "the predecessor's basic example",
    to: bucket({
      deletionPolicy: 'Retain',
      forceDelete: false,
      versioning: { enabled: true },
      encryption: { enabled: true, algorithm: 'AES256' },
      publicAccess: {
        blockPublicAcls: true,
        blockPublicPolicy: true,
        ignorePublicAcls: true,
        restrictPublicBuckets: true,
      },
      tagging: { tags: { Environment: 'production', Owner: 'platform-team' } },
    }),
  },
  {
    title: "the predecessor's lifecycle example",
    to: bucket({
      lifecycle: {
        rules: [
          { id: 'delete-old-logs', status: 'Enabled', prefix: 'old/', expiration: { days: 90 } },
          {
            id: 'cold',
            prefix: 'archive/',
            transitions: [
              { days: 30, storageClass: 'STANDARD_IA' },
              { days: 90, storageClass: 'GLACIER' },
            ],
          },
        ],
      },
      cors: {
        rules: [
          {
            allowedOrigins: ['https://example.com'],
            allowedMethods: ['GET', 'HEAD'],
            allowedHeaders: ['*'],
            maxAgeSeconds: 3600,
          },
        ],
      },
      encryption: { enabled: true, algorithm: 'aws:kms', kmsKeyId: 'alias/storage' },
    }),
  },
  {
    title: 'every field',
    to: bucket({
      suspend: true,
      mode: 'Manage',
      region: 'eu-central-2',
      adoptionPolicy: 'AdoptOnly',
      userRef: { name: 'team-a', namespace: 'people' },
      versioning: { enabled: true, mfaDelete: true },
      lifecycle: {
        rules: [
          {
            id: 'all',
            filter: { prefix: 'a/', objectSizeGreaterThan: 0, objectSizeLessThan: 5_497_558_138_880 },
            expiration: { date: '2027-01-01' },
            noncurrentVersionExpiration: { days: 1 },
            abortIncompleteMultipartUpload: { daysAfterInitiation: 7 },
          },
        ],
      },
      cors: { rules: [{ allowedOrigins: ['*'], allowedMethods: ['PUT'], exposedHeaders: ['ETag'], maxAgeSeconds: 0 }] },
      objectLock: { enabled: true, defaultRetention: { mode: 'COMPLIANCE', years: 1 } },
      logging: { targetBucketRef: { name: 'access-logs' }, targetPrefix: 'team-a/' },
      notification: {},
      allowedNamespaces: { from: 'All' },
    }),
  },
  {
    title: 'everything gone',
    to: bucket({
      lifecycle: null,
      cors: null,
      tagging: null,
      logging: null,
      encryption: null,
      publicAccess: null,
      notification: null,
      objectLock: { enabled: true, defaultRetention: null },
    }),
  },
  { title: 'empty lists', to: bucket({ lifecycle: { rules: [] }, cors: { rules: [] }, tagging: { tags: {} } }) },
  {
    title: 'empty blocks',
    to: bucket({ lifecycle: {}, cors: {}, tagging: {}, versioning: {}, encryption: {}, publicAccess: {} }),
  },
  { title: 'no spec', to: {}, refusal: 'spec is missing' },
  { title: 'no spec, stored before', from: {}, isStoredBefore: true, to: {} },
  { title: 'spec added to an object without', from: {}, isStoredBefore: true, to: bucket({ region: 'eu-central-2' }) },
  { title: 'spec taken out', from: bucket(), to: {}, refusal: 'spec is missing' },
  { title: 'userRef set', from: bucket(), to: bucket({ userRef: { name: 'team-a' } }) },
  { title: 'userRef taken out', from: bucket({ userRef: { name: 'team-a' } }), to: bucket() },
  { title: 'a userRef without a name', to: bucket({ userRef: {} }), refusal: 'userRef' },
  { title: 'no name', to: { spec: { providerRef: { name: 'a' } } }, refusal: 'name' },
  { title: 'no providerRef', to: { spec: { name: 'team-a-logs' } }, refusal: 'providerRef' },
  { title: 'a name with capitals', to: bucket({ name: 'Team-A' }), refusal: 'name must have 3 to 63 characters' },
  { title: 'a name of two letters', to: bucket({ name: 'ab' }), refusal: 'name must have 3 to 63 characters' },
  { title: 'a name of 64 letters', to: bucket({ name: 'a'.repeat(64) }), refusal: 'name' },
  { title: 'a name that ends with a hyphen', to: bucket({ name: 'logs-' }), refusal: 'name must have 3 to 63' },
  { title: 'a name with an underscore', to: bucket({ name: 'team_a' }), refusal: 'name must have 3 to 63' },
  { title: 'names with dots and hyphens', to: bucket({ name: '1.2.3.4.logs--a.b-c' }) },
  { title: 'a name of digits', to: bucket({ name: '123' }) },
  { title: 'a name with two dots in a row', to: bucket({ name: 'a..b' }), refusal: "name must not hold '..'" },
  { title: 'a name with a dot before a hyphen', to: bucket({ name: 'a.-b' }), refusal: "name must not hold '..'" },
  { title: 'a name with a hyphen before a dot', to: bucket({ name: 'a-.b' }), refusal: "name must not hold '..'" },
  { title: 'an IP address as name', to: bucket({ name: '192.168.5.4' }), refusal: 'name must not look like an IP' },
  { title: 'a name with the prefix of IDNA', to: bucket({ name: 'xn--logs' }), refusal: 'must not begin with xn--' },
  {
    title: 'an odd name, stored before',
    from: bucket({ name: 'a..b' }),
    isStoredBefore: true,
    to: bucket({ name: 'a..b', suspend: true }),
  },
  {
    title: 'a name that cannot be one, stored before',
    from: bucket({ name: 'Team_A' }),
    isStoredBefore: true,
    to: bucket({ name: 'Team_A', suspend: true }),
  },
  { title: 'a region with spaces', to: bucket({ region: 'eu central 1' }), refusal: 'region must be the name of' },
  { title: 'a region with capitals', to: bucket({ region: 'EU-Central-1' }), refusal: 'region must be the name of' },
  {
    title: 'a region with capitals, stored before',
    from: bucket({ region: 'EU-Central-1' }),
    isStoredBefore: true,
    to: bucket({ region: 'EU-Central-1', suspend: true }),
  },
  {
    title: 'a log target that cannot be a bucket',
    to: bucket({ logging: { targetBucket: 'Access_Logs' } }),
    refusal: 'targetBucket must have 3 to 63 characters',
  },
  {
    title: 'the name taken out',
    from: bucket(),
    to: { spec: { providerRef: { name: 'wasabi-eu' } } },
    refusal: 'name',
  },
  { title: 'providerRef taken out', from: bucket(), to: { spec: { name: 'team-a-logs' } }, refusal: 'providerRef' },
  { title: 'the name changed', from: bucket(), to: bucket({ name: 'team-b-logs' }), refusal: 'name cannot change' },
  {
    title: 'providerRef changed',
    from: bucket(),
    to: bucket({ providerRef: { name: 'wasabi-us' } }),
    refusal: 'providerRef cannot change',
  },
  {
    title: 'a namespace added to providerRef',
    from: bucket(),
    to: bucket({ providerRef: { name: 'wasabi-eu', namespace: 'platform' } }),
    refusal: 'providerRef cannot change',
  },
  {
    title: 'the namespace taken out of providerRef',
    from: bucket({ providerRef: { name: 'wasabi-eu', namespace: 'platform' } }),
    to: bucket(),
    refusal: 'providerRef cannot change',
  },
  {
    title: 'other fields changed',
    from: bucket(),
    to: bucket({ versioning: { enabled: true }, deletionPolicy: 'Delete', forceDelete: true }),
  },
  { title: 'region kept', from: bucket({ region: 'eu-west-1' }), to: bucket({ region: 'eu-west-1', suspend: true }) },
  {
    title: 'region changed',
    from: bucket({ region: 'eu-west-1' }),
    to: bucket({ region: 'eu-west-2' }),
    refusal: 'spec.region can change only',
  },
  {
    title: 'region changed to where the bucket is',
    from: bucket({ region: 'eu-west-1' }, { region: 'eu-west-2' }),
    to: bucket({ region: 'eu-west-2' }),
  },
  {
    title: 'region changed to somewhere else',
    from: bucket({ region: 'eu-west-1' }, { region: 'eu-west-2' }),
    to: bucket({ region: 'eu-west-3' }),
    refusal: 'spec.region can change only',
  },
  {
    title: 'region taken out',
    from: bucket({ region: 'eu-west-1' }, { region: 'eu-west-1' }),
    to: bucket(),
    refusal: 'spec.region can change only',
  },
  {
    title: 'region set where the bucket is',
    from: bucket({}, { region: 'eu-west-1' }),
    to: bucket({ region: 'eu-west-1' }),
  },
  {
    title: 'region set before the bucket is found',
    from: bucket(),
    to: bucket({ region: 'eu-west-1' }),
    refusal: 'spec.region can change only',
  },
  {
    title: "the predecessor's status",
    from: bucket(
      {},
      {
        observedGeneration: 3,
        bucketName: 'team-a-logs',
        exists: true,
        lastSyncTime: '2025-11-02T10:00:00.123456+00:00',
        credentialsSecret: 'team-a-logs-accesskey-credentials',
        conditions: [
          {
            type: 'Ready',
            status: 'True',
            reason: 'ReconcileSuccess',
            message: '',
            lastTransitionTime: '2025-11-02T10:00:00+00:00',
          },
          { type: 'CreationFailed', status: 'False' },
        ],
      },
    ),
    isStoredBefore: true,
    to: bucket({ versioning: { enabled: true } }),
  },
  {
    title: 'a selector with a condition that lacks values',
    to: bucket({
      allowedNamespaces: { from: 'Selector', selector: { matchExpressions: [{ key: 'a', operator: 'NotIn' }] } },
    }),
    refusal: 'values must be given',
  },
  {
    title: 'a selector with a condition',
    to: bucket({
      allowedNamespaces: { from: 'Selector', selector: { matchExpressions: [{ key: 'a', operator: 'Exists' }] } },
    }),
  },
];
