import type { Draft, SchemaCase } from './schema-case.ts';

const auth = {
  accessKeySecretRef: { name: 'wasabi-credentials' },
  secretKeySecretRef: { name: 'wasabi-credentials' },
};

/** The least Provider, with these fields added. */
function provider(fields: object = {}): Draft {
  return { spec: { region: 'eu-central-2', auth, ...fields } };
}

/** What the schema of Provider accepts and refuses. */
export const providerCases: readonly Omit<SchemaCase, 'kind'>[] = [
  {
    title: 'everything open to other namespaces',
    to: provider({
      tenancy: {
        adoption: 'All',
        groups: ['backup-writers'],
        managedPolicyArns: ['arn:aws:iam::aws:policy/AmazonS3FullAccess'],
        identityPolicies: 'Any',
      },
    }),
  },
  {
    title: 'a tenancy with the bare name of a policy, and a group with a space',
    to: provider({ tenancy: { groups: ['a b'], managedPolicyArns: ['AmazonS3FullAccess'] } }),
    refusal: 'managedPolicyArns takes whole ARNs',
  },
  { title: 'a tenancy of another word', to: provider({ tenancy: { adoption: 'Some' } }), refusal: 'adoption' },
  { title: 'the least Provider', to: provider() },
  {
    title: "the predecessor's example",
    to: provider({
      type: 'wasabi',
      endpoint: 'https://s3.eu-central-2.wasabisys.com',
      iamEndpoint: 'https://iam.wasabisys.com',
      iamRegion: 'us-east-1',
      pathStyle: true,
      retry: { maxAttempts: 3, backoffStrategy: 'exponential' },
    }),
  },
  {
    title: 'every field',
    to: provider({
      suspend: false,
      mode: 'Observe',
      stsEndpoint: 'http://127.0.0.1:8080/sts',
      auth: { ...auth, sessionTokenSecretRef: { name: 'token', namespace: 'platform' } },
      tls: { caCertSecretRef: { name: 'storage-ca' }, insecureSkipVerify: true },
      rateLimit: { requestsPerSecond: 20, burst: 40, maxInFlight: 8 },
      timeoutSeconds: 60,
      allowedNamespaces: {
        from: 'Selector',
        selector: {
          matchLabels: { team: 'payments' },
          matchExpressions: [
            { key: 'tier', operator: 'In', values: ['gold'] },
            { key: 'old', operator: 'DoesNotExist' },
          ],
        },
      },
      unsupportedSettings: 'Reject',
    }),
  },
  { title: 'no spec', to: {}, refusal: 'spec is missing' },
  { title: 'no spec, stored before', from: {}, isStoredBefore: true, to: {} },
  { title: 'spec added to an object without', from: {}, isStoredBefore: true, to: provider() },
  { title: 'spec taken out', from: provider(), to: {}, refusal: 'spec is missing' },
  { title: 'no region', to: { spec: { auth } }, refusal: 'region' },
  { title: 'a region with spaces', to: provider({ region: 'eu central 2' }), refusal: 'region must be the name of' },
  { title: 'an iamRegion with a slash', to: provider({ iamRegion: 'us/east' }), refusal: 'iamRegion must be the name' },
  {
    title: 'a region with capitals, stored before',
    from: provider({ region: 'EU-Central-2' }),
    isStoredBefore: true,
    to: provider({ region: 'EU-Central-2', suspend: true }),
  },
  { title: 'no credentials', to: { spec: { region: 'eu-central-2' } }, refusal: 'auth' },
  { title: 'an unknown type', to: provider({ type: 'minio' }), refusal: 'type' },
  { title: 's3 with an endpoint', to: provider({ type: 's3', endpoint: 'https://storage.example.com:9000/s3' }) },
  { title: 's3 without an endpoint', to: provider({ type: 's3' }), refusal: 'endpoint is missing' },
  {
    title: 'an endpoint with user',
    to: provider({ endpoint: 'https://me:pw@s3.example.com' }),
    refusal: 'endpoint must be',
  },
  {
    title: 'an endpoint with query',
    to: provider({ endpoint: 'https://s3.example.com/?a=b' }),
    refusal: 'endpoint must be',
  },
  {
    title: 'an endpoint with fragment',
    to: provider({ endpoint: 'https://s3.example.com/#a' }),
    refusal: 'endpoint must be',
  },
  {
    title: 'an endpoint of ftp',
    to: provider({ iamEndpoint: 'ftp://s3.example.com' }),
    refusal: 'iamEndpoint must be',
  },
  { title: 'an endpoint without host', to: provider({ stsEndpoint: 'https:///sts' }), refusal: 'stsEndpoint must be' },
  { title: 'an IPv6 endpoint', to: provider({ endpoint: 'http://[::1]:9000' }) },
  { title: 'an endpoint that is no URI', to: provider({ endpoint: 's3.example.com' }), refusal: 'endpoint' },
  {
    title: 'an old endpoint with a query, another field changed',
    from: provider({ endpoint: 'https://s3.example.com/?a=b' }),
    isStoredBefore: true,
    to: provider({ endpoint: 'https://s3.example.com/?a=b', pathStyle: false }),
  },
  {
    title: 'an old endpoint with a query, changed to another',
    from: provider({ endpoint: 'https://s3.example.com/?a=b' }),
    isStoredBefore: true,
    to: provider({ endpoint: 'https://s3.example.com/?a=c' }),
    refusal: 'endpoint must be',
  },
  {
    title: 'a CA reference without a name',
    to: provider({ tls: { caCertSecretRef: {} } }),
    refusal: 'name is missing',
  },
  {
    title: 'an old CA reference without a name, another field changed',
    from: provider({ tls: { caCertSecretRef: {} } }),
    isStoredBefore: true,
    to: provider({ tls: { caCertSecretRef: {} }, pathStyle: false }),
  },
  {
    title: 'a session token without a Secret',
    to: provider({ auth: { ...auth, sessionTokenSecretRef: {} } }),
    refusal: 'name is missing',
  },
  { title: 'too many attempts', to: provider({ retry: { maxAttempts: 11 } }), refusal: 'maxAttempts' },
  { title: 'no timeout', to: provider({ timeoutSeconds: 0 }), refusal: 'timeoutSeconds' },
  {
    title: 'All with a selector',
    to: provider({ allowedNamespaces: { from: 'All', selector: {} } }),
    refusal: 'selector goes with',
  },
  {
    title: 'a selector without Selector',
    to: provider({ allowedNamespaces: { selector: {} } }),
    refusal: 'selector goes with',
  },
  {
    title: 'Selector without a selector',
    to: provider({ allowedNamespaces: { from: 'Selector' } }),
    refusal: 'selector goes with',
  },
  { title: 'Selector for all', to: provider({ allowedNamespaces: { from: 'Selector', selector: {} } }) },
  {
    title: 'In without values',
    to: provider({
      allowedNamespaces: { from: 'Selector', selector: { matchExpressions: [{ key: 'a', operator: 'In' }] } },
    }),
    refusal: 'values must be given',
  },
  {
    title: 'Exists with values',
    to: provider({
      allowedNamespaces: {
        from: 'Selector',
        selector: { matchExpressions: [{ key: 'a', operator: 'Exists', values: ['b'] }] },
      },
    }),
    refusal: 'values must be given',
  },
  {
    title: 'all may change',
    from: provider(),
    to: provider({ region: 'us-east-1', endpoint: 'https://s3.wasabisys.com' }),
  },
];
