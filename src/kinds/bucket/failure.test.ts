import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Bucket } from '../../api/bucket.ts';
import type { Provider } from '../../api/provider.ts';
import { reconcileErrorOf } from '../../wasabi/errors.ts';
import { faultCodeOf, ServiceFault } from '../../wasabi/service-fault.ts';
import type { ServiceChange } from './diff.ts';
import { bucketFailure, type FailedCall } from './failure.ts';

const provider: Provider = {
  apiVersion: 's3.cloud37.dev/v1alpha1',
  kind: 'Provider',
  metadata: { name: 'wasabi', namespace: 'a', uid: 'p', resourceVersion: '1', creationTimestamp: '' },
  spec: {
    type: 'wasabi',
    region: 'eu-central-2',
    pathStyle: true,
    auth: {
      accessKeySecretRef: { name: 'keys', key: 'access-key' },
      secretKeySecretRef: { name: 'keys', key: 'secret-key' },
    },
  },
};

function bucketOf(spec: Partial<Bucket['spec']>, metadata: Partial<Bucket['metadata']> = {}): Bucket {
  return {
    apiVersion: 's3.cloud37.dev/v1alpha1',
    kind: 'Bucket',
    metadata: { name: 'b', namespace: 'a', uid: 'u', resourceVersion: '1', creationTimestamp: '', ...metadata },
    spec: { providerRef: { name: 'wasabi' }, name: 'logs', deletionPolicy: 'Retain', forceDelete: false, ...spec },
  };
}

const creation: ServiceChange = { type: 'Create', summary: '', hasObjectLock: false };
const cors: ServiceChange = { type: 'Set:cors', summary: '', name: 'cors', to: [{ allowedOrigins: ['x'] }] };
const tagging: ServiceChange = { type: 'Set:tagging', summary: '', tags: { owner: 'us' } };
const typo = bucketOf({ region: 'eu-centrl-1' });

interface Row {
  readonly title: string;
  readonly code: string;
  /** Default 400; 0: no answer came. */
  readonly status?: number;
  readonly resource?: Bucket;
  readonly change?: ServiceChange;
  readonly knownRegion?: string;
  /** The whole message, `…` standing for what the service's own row says. */
  readonly says: string;
}

const rows: readonly Row[] = [
  {
    title: 'a name that the service refuses',
    code: 'InvalidBucketName',
    change: creation,
    says: 'spec.name "logs": …; a name cannot change: make a new Bucket with another one',
  },
  {
    title: 'a name that is taken',
    code: 'BucketAlreadyExists',
    change: creation,
    says: 'spec.name "logs": …; a name cannot change: make a new Bucket with another one',
  },
  {
    title: 'a look at what may be a bucket of somebody else',
    code: 'AccessDenied',
    says: 'spec.name "logs": …; if the bucket is of another account, the name is taken: make a new Bucket with another one',
  },
  {
    title: 'a bucket that was there',
    code: 'AccessDenied',
    resource: { ...bucketOf({}), status: { exists: true } },
    says: '…',
  },
  { title: 'a create that is not allowed', code: 'AccessDenied', change: creation, says: '…' },
  {
    title: 'a create that is refused for some reason',
    code: 'InvalidArgument',
    change: creation,
    says: 'spec.name "logs": …; neither name nor region can change: make a new Bucket with others',
  },
  {
    title: 'a region without a host',
    code: 'ENOTFOUND',
    status: 0,
    resource: typo,
    says: 'spec.region "eu-centrl-1": …; if it is misspelt, make a new Bucket with the right one: a region cannot change before the bucket is found',
  },
  {
    title: 'the same once the bucket was found there',
    code: 'ENOTFOUND',
    status: 0,
    resource: typo,
    knownRegion: 'eu-centrl-1',
    says: '…',
  },
  { title: 'no host in the region of the Provider, which is proven', code: 'ENOTFOUND', status: 0, says: '…' },
  {
    title: 'the same where the Bucket repeats it',
    code: 'ENOTFOUND',
    status: 0,
    resource: bucketOf({ region: 'eu-central-2' }),
    says: '…',
  },
  { title: 'a network that is down', code: 'ECONNRESET', status: 0, resource: typo, says: '…' },
  {
    title: 'a region that is none',
    code: 'InvalidLocationConstraint',
    resource: typo,
    change: creation,
    says: 'spec.region "eu-centrl-1": …; if it is misspelt, make a new Bucket with the right one: a region cannot change before the bucket is found',
  },
  {
    title: 'a region of the Provider that is none',
    code: 'InvalidLocationConstraint',
    change: creation,
    says: 'spec.region "eu-central-2" of Provider a/wasabi: …; correct it, or make a new Bucket that names its region',
  },
  {
    title: 'a setting that is not accepted',
    code: 'InvalidArgument',
    change: cors,
    says: 'spec.cors [{"allowedOrigins":["x"]}]: …; correct it',
  },
  { title: 'a setting that may not be written', code: 'AccessDenied', change: cors, says: '…' },
  {
    title: 'tags that are not accepted',
    code: 'InvalidTag',
    resource: bucketOf({ tagging: { tags: { team: '<>' } } }),
    change: tagging,
    says: 'spec.tagging {"tags":{"team":"<>"}}: …; correct it',
  },
  { title: 'a marker that is not accepted', code: 'InvalidTag', change: tagging, says: '…' },
  {
    title: 'a key id that is not known',
    code: 'InvalidAccessKeyId',
    says: 'Provider a/wasabi, spec.auth.accessKeySecretRef: Secret a/keys, key "access-key": …',
  },
  {
    title: 'a secret key that is wrong',
    code: 'SignatureDoesNotMatch',
    says: 'Provider a/wasabi, spec.auth.secretKeySecretRef: Secret a/keys, key "secret-key": …',
  },
  {
    title: 'a lock-out',
    code: 'AuthenticationLockout',
    says: 'Provider a/wasabi, spec.auth.accessKeySecretRef: Secret a/keys, key "access-key"; spec.auth.secretKeySecretRef: Secret a/keys, key "secret-key": …',
  },
  {
    title: 'a session token that has expired, where there is none',
    code: 'ExpiredToken',
    says: 'Provider a/wasabi, spec.auth.accessKeySecretRef: Secret a/keys, key "access-key"; spec.auth.secretKeySecretRef: Secret a/keys, key "secret-key": …',
  },
  {
    title: 'credentials of another namespace, whose Secrets are nobody else’s business',
    code: 'InvalidAccessKeyId',
    resource: bucketOf({}, { namespace: 'tenant' }),
    says: 'Provider a/wasabi: …',
  },
  {
    title: 'the deletion of an object, which nobody will write anew',
    code: 'InvalidBucketName',
    resource: bucketOf({}, { deletionTimestamp: '2026-01-01T00:00:00Z' }),
    says: '…',
  },
];

for (const { title, code, status = 400, resource = bucketOf({}), change, knownRegion, says } of rows) {
  test(`bucket failure: ${title}`, () => {
    const facts = { service: 's3', operation: 'Op', host: 's3.wasabisys.com', status, code, requestId: 'R' } as const;
    const error = reconcileErrorOf(new ServiceFault(facts), 'us-east-1');
    const call: FailedCall = { resource, provider, knownRegion, change };
    const told = bucketFailure(error, call);
    assert.equal(told.message, says.replace('…', error.message));
    assert.deepEqual([told.type, told.reason, told.retryAfterMs], [error.type, error.reason, error.retryAfterMs]);
    assert.equal(faultCodeOf(told), code, 'what the service said stays behind it');
  });
}
