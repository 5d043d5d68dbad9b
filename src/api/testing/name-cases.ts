import type { Draft, SchemaCase } from './schema-case.ts';

const NO_NAME = 'no such name!';

const reference = { name: 'a', namespace: 'platform' };
const secretKey = { name: 'keys', key: 'access-key', namespace: 'platform' };
const outputs = [
  {
    ...reference,
    preset: 'aws-env',
    type: 'Opaque',
    parameters: {
      bucket: 'team-a-logs',
      region: 'eu-central-2',
      key: 'cloud',
      profile: 'backup',
      remote: 'archive',
      path: 'hosts/db-1',
    },
  },
];
const restart = [{ kind: 'Deployment', name: 'web' }];

/** A spec of each kind with a name in every place that takes one. */
const specs: Readonly<Record<string, object>> = {
  Provider: {
    region: 'eu-central-2',
    auth: { accessKeySecretRef: secretKey, secretKeySecretRef: secretKey, sessionTokenSecretRef: secretKey },
    tls: { caCertSecretRef: { name: 'ca', key: 'ca.crt' } },
  },
  Bucket: {
    providerRef: reference,
    name: 'team-a-logs',
    userRef: reference,
    logging: { targetBucketRef: { name: 'a' } },
    replication: { rules: [{ id: 'copy', destination: { bucketRef: { name: 'a' } } }] },
    autoManage: { outputs, restart },
  },
  BucketPolicy: {
    bucketRef: reference,
    policy: {
      statement: [{ effect: 'Allow', action: '*', resource: '*', principalRefs: [{ kind: 'User', ...reference }] }],
    },
  },
  User: { providerRef: reference, name: 'team-a', policyRef: reference, policyRefs: [reference] },
  IAMPolicy: { providerRef: reference, policy: { statement: [] } },
  AccessKey: { providerRef: reference, userRef: reference, secret: { name: 'app-s3' }, outputs, restart },
};

const inReference = ['name', 'namespace'];
const inSecretKey = ['name', 'key', 'namespace'];
const inOutput = [
  'name',
  'namespace',
  'type',
  ...['bucket', 'region', 'key', 'profile', 'remote', 'path'].map((name) => `parameters.${name}`),
];

/** Where each of them stands. */
const places: Readonly<Record<string, readonly string[]>> = {
  Provider: [
    ...['accessKeySecretRef', 'secretKeySecretRef', 'sessionTokenSecretRef'].flatMap((name) =>
      below(`auth.${name}`, inSecretKey),
    ),
    ...below('tls.caCertSecretRef', ['name', 'key']),
  ],
  Bucket: [
    ...below('providerRef', inReference),
    ...below('userRef', inReference),
    'logging.targetBucketRef.name',
    'replication.rules.0.destination.bucketRef.name',
    ...below('autoManage.outputs.0', inOutput),
    'autoManage.restart.0.name',
  ],
  BucketPolicy: [...below('bucketRef', inReference), ...below('policy.statement.0.principalRefs.0', inReference)],
  User: ['providerRef', 'policyRef', 'policyRefs.0'].flatMap((name) => below(name, inReference)),
  IAMPolicy: below('providerRef', inReference),
  AccessKey: [
    ...['providerRef', 'userRef'].flatMap((name) => below(name, inReference)),
    'secret.name',
    ...below('outputs.0', inOutput),
    'restart.0.name',
  ],
};

/** Names of other objects and of what is in them: each place with one that can be none. */
export const nameCases: readonly SchemaCase[] = Object.entries(specs).flatMap(([kind, spec]) => [
  { kind, title: 'a name in every place', to: { spec } },
  ...(places[kind] ?? []).map((place): SchemaCase => {
    const to: Draft = { spec: put(spec, place.split('.'), NO_NAME) };
    return {
      kind,
      title: `${place} that is no name`,
      to,
      refusal: kind === 'BucketPolicy' && place.startsWith('policy') ? ' match ' : `${place.split('.').at(-1)} must `,
    };
  }),
]);

function below(place: string, names: readonly string[]): readonly string[] {
  return names.map((name) => `${place}.${name}`);
}

/** A copy with that text at that place, which is there. */
function put(value: unknown, [first, ...rest]: readonly string[], text: string): unknown {
  if (first === undefined) return text;
  if (Array.isArray(value))
    return value.map((item: unknown, at) => (String(at) === first ? put(item, rest, text) : item));
  const entries = Object.entries(value ?? {}).map(([name, child]: [string, unknown]) => [
    name,
    name === first ? put(child, rest, text) : child,
  ]);
  return Object.fromEntries(entries);
}
