import type { ObjectKey, ResourceType } from '../api/meta.ts';

/** The path of a version of a group: all its kinds, where clients discover them. */
export function versionPath(type: ResourceType): string {
  return type.group === '' ? `/api/${type.version}` : `/apis/${type.group}/${type.version}`;
}

/** The path of all objects of a kind, in one namespace or (undefined, or a cluster-scoped kind) in all. */
export function collectionPath(type: ResourceType, namespace: string | undefined): string {
  const scope = namespace === undefined || !type.namespaced ? '' : `/namespaces/${encodeURIComponent(namespace)}`;
  return `${versionPath(type)}${scope}/${type.plural}`;
}

/** The path of one object, or of one of its subresources. */
export function objectPath(type: ResourceType, key: ObjectKey, subresource?: string): string {
  const path = `${collectionPath(type, key.namespace)}/${encodeURIComponent(key.name)}`;
  return subresource === undefined ? path : `${path}/${subresource}`;
}

/** A query string of those values that are given; '' when there are none. */
export function queryOf(values: Readonly<Record<string, string | number | boolean | undefined>>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) if (value !== undefined) query.set(name, String(value));
  return query.size === 0 ? '' : `?${query.toString()}`;
}

/** `GROUP/VERSION`, or the version alone for the core group. */
export function apiVersionOf(type: ResourceType): string {
  return type.group === '' ? type.version : `${type.group}/${type.version}`;
}
