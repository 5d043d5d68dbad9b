import type { KubeObject, ObjectMeta } from '../api/meta.ts';
import { internStrings } from './intern.ts';

const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/**
 * The object without what nobody reads and what may be larger than all the rest: managedFields and the annotation of
 * `kubectl apply` (which holds the whole object once more).
 */
export function slim<T extends KubeObject>(object: T): T {
  return internStrings({ ...object, metadata: slimMetadata(object.metadata) });
}

/** Type and slim metadata alone, for objects whose content must not be kept: Secrets. */
export function metadataOnly(object: KubeObject): KubeObject {
  const { apiVersion, kind, metadata } = object;
  return internStrings({ apiVersion, kind, metadata: slimMetadata(metadata) });
}

function slimMetadata(metadata: ObjectMeta & { readonly managedFields?: unknown }): ObjectMeta {
  const { managedFields: _, ...kept } = metadata;
  if (kept.annotations?.[LAST_APPLIED] === undefined) return kept;
  const { [LAST_APPLIED]: __, ...annotations } = kept.annotations;
  return { ...kept, annotations };
}
