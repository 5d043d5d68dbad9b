import { BUCKETS, type BucketSpecInput } from '../../src/api/bucket.ts';
import { SECRETS } from '../../src/api/core-types.ts';
import type { ResourceType } from '../../src/api/meta.ts';
import { PROVIDERS, type ProviderSpecInput } from '../../src/api/provider.ts';

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

export const TYPES: Readonly<Record<string, ResourceType>> = { Bucket: BUCKETS, Provider: PROVIDERS, Secret: SECRETS };

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
