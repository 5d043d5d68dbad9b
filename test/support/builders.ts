import type { AccessKeySpecInput } from '../../src/api/access-key.ts';
import type { BucketSpecInput } from '../../src/api/bucket.ts';
import type { BucketPolicySpecInput } from '../../src/api/bucket-policy.ts';
import { SECRETS } from '../../src/api/core-types.ts';
import type { IamPolicySpecInput } from '../../src/api/iam-policy.ts';
import { KINDS } from '../../src/api/kinds.ts';
import type { ResourceType } from '../../src/api/meta.ts';
import type { ProviderSpecInput } from '../../src/api/provider.ts';
import type { UserSpecInput } from '../../src/api/user.ts';

/** An object as somebody writes it. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly annotations?: Readonly<Record<string, string>>;
    readonly labels?: Readonly<Record<string, string>>;
    readonly finalizers?: readonly string[];
  };
  readonly spec?: object;
  readonly [field: string]: unknown;
}

export const TYPES: Readonly<Record<string, ResourceType>> = {
  Secret: SECRETS,
  ...Object.fromEntries(KINDS.map(({ type }) => [type.kind, type])),
};

/** The type that the API server serves that kind as. @throws Error when no test has objects of that kind */
export function typeOf(kind: string): ResourceType {
  const type = TYPES[kind];
  if (type === undefined) throw new Error(`no type for ${kind}`);
  return type;
}

const API = 's3.cloud37.dev/v1alpha1';

export function secret(name: string, values: Readonly<Record<string, string>>): Manifest {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name }, stringData: values };
}

/** A Provider with the credentials of the Secret `wasabi-credentials`. */
export function provider(name: string, spec: Partial<ProviderSpecInput>, metadata: object = {}): Manifest {
  const auth = {
    accessKeySecretRef: { name: 'wasabi-credentials' },
    secretKeySecretRef: { name: 'wasabi-credentials' },
  };
  return {
    apiVersion: API,
    kind: 'Provider',
    metadata: { name, ...metadata },
    spec: { region: 'eu-central-2', auth, ...spec },
  };
}

/** A Bucket on the Provider `wasabi`. */
export function bucket(name: string, spec: Partial<BucketSpecInput> = {}, metadata: object = {}): Manifest {
  return {
    apiVersion: API,
    kind: 'Bucket',
    metadata: { name, ...metadata },
    spec: { providerRef: { name: 'wasabi' }, name, ...spec },
  };
}

/** A BucketPolicy on a Bucket of the same namespace. */
export function bucketPolicy(
  name: string,
  bucketName: string,
  policy: object,
  spec: Partial<BucketPolicySpecInput> = {},
  metadata: object = {},
): Manifest {
  return {
    apiVersion: API,
    kind: 'BucketPolicy',
    metadata: { name, ...metadata },
    spec: { bucketRef: { name: bucketName }, policy, ...spec },
  };
}

/** A User on the Provider `wasabi`. */
export function user(name: string, spec: Partial<UserSpecInput> = {}, metadata: object = {}): Manifest {
  return {
    apiVersion: API,
    kind: 'User',
    metadata: { name, ...metadata },
    spec: { providerRef: { name: 'wasabi' }, name, ...spec },
  };
}

/** An IAMPolicy on the Provider `wasabi`. */
export function iamPolicy(
  name: string,
  policy: object,
  spec: Partial<IamPolicySpecInput> = {},
  metadata: object = {},
): Manifest {
  return {
    apiVersion: API,
    kind: 'IAMPolicy',
    metadata: { name, ...metadata },
    spec: { providerRef: { name: 'wasabi' }, policy, ...spec },
  };
}

/** An AccessKey of a User on the Provider `wasabi`. */
export function accessKey(
  name: string,
  userName: string,
  spec: Partial<AccessKeySpecInput> = {},
  metadata: object = {},
): Manifest {
  return {
    apiVersion: API,
    kind: 'AccessKey',
    metadata: { name, ...metadata },
    spec: { providerRef: { name: 'wasabi' }, userRef: { name: userName }, ...spec },
  };
}
