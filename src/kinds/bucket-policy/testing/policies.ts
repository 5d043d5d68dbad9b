import type { Bucket } from '../../../api/bucket.ts';
import type { BucketPolicy, BucketPolicySpec, BucketPolicyStatus } from '../../../api/bucket-policy.ts';
import type { KubeObject } from '../../../api/meta.ts';
import type { ManagedResource } from '../../../managed/kind.ts';
import { Lookup } from '../../../managed/lookup.ts';
import type { PolicyDocument, Statement } from '../../../wasabi/policy/document.ts';
import type { DesiredPolicy } from '../desired.ts';
import { bucketPolicyReferences } from '../references.ts';

const API = 's3.cloud37.dev/v1alpha1';
const PRINCIPAL = 'arn:aws:iam::100000000001:user/reader';
const CREATED = '2026-01-01T00:00:00Z';

/** The one statement of that Sid in canonical form: each means something else. */
export function statementOf(Sid: string): Statement {
  const Resource = [`arn:aws:s3:::logs/${Sid}`];
  return { Sid, Effect: 'Allow', Principal: { AWS: [PRINCIPAL] }, Action: ['s3:GetObject'], Resource };
}

/** A document of those statements. */
export function documentOf(...sids: readonly string[]): PolicyDocument {
  return { Version: '2012-10-17', Statement: sids.map(statementOf) };
}

/** What is wanted of a bucket whose policy nobody has written yet; by default the statement `Own`. */
export function desiredOf(parts: Partial<DesiredPolicy> = {}): DesiredPolicy {
  const own = { document: documentOf('Own'), isNew: true };
  const nothing = { failure: undefined, kept: [], own, wasWritten: false, announced: [] };
  return { document: documentOf('Own'), ...nothing, ...parts };
}

/** How an object differs from one of the Bucket `logs` in the namespace `a` that has one statement, named as it is. */
export interface Sketch {
  readonly spec?: Partial<BucketPolicySpec>;
  readonly status?: BucketPolicyStatus;
  readonly namespace?: string;
  readonly metadata?: object;
}

/** A BucketPolicy as it is stored; its uid is `uid-NAME`. */
export function policyObject(
  name: string,
  { spec, status = {}, namespace = 'a', metadata }: Sketch = {},
): BucketPolicy {
  const { Sid: sid, Effect, Action, Resource } = statementOf(name);
  const statement = [{ sid, effect: Effect, principal: PRINCIPAL, action: Action, resource: Resource }];
  return {
    apiVersion: API,
    kind: 'BucketPolicy',
    metadata: { name, namespace, uid: `uid-${name}`, resourceVersion: '1', creationTimestamp: CREATED, ...metadata },
    spec: { bucketRef: { name: 'logs', namespace: 'a' }, policy: { statement }, ...spec },
    status,
  } as BucketPolicy; // as far as it is read
}

const target = { provider: 'a/wasabi', accountId: '100000000001', region: 'eu-central-2', name: 'logs' };

/** The Bucket `logs` in the namespace `a`, which has its bucket. */
export function bucketObject(spec: Partial<Bucket['spec']> = {}): Bucket {
  return {
    apiVersion: API,
    kind: 'Bucket',
    metadata: { name: 'logs', namespace: 'a', uid: 'uid-bucket', resourceVersion: '1', creationTimestamp: CREATED },
    spec: { name: 'logs', providerRef: { name: 'wasabi' }, ...spec },
    status: { target },
  } as Bucket; // as far as it is read
}

/** A cluster that has these objects, and the Provider of the Bucket. */
export function lookupOf(bucket: Bucket, policies: readonly BucketPolicy[]): Lookup {
  const provider = {
    apiVersion: API,
    kind: 'Provider',
    metadata: { name: 'wasabi', namespace: 'a', uid: 'uid-provider', resourceVersion: '1', creationTimestamp: CREATED },
    spec: { region: 'eu-central-2' },
    status: { identityArn: 'arn:aws:iam::100000000001:user/operator' },
  };
  const all: readonly KubeObject[] = [provider, bucket, ...policies];
  return new Lookup(
    {
      get: <T extends KubeObject>(kind: string, { namespace, name }: { namespace: string; name: string }) =>
        all.find((one) => one.kind === kind && one.metadata.namespace === namespace && one.metadata.name === name) as
          | T
          | undefined, // it is of that kind
      referrers: () => policies.map((resource) => ({ resource, references: bucketPolicyReferences(resource) })),
      namesakes: <R extends ManagedResource>(kind: string, externalName: string) =>
        (kind === 'Bucket' && bucket.spec.name === externalName
          ? [bucket]
          : []) as readonly ManagedResource[] as readonly R[], // it is of that kind
      namespaceLabels: () => ({}),
      isTerminating: () => false,
      referenceGrants: () => [],
    },
    { allowLegacyCrossNamespace: false },
  );
}
