import type { AccessKey } from '../../api/access-key.ts';
import { GROUP } from '../../api/meta.ts';
import type { Reference } from '../../managed/references.ts';
import { providerReference } from '../provider-reference.ts';

/** What an AccessKey names. A stored spec may lack its User. Pure. */
export function accessKeyReferences(resource: AccessKey): readonly Reference[] {
  const { namespace } = resource.metadata;
  const { providerRef }: Partial<AccessKey['spec']> = resource.spec;
  const user = userReference(resource);
  return [
    ...(providerRef === undefined ? [] : [providerReference(namespace, providerRef)]),
    ...(user === undefined ? [] : [user]),
  ];
}

/** `spec.userRef`; undefined on an object that an earlier operator stored without it. Pure. */
export function userReference({ metadata, spec }: AccessKey): Reference | undefined {
  const { userRef }: Partial<AccessKey['spec']> = spec;
  if (userRef === undefined) return undefined;
  return {
    path: 'spec.userRef',
    group: GROUP,
    kind: 'User',
    key: { namespace: userRef.namespace ?? metadata.namespace ?? '', name: userRef.name },
    isLegacy: true,
    blocksDeletion: true,
    isFixed: true,
  };
}
