import { GROUP } from '../../api/meta.ts';
import type { User } from '../../api/user.ts';
import type { Reference } from '../../managed/references.ts';
import { providerReference } from '../provider-reference.ts';

/** Every object that a User's spec names. */
export function userReferences(resource: User): readonly Reference[] {
  return [providerReference(resource.metadata.namespace, resource.spec.providerRef), ...policyReferences(resource)];
}

/** The IAMPolicies that a User's spec names. */
export function policyReferences({ metadata, spec }: User): readonly Reference[] {
  const reference = (path: string, ref: { name: string; namespace?: string | undefined }, isLegacy: boolean) => ({
    path,
    group: GROUP,
    kind: 'IAMPolicy',
    key: { namespace: ref.namespace ?? metadata.namespace ?? '', name: ref.name },
    isLegacy,
    blocksDeletion: true,
  });
  return [
    ...(spec.policyRef === undefined ? [] : [reference('spec.policyRef', spec.policyRef, true)]),
    ...(spec.policyRefs ?? []).map((ref, index) => reference(`spec.policyRefs[${index}]`, ref, false)),
  ];
}
