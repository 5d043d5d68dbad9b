import { GROUP } from '../api/meta.ts';
import type { Reference } from '../managed/references.ts';

/** `spec.providerRef` of any kind: the namespace is the object's own when the reference names none. */
export function providerReference(
  ownNamespace: string | undefined,
  ref: { readonly name: string; readonly namespace?: string | undefined } | undefined,
): Reference {
  return {
    path: 'spec.providerRef',
    group: GROUP,
    kind: 'Provider',
    key: { namespace: ref?.namespace ?? ownNamespace ?? '', name: ref?.name ?? '' },
    isLegacy: true,
    blocksDeletion: true,
    isFixed: true,
  };
}
