import { keyOf, keyText, type ObjectKey } from './api/meta.ts';
import type { ManagedResource } from './managed/kind.ts';
import type { Lookup } from './managed/lookup.ts';
import type { IndexedKind } from './snapshot.ts';

/** The kinds that need name no Provider, and the kind of the object that leads them to one. */
const ON_THE_WAY: Readonly<Record<string, string | undefined>> = { BucketPolicy: 'Bucket', AccessKey: 'User' };

/**
 * The group of an object for the queue: the Provider whose service its passes call, so that one which hangs or is
 * throttled holds up nobody else's objects. An object that may not use a Provider has no part in the Provider's turns:
 * its group, as that of an object that leads to none, is its namespace.
 */
export function providerGroup(
  lookup: Lookup,
  kinds: Readonly<Record<string, IndexedKind>>,
  kind: string,
  key: ObjectKey,
): string {
  const resource = lookup.get<ManagedResource>(kind, key);
  const provider = resource && (providerOf(lookup, kinds, resource) ?? resource.status?.target?.provider);
  return provider === undefined ? `Namespace ${key.namespace}` : `Provider ${provider}`;
}

/** As `namespace/name`: itself, else the one that its spec names, else that of the first object on the way to one. */
export function providerOf(
  lookup: Lookup,
  kinds: Readonly<Record<string, IndexedKind>>,
  resource: ManagedResource,
): string | undefined {
  if (resource.kind === 'Provider') return keyText(keyOf(resource));
  const references = kinds[resource.kind]?.references(resource) ?? [];
  const follow = (kind: string) =>
    references.find((reference) => reference.kind === kind && lookup.isPermitted(resource, reference))?.key;
  const named = follow('Provider');
  if (named !== undefined) return keyText(named);
  const onTheWay = ON_THE_WAY[resource.kind];
  const key = onTheWay === undefined ? undefined : follow(onTheWay);
  const other = onTheWay === undefined || key === undefined ? undefined : lookup.get<ManagedResource>(onTheWay, key);
  return other && providerOf(lookup, kinds, other);
}
