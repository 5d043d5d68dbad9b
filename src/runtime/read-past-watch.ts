import type { KubeObject, ObjectKey, ResourceType } from '../api/meta.ts';
import type { Kube } from './kube.ts';
import type { ObjectStore } from './store.ts';

export interface ReadPastWatchOptions<T extends KubeObject> {
  readonly kube: Kube;
  readonly type: ResourceType;
  readonly store: ObjectStore<T>;
  readonly metadataOnly?: boolean;
}

/**
 * Reads one object for a store that cannot tell how a write of ours stands to a list that was read meanwhile. By a list
 * of one: that can be metadata alone, and rights on the name suffice. Never rejects: the store asks for a list then.
 */
export async function readPastWatch<T extends KubeObject>(
  options: ReadPastWatchOptions<T>,
  key: ObjectKey,
  signal: AbortSignal,
): Promise<void> {
  const { kube, type, store, metadataOnly } = options;
  const read = store.beginRead(key);
  try {
    const page = await kube.list<T>(type, type.namespaced ? key.namespace : undefined, {
      fieldSelector: `metadata.name=${key.name}`,
      signal,
      ...(metadataOnly === undefined ? {} : { metadataOnly }),
    });
    const [object] = page.items;
    if (object === undefined) read.failed();
    else read.found(object);
  } catch {
    read.failed();
  }
}
