import { omit } from './json.ts';
import type { ApiObject } from './object.ts';
import type { ResourceVersion } from './resource.ts';

/** How a client wants objects: whole, their metadata alone, or as rows of a table. */
export type Form = 'full' | 'metadata' | 'table';

/**
 * The JSON text of stored objects in one version. Each text is made once for each state of an object, however many
 * lists and watchers it goes to, and forgotten with it.
 */
export class Encoder {
  readonly #version: ResourceVersion;
  readonly #full = new WeakMap<ApiObject, string>();
  readonly #items = new WeakMap<ApiObject, string>();
  readonly #metadata = new WeakMap<ApiObject, string>();

  constructor(version: ResourceVersion) {
    this.#version = version;
  }

  /** The object by itself or in a watch event. */
  text(stored: ApiObject, form: Exclude<Form, 'table'>): string {
    if (form === 'metadata') return kept(this.#metadata, stored, metadataText);
    return kept(this.#full, stored, (object) => JSON.stringify(this.#version.read(object)));
  }

  /** The object in a list. `hasTypedItems`: with kind and apiVersion. */
  itemText(stored: ApiObject, form: Exclude<Form, 'table'>, hasTypedItems: boolean): string {
    if (form === 'metadata' || hasTypedItems) return this.text(stored, form);
    return kept(this.#items, stored, (object) =>
      JSON.stringify(omit(this.#version.read(object), 'kind', 'apiVersion')),
    );
  }
}

function kept(cache: WeakMap<ApiObject, string>, stored: ApiObject, make: (object: ApiObject) => string): string {
  const found = cache.get(stored);
  if (found !== undefined) return found;
  const made = make(stored);
  cache.set(stored, made);
  return made;
}

function metadataText(object: ApiObject): string {
  return JSON.stringify({ kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata });
}

/** The first lines of the list text, up to and with the opening bracket of its items; the items and `]}` follow. */
export function listText(kind: string, apiVersion: string, metadata: object, items: readonly string[]): string {
  const head = JSON.stringify({ kind, apiVersion, metadata });
  return `${head.slice(0, -1)},"items":[${items.join(',')}]}`;
}
