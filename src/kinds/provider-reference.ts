import { GROUP } from '../api/meta.ts';
import type { Provider } from '../api/provider.ts';
import type { ManagedResource, Target } from '../managed/kind.ts';
import type { Lookup } from '../managed/lookup.ts';
import type { Reference } from '../managed/references.ts';

interface ProviderRef {
  readonly name: string;
  readonly namespace?: string | undefined;
}

/** `spec.providerRef` of any kind: the namespace is the object's own when the reference names none. */
export function providerReference(ownNamespace: string | undefined, ref: ProviderRef | undefined): Reference {
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

/** The Provider that the spec of the object names. @throws DependencyNotReady, when it is not there or not for this object */
export function providerOf(
  lookup: Lookup,
  resource: ManagedResource & { readonly spec: { readonly providerRef: ProviderRef } },
): Provider {
  return lookup.follow<Provider>(resource, providerReference(resource.metadata.namespace, resource.spec.providerRef));
}

/**
 * The Provider that the target of the object names, whatever its spec says by now.
 * @throws DependencyNotReady, when it is not there or not for this object
 */
export function providerOfTarget(lookup: Lookup, resource: ManagedResource, target: Target): Provider {
  const reference = providerReference(resource.metadata.namespace, undefined);
  return lookup.follow<Provider>(resource, { ...reference, key: target.provider });
}
