import type { Json, JsonObject } from './json.ts';

/** metav1.OwnerReference as it is stored. */
export interface OwnerRef extends JsonObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
}

/** metav1.ObjectMeta as it is stored. Before the first write `uid`, `resourceVersion` and `creationTimestamp` are ''. */
export interface Metadata extends JsonObject {
  readonly name: string;
  readonly generateName?: string;
  readonly namespace?: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly generation?: number;
  readonly creationTimestamp: string;
  readonly deletionTimestamp?: string;
  readonly deletionGracePeriodSeconds?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly finalizers?: readonly string[];
  readonly ownerReferences?: readonly OwnerRef[];
  /** Only on objects that somebody has applied. */
  readonly managedFields?: readonly Json[];
}

/** Any Kubernetes object as it is stored: shared, never changed in place. */
export interface ApiObject extends JsonObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: Metadata;
}

/** A copy of the object with these metadata fields changed; `undefined` takes a field away. */
export function withMetadata(object: ApiObject, changes: JsonObject): ApiObject {
  const merged: Record<string, Json | undefined> = { ...object.metadata, ...changes };
  for (const key of Object.keys(merged)) if (merged[key] === undefined) delete merged[key];
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- callers set known fields to values of their own types
  return { ...object, metadata: merged as unknown as Metadata };
}

/** `NAMESPACE/NAME`, or `NAME` alone for a cluster-scoped object: the order of these texts is the order of a list. */
export function storageKey(namespace: string, name: string): string {
  return namespace === '' ? name : `${namespace}/${name}`;
}

/** The storage key of an object. */
export function keyOfObject(object: ApiObject): string {
  return storageKey(object.metadata.namespace ?? '', object.metadata.name);
}

/** `GROUP/VERSION`, or `VERSION` alone for the core group: the apiVersion field. */
export function apiVersionOf(group: string, version: string): string {
  return group === '' ? version : `${group}/${version}`;
}

/** The group of an apiVersion field: '' for the core group. */
export function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf('/');
  return slash < 0 ? '' : apiVersion.slice(0, slash);
}

/** Whether the object waits for its finalizers. */
export function isDeleting(object: ApiObject): boolean {
  return object.metadata.deletionTimestamp !== undefined;
}
