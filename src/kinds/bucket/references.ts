import type { Bucket } from '../../api/bucket.ts';
import { GROUP } from '../../api/meta.ts';
import type { Reference } from '../../managed/references.ts';
import { providerReference } from '../provider-reference.ts';

/** Every object that a Bucket's spec names. */
export function bucketReferences(resource: Bucket): readonly Reference[] {
  const { metadata, spec } = resource;
  const others = [loggingReference(resource), ...replicationReferences(resource), userReference(resource)];
  return [
    providerReference(metadata.namespace, spec.providerRef),
    ...others.filter((reference) => reference !== undefined),
  ];
}

/** Every bucket that a Bucket's spec gives by its S3 name alone. */
export function bucketMentions({ spec }: Bucket): readonly string[] {
  const names = [spec.logging?.targetBucket, ...replicationRules(spec).map((rule) => rule.destination.bucket)];
  return names.filter((name) => name !== undefined);
}

/** `spec.logging.targetBucketRef`; undefined: the spec has none. */
export function loggingReference({ metadata, spec }: Bucket): Reference | undefined {
  const target = spec.logging?.targetBucketRef;
  return target && toBucket(metadata.namespace, target.name, 'spec.logging.targetBucketRef');
}

/** The rules of `spec.replication`; none where it is null or absent. */
export function replicationRules(spec: Bucket['spec']) {
  return spec.replication?.rules ?? [];
}

/** Where the destination of a rule of `spec.replication` stands. */
export function destinationPath(ruleId: string): string {
  return `spec.replication.rules[${ruleId}].destination`;
}

/** The `bucketRef` of each rule of `spec.replication` that has one. */
function replicationReferences({ metadata, spec }: Bucket): readonly Reference[] {
  return replicationRules(spec).flatMap(({ id, destination: { bucketRef } }) =>
    bucketRef === undefined ? [] : [toBucket(metadata.namespace, bucketRef.name, `${destinationPath(id)}.bucketRef`)],
  );
}

/** A Bucket object of the same namespace, which needs nobody who refers to it. */
export function toBucket(namespace: string | undefined, name: string, path: string): Reference {
  const key = { namespace: namespace ?? '', name };
  return { path, group: GROUP, kind: 'Bucket', key, isLegacy: false, blocksDeletion: false };
}

/** `spec.userRef`; undefined: the spec has none. The bucket needs no user once it is there, so it holds none back. */
export function userReference({ metadata, spec }: Bucket): Reference | undefined {
  const { userRef } = spec;
  return userRef === undefined
    ? undefined
    : {
        path: 'spec.userRef',
        group: GROUP,
        kind: 'User',
        key: { namespace: userRef.namespace ?? metadata.namespace ?? '', name: userRef.name },
        isLegacy: true,
        blocksDeletion: false,
      };
}
