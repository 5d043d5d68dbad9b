import type { Bucket } from '../../api/bucket.ts';
import { GROUP } from '../../api/meta.ts';
import type { Reference } from '../../managed/references.ts';
import { providerReference } from '../provider-reference.ts';

/** Every object that a Bucket's spec names. */
export function bucketReferences(resource: Bucket): readonly Reference[] {
  const { metadata, spec } = resource;
  const others = [loggingReference(resource), userReference(resource)];
  return [
    providerReference(metadata.namespace, spec.providerRef),
    ...others.filter((reference) => reference !== undefined),
  ];
}

/** Every bucket that a Bucket's spec gives by its S3 name alone. */
export function bucketMentions({ spec }: Bucket): readonly string[] {
  const name = spec.logging?.targetBucket;
  return name === undefined ? [] : [name];
}

/** `spec.logging.targetBucketRef`; undefined: the spec has none. */
export function loggingReference({ metadata, spec }: Bucket): Reference | undefined {
  const target = spec.logging?.targetBucketRef;
  return target === undefined
    ? undefined
    : {
        path: 'spec.logging.targetBucketRef',
        group: GROUP,
        kind: 'Bucket',
        key: { namespace: metadata.namespace ?? '', name: target.name },
        isLegacy: false,
        blocksDeletion: false,
      };
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
