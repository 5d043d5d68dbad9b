import type { KubeObject, ObjectKey, ResourceType } from '../api/meta.ts';
import type { Fence } from './fence.ts';
import { FIELD_MANAGER } from './field-ownership.ts';
import { jsonLines } from './json-lines.ts';
import {
  type CallOptions,
  type DeletePreconditions,
  type DryRun,
  type Kube,
  KubeError,
  type ListOptions,
  type ListPage,
  type Patch,
  type WatchEvent,
  type WatchOptions,
} from './kube.ts';
import type { KubeCallInput } from './kube-attempts.ts';
import { KubeCalls, type KubeCallsOptions } from './kube-calls.ts';
import { isObjectGone } from './kube-errors.ts';
import { apiVersionOf, collectionPath, objectPath, queryOf, versionPath } from './kube-paths.ts';
import { watchErrorOf } from './kube-status.ts';

const CONTENT_TYPES: { readonly [T in Patch['type']]: string } = {
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
  apply: 'application/apply-patch+yaml', // JSON is YAML
};

/** etcd keeps no object above 1.5 MiB; managedFields and escapes come on top. */
const MAX_LINE_BYTES = 8 * 1024 * 1024;

/** Options of the client: where the server is, who we are, and what each call must obey. */
export type KubeClientOptions = KubeCallsOptions;

/**
 * The Kubernetes API over pooled HTTP/1.1 connections.
 * - 429, and 503 with `Retry-After`, are waited for and repeated while that fits into the call's deadline; 401 is
 *   repeated once with a credential read anew; a GET or LIST whose connection broke, once on a fresh socket.
 * - A call that changes something asserts the fence right before its first byte is written and does not outlive it.
 *   Leases and Events are exempt: the first decide about leadership, the second decide nothing.
 */
export class KubeClient implements Kube {
  readonly #calls: KubeCalls;

  constructor(options: KubeClientOptions) {
    this.#calls = new KubeCalls(options);
  }

  /** Whose rights decide on changing calls from now on: the elector is made with a client of its own, so it comes later. */
  fenceWith(fence: Fence): void {
    this.#calls.fenceWith(fence);
  }

  get clockOffsetMs(): number {
    return this.#calls.clockOffsetMs;
  }

  async get<T extends KubeObject>(type: ResourceType, key: ObjectKey, options?: CallOptions): Promise<T | undefined> {
    try {
      const body = await this.#calls.json({ verb: 'get', type, key, path: objectPath(type, key) }, options);
      return body as T; // the caller names the kind, and the API server validated it against its schema
    } catch (error) {
      if (isObjectGone(error)) return undefined;
      throw error;
    }
  }

