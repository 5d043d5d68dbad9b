import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Answer, CallOptions, Client, Server } from './client.ts';
import { listAt, textAt } from './json.ts';
import { type ResourceName, resources } from './resources.ts';
import type { Watch } from './watch.ts';

const patienceMs = 60_000;

/** How a patch is written; each has its own content type. */
export type PatchType = 'merge' | 'json' | 'strategic' | 'apply';

const patchContentTypes: Readonly<Record<PatchType, string>> = {
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
};

/** One sentence about the API, and how to see that it holds. `id` is stable: `area/what-holds`. */
export interface ConformanceCase {
  readonly id: string;
  /** Needs Server.compact. */
  readonly needsCompaction?: boolean;
  readonly run: (world: World) => Promise<void>;
}

/** The server, and a namespace that belongs to one case alone. */
export interface World {
  readonly server: Server;
  readonly client: Client;
  readonly namespace: string;
  /** A name that no other case uses, for cluster-scoped objects. */
  unique(prefix: string): string;
  /** `/api/v1/namespaces/NS/configmaps/NAME/status`; for a cluster-scoped resource without the namespace. */
  path(resource: ResourceName, name?: string, subresource?: string): string;
  post(resource: ResourceName, body: object, query?: Readonly<Record<string, string>>): Promise<Answer>;
  put(resource: ResourceName, body: unknown, subresource?: string): Promise<Answer>;
  patch(
    resource: ResourceName,
    name: string,
    body: unknown,
    type?: PatchType,
    options?: { readonly subresource?: string; readonly query?: Readonly<Record<string, string>> },
  ): Promise<Answer>;
  delete(resource: ResourceName, name: string, body?: object): Promise<Answer>;
  /** Creates an object, given without apiVersion and kind, and asserts that it was created. Answers the object. */
  create(resource: ResourceName, object: object): Promise<unknown>;
  /** Reads an object and asserts that it is there. */
  get(resource: ResourceName, name: string): Promise<unknown>;
  list(resource: ResourceName, query?: Readonly<Record<string, string>>): Promise<unknown>;
  watch(resource: ResourceName, query?: Readonly<Record<string, string>>, accept?: string): Promise<Watch>;
  /** Reads until the condition holds. @throws Error after a minute, with the last answer. */
  until(path: string, holds: (answer: Answer) => boolean): Promise<Answer>;
  /** Runs at the end of the case, whether it passes or not. */
  defer(cleanUp: () => Promise<unknown> | void): void;
}

/** Gives the case a namespace of its own, runs it, and cleans up after it. */
export async function inWorld(server: Server, client: Client, run: (world: World) => Promise<void>): Promise<void> {
  const cleanUps: (() => Promise<unknown> | void)[] = [];
  const unique = (prefix: string): string => `${prefix}-${randomBytes(5).toString('hex')}`;
  const namespace = unique('conformance');
  const made = await client.call('POST', '/api/v1/namespaces', {
    body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } },
  });
  assert.equal(made.status, 201, made.text);
  try {
    await run(worldOf({ server, client, namespace, unique, defer: (cleanUp) => void cleanUps.push(cleanUp) }));
  } finally {
    for (const cleanUp of cleanUps.toReversed()) await cleanUp();
    await releaseObjects(client, namespace);
  }
}

/**
 * Takes the finalizers off what a case has left behind: they would hold the CRD for ever. The namespace stays, as the
 * server is thrown away: a real namespace controller makes about sixty calls for each.
 */
async function releaseObjects(client: Client, namespace: string): Promise<void> {
  for (const { prefix, plural } of [resources.widgets, resources.configmaps]) {
    const path = `${prefix}/namespaces/${namespace}/${plural}`;
    const { body } = await client.call('GET', path);
    for (const object of listAt(body, 'items')) {
      if (listAt(object, 'metadata.finalizers').length === 0) continue;
      const released = { metadata: { finalizers: null } };
      const contentType = patchContentTypes.merge;
      await client.call('PATCH', `${path}/${textAt(object, 'metadata.name')}`, { body: released, contentType });
    }
  }
}

function worldOf(base: Pick<World, 'server' | 'client' | 'namespace' | 'unique' | 'defer'>): World {
  const { client, namespace } = base;
  const path: World['path'] = (resource, name, subresource) => {
    const { prefix, plural, isNamespaced } = resources[resource];
    const parts = [prefix, ...(isNamespaced ? ['namespaces', namespace] : []), plural, name, subresource];
    return parts.filter((part) => part !== undefined).join('/');
  };
  const typed = (resource: ResourceName, object: object): object => {
    const { apiVersion, kind } = resources[resource];
    return { apiVersion, kind, ...object };
  };
  const ok = async (call: Promise<Answer>, status: number): Promise<unknown> => {
    const answer = await call;
    assert.equal(answer.status, status, answer.text);
    return answer.body;
  };
  const post: World['post'] = (resource, body, query = {}) =>
    client.call('POST', path(resource), { body: typed(resource, body), query });
  const options = (query: CallOptions['query']): CallOptions => (query === undefined ? {} : { query });
  return {
    ...base,
    path,
    post,
    put: (resource, body, subresource) =>
      client.call('PUT', path(resource, textAt(body, 'metadata.name'), subresource), { body }),
    patch: (resource, name, body, type = 'merge', extra = {}) =>
      client.call('PATCH', path(resource, name, extra.subresource), {
        body,
        contentType: patchContentTypes[type],
        ...options(extra.query),
      }),
    delete: (resource, name, body) => client.call('DELETE', path(resource, name), body === undefined ? {} : { body }),
    create: (resource, object) => ok(post(resource, object), 201),
    get: (resource, name) => ok(client.call('GET', path(resource, name)), 200),
    list: (resource, query) => ok(client.call('GET', path(resource), options(query)), 200),
    watch: async (resource, query, accept) => {
      const watch = await client.watch(path(resource), query, accept);
      base.defer(() => watch.close());
      return watch;
    },
    until: async (at, holds) => {
      const deadline = performance.now() + patienceMs;
      for (;;) {
        const answer = await client.call('GET', at);
        if (holds(answer)) return answer;
        if (performance.now() > deadline) throw new Error(`not within ${patienceMs} ms; GET ${at}: ${answer.text}`);
        await delay(50);
      }
    },
  };
}
