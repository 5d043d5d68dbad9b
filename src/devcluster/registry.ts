import { Encoder } from './encoding.ts';
import type { Resource, ResourceVersion } from './resource.ts';

/** A resource in one of its served versions. */
export interface ServedResource {
  readonly resource: Resource;
  readonly version: ResourceVersion;
  readonly encoder: Encoder;
}

/** `plural.group`, the id of a resource and of its table; the plural alone for the core group. */
export function resourceId(group: string, plural: string): string {
  return group === '' ? plural : `${plural}.${group}`;
}

/** The resources that are served now. */
export class Registry {
  readonly #resources = new Map<string, Resource>();
  readonly #encoders = new WeakMap<ResourceVersion, Encoder>();
  readonly #listeners = new Set<(id: string) => void>();

  /** Serves a resource, in the place of the one with the same id. */
  set(resource: Resource): void {
    const id = resourceId(resource.group, resource.plural);
    this.#resources.set(id, resource);
    for (const listener of this.#listeners) listener(id);
  }

  /** Serves it no longer. */
  delete(id: string): void {
    if (!this.#resources.delete(id)) return;
    for (const listener of this.#listeners) listener(id);
  }

  get(id: string): Resource | undefined {
    return this.#resources.get(id);
  }

  /** All served resources. */
  all(): readonly Resource[] {
    return [...this.#resources.values()];
  }

  find(group: string, version: string, plural: string): ServedResource | undefined {
    const resource = this.#resources.get(resourceId(group, plural));
    const found = resource?.versions.find(({ name }) => name === version);
    if (resource === undefined || found === undefined) return undefined;
    return { resource, version: found, encoder: this.#encoderOf(found) };
  }

  /** The resource that an ownerReference means. */
  findKind(group: string, kind: string): Resource | undefined {
    return this.all().find((resource) => resource.group === group && resource.kind === kind);
  }

  /** Calls back after a resource was added, replaced or taken away. The returned function ends that. */
  subscribe(listener: (id: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #encoderOf(version: ResourceVersion): Encoder {
    const found = this.#encoders.get(version);
    if (found !== undefined) return found;
    const made = new Encoder(version);
    this.#encoders.set(version, made);
    return made;
  }
}