  async servedVerbs(type: ResourceType, options?: CallOptions): Promise<readonly string[] | undefined> {
    try {
      return verbsOf(await this.#calls.json({ verb: 'get', type, path: versionPath(type) }, options), type);
    } catch (error) {
      if (error instanceof KubeError && error.code === 404) return undefined;
      throw error;
    }
  }

  async list<T extends KubeObject>(
    type: ResourceType,
    namespace: string | undefined,
    options: ListOptions = {},
  ): Promise<ListPage<T>> {
    const query = queryOf({
      labelSelector: options.labelSelector,
      fieldSelector: options.fieldSelector,
      limit: options.limit ?? 500,
      continue: options.continueToken,
    });
    const accept = acceptOf(options.metadataOnly, 'PartialObjectMetadataList');
    const path = `${collectionPath(type, namespace)}${query}`;
    const body = await this.#calls.json({ verb: 'list', type, namespace, path, accept }, options);
    return parsePage<T>(body, type);
  }

  async *watch<T extends KubeObject>(
    type: ResourceType,
    namespace: string | undefined,
    options: WatchOptions,
  ): AsyncGenerator<WatchEvent<T>, void> {
    const query = queryOf({
      watch: true,
      allowWatchBookmarks: true,
      resourceVersion: options.resourceVersion,
      timeoutSeconds: options.timeoutSeconds,
      labelSelector: options.labelSelector,
      fieldSelector: options.fieldSelector,
    });
    const accept = acceptOf(options.metadataOnly, 'PartialObjectMetadata');
    const path = `${collectionPath(type, namespace)}${query}`;
    const input: KubeCallInput = { verb: 'watch', type, namespace, path, accept };
    const body = await this.#calls.stream(input, options.signal);
    options.onOpen?.();
    try {
      for await (const line of jsonLines(body, MAX_LINE_BYTES)) yield parseEvent<T>(line, type);
    } catch (error) {
      throw this.#calls.brokenStream(input, error);
    }
  }

  async create<T extends KubeObject>(
    type: ResourceType,
    namespace: string,
    body: object,
    options?: CallOptions & DryRun,
  ): Promise<T> {
    const query = queryOf({ fieldManager: FIELD_MANAGER, dryRun: options?.isDryRun === true ? 'All' : undefined });
    const path = `${collectionPath(type, namespace)}${query}`;
    const answer = await this.#calls.json({ verb: 'create', type, namespace, path, body }, options);
    return answer as T; // as in get
  }

  async patch<T extends KubeObject>(
    type: ResourceType,
    key: ObjectKey,
    patch: Patch,
    options?: CallOptions & DryRun & { readonly subresource?: 'status' },
  ): Promise<T> {
    const query = queryOf({
      fieldManager: FIELD_MANAGER,
      force: patch.type === 'apply' && patch.force === true ? true : undefined,
      dryRun: options?.isDryRun === true ? 'All' : undefined,
    });
    const path = `${objectPath(type, key, options?.subresource)}${query}`;
    const contentType = CONTENT_TYPES[patch.type];
    const answer = await this.#calls.json({ verb: 'patch', type, key, path, body: patch.body, contentType }, options);
    return answer as T; // as in get
  }

  async delete(
    type: ResourceType,
    key: ObjectKey,
    options?: CallOptions & { readonly preconditions?: DeletePreconditions },
  ): Promise<void> {
    const body = {
      apiVersion: 'v1',
      kind: 'DeleteOptions',
      propagationPolicy: 'Background',
      ...(options?.preconditions === undefined ? {} : { preconditions: options.preconditions }),
    };
    try {
      await this.#calls.json({ verb: 'delete', type, key, path: objectPath(type, key), body }, options);
    } catch (error) {
      if (!isObjectGone(error)) throw error;
    }
  }

  /** Ends all connections; what is under way fails. */
  close(): Promise<void> {
    return this.#calls.close();
  }
}

function acceptOf(metadataOnly: boolean | undefined, kind: string): string {
  return metadataOnly === true ? `application/json;as=${kind};g=meta.k8s.io;v=v1` : 'application/json';
}

function verbsOf(body: unknown, type: ResourceType): readonly string[] | undefined {
  const list = body as {
    readonly resources?: readonly { readonly name?: string; readonly verbs?: readonly string[] }[];
  };
  return list.resources?.find(({ name }) => name === type.plural)?.verbs; // APIResourceList, as far as it is used
}

interface RawList {
  readonly metadata: { readonly resourceVersion: string; readonly continue?: string };
  readonly items?: readonly KubeObject[] | null;
}

function parsePage<T extends KubeObject>(body: unknown, type: ResourceType): ListPage<T> {
  const list = body as Partial<RawList>; // checked on the next line as far as it is used
  if (typeof list.metadata?.resourceVersion !== 'string') {
    throw new KubeError(`list ${type.plural}: the answer is no list: metadata.resourceVersion is missing`, { code: 0 });
  }
  const continueToken = list.metadata.continue ?? '';
  return {
    items: (list.items ?? []).map((item) => named<T>(item, type)),
    resourceVersion: list.metadata.resourceVersion,
    ...(continueToken === '' ? {} : { continueToken }),
  };
}

/** Items of a list of a built-in kind carry neither kind nor apiVersion, metadata alone carries the wrong ones. */
function named<T extends KubeObject>(item: KubeObject, type: ResourceType): T {
  return { ...item, apiVersion: apiVersionOf(type), kind: type.kind } as T; // the caller names the kind
}

function parseEvent<T extends KubeObject>(line: unknown, type: ResourceType): WatchEvent<T> {
  const event = line as { readonly type?: unknown; readonly object?: unknown };
  const object = event.object as KubeObject | undefined; // metadata is checked below
  switch (event.type) {
    case 'ERROR':
      return { type: 'ERROR', ...watchErrorOf(event.object) };
    case 'BOOKMARK':
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED': {
      if (typeof object?.metadata?.resourceVersion !== 'string') break;
      if (event.type === 'BOOKMARK') return { type: 'BOOKMARK', resourceVersion: object.metadata.resourceVersion };
      return { type: event.type, object: named<T>(object, type) };
    }
  }
  throw new SyntaxError(`a watch event of type ${JSON.stringify(event.type)} without an object we can read`);
}
