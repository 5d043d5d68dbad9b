import type { BucketPolicy } from '../../api/bucket-policy.ts';
import { GROUP } from '../../api/meta.ts';
import type { Reference } from '../../managed/references.ts';

/** `spec.bucketRef`. It keeps the Bucket from being deleted, unless the Bucket owns the BucketPolicy. */
export function bucketReference({ metadata, spec }: BucketPolicy): Reference {
  const { bucketRef } = spec as Partial<BucketPolicy['spec']>; // a stored object may lack it
  return {
    path: 'spec.bucketRef',
    group: GROUP,
    kind: 'Bucket',
    key: { namespace: bucketRef?.namespace ?? metadata.namespace ?? '', name: bucketRef?.name ?? '' },
    isLegacy: true,
    blocksDeletion: true,
  };
}

/** The `principalRefs` of the statement with that index, in either casing of the list of statements. */
export function principalReferences(resource: BucketPolicy, index: number): readonly Reference[] {
  const statement = statementsOf(resource)[index];
  const refs = isObject(statement) && Array.isArray(statement['principalRefs']) ? statement['principalRefs'] : [];
  return refs.flatMap((ref: unknown, position): readonly Reference[] => {
    if (!isObject(ref) || typeof ref['name'] !== 'string') return [];
    const { name, namespace } = ref;
    const own = resource.metadata.namespace ?? '';
    return [
      {
        path: `spec.policy.statement[${index}].principalRefs[${position}]`,
        group: GROUP,
        kind: 'User',
        key: { namespace: typeof namespace === 'string' ? namespace : own, name },
        isLegacy: false,
        blocksDeletion: false,
      },
    ];
  });
}

/** Every object that a BucketPolicy's spec names. */
export function bucketPolicyReferences(resource: BucketPolicy): readonly Reference[] {
  return [
    bucketReference(resource),
    ...statementsOf(resource).flatMap((_, index) => principalReferences(resource, index)),
  ];
}

/** The statements as they were written: what the schema does not name is kept as it is, so nothing is sure of them. */
function statementsOf({ spec }: BucketPolicy): readonly unknown[] {
  const { policy } = spec as Partial<BucketPolicy['spec']>; // a stored object may lack it
  const written: unknown =
    policy?.statement ?? (policy as Readonly<Record<string, unknown>> | undefined)?.['Statement'];
  return Array.isArray(written) ? written : written === undefined ? [] : [written];
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
