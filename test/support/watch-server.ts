import type { ServerResponse } from 'node:http';
import type { TestContext } from 'node:test';
import type { KubeObject } from '../../src/api/meta.ts';
import { json, type LoopbackServer, type SeenRequest, startLoopbackServer, status } from './loopback-server.ts';

interface HistoryEntry {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly object: KubeObject;
  readonly version: number;
}

/** A fault: answers the request itself and says so, or leaves it to the server. */
export type Fault = (request: SeenRequest, response: ServerResponse) => boolean;

/**
 * Lists and watches of one kind as the API server speaks them, on a real socket, with faults on request. Pages hold
 * `limit` objects; events older than the compaction are answered with 410.
 */
export class WatchServer {
  readonly loopback: LoopbackServer;
  fault: Fault | undefined;
  readonly #objects = new Map<string, KubeObject>();
  #history: HistoryEntry[] = [];
  readonly #watches = new Map<ServerResponse, string | undefined>();
  #version = 100;
  #compactedAt = 0;
  #count = 0;

  private constructor(loopback: LoopbackServer) {
    this.loopback = loopback;
  }

  static async start(t: TestContext): Promise<WatchServer> {
    const answer: { with?: (request: SeenRequest, response: ServerResponse) => void } = {};
    const server = new WatchServer(
      await startLoopbackServer(t, (request, response) => answer.with?.(request, response)),
    );
    answer.with = (request, response) => server.#answer(request, response);
    return server;
  }

  get lists(): number {
    return this.loopback.seen.filter((one) => !one.query.has('watch') && !one.query.has('continue')).length;
  }

  get openWatches(): number {
    return this.#watches.size;
  }

  /** The responses of open watches, to be cut or written to. */
  get watchResponses(): readonly ServerResponse[] {
    return [...this.#watches.keys()];
  }

  /** Creates the object or gives it a new version. */
  set(name: string, namespace = 'a'): KubeObject {
    const known = this.#objects.get(`${namespace}/${name}`);
    this.#count++;
    const object: KubeObject = {
      apiVersion: 'v1',
      kind: 'Thing',
      metadata: {
        name,
        namespace,
        uid: known?.metadata.uid ?? `uid-${this.#count}`,
        resourceVersion: String(++this.#version),
        creationTimestamp: '2026-01-01T00:00:00Z',
      },
    };
    this.#objects.set(`${namespace}/${name}`, object);
    this.#commit(known === undefined ? 'ADDED' : 'MODIFIED', object);
    return object;
  }

  delete(name: string, namespace = 'a'): void {
    const known = this.#objects.get(`${namespace}/${name}`);
    if (known === undefined) throw new Error(`no object ${namespace}/${name}`);
    this.#objects.delete(`${namespace}/${name}`);
    const metadata = { ...known.metadata, resourceVersion: String(++this.#version) };
    this.#commit('DELETED', { ...known, metadata });
  }

  /** Forgets history: a watch from an older version is answered with 410. */
  compact(): void {
    this.#compactedAt = this.#version;
    this.#history = [];
  }

  bookmark(): void {
    const line = {
      type: 'BOOKMARK',
      object: { kind: 'Thing', metadata: { resourceVersion: String(++this.#version) } },
    };
    for (const response of this.#watches.keys()) response.write(`${JSON.stringify(line)}\n`);
  }

  /** Ends every watch in good order. */
  endWatches(): void {
    for (const response of this.#watches.keys()) response.end();
    this.#watches.clear();
  }

  names(): string[] {
    return [...this.#objects.values()].map((one) => one.metadata.name).sort();
  }

  #commit(type: HistoryEntry['type'], object: KubeObject): void {
    const entry = { type, object, version: this.#version };
    this.#history.push(entry);
    for (const [response, namespace] of this.#watches) send(response, entry, namespace);
  }

  #answer(request: SeenRequest, response: ServerResponse): void {
    if (this.fault?.(request, response) === true) return;
    const namespace = /\/namespaces\/([^/]+)\//.exec(request.path)?.[1];
    if (request.query.has('watch')) this.#watch(request, response, namespace);
    else this.#list(request, response, namespace);
  }

  #list(request: SeenRequest, response: ServerResponse, namespace: string | undefined): void {
    const name = /^metadata\.name=(.*)$/.exec(request.query.get('fieldSelector') ?? '')?.[1];
    const all = [...this.#objects.values()].filter(
      ({ metadata }) =>
        (namespace === undefined || metadata.namespace === namespace) && (name === undefined || metadata.name === name),
    );
    const start = Number(request.query.get('continue') ?? 0);
    const end = start + Number(request.query.get('limit'));
    const more = end < all.length ? { continue: String(end) } : {};
    json(response, 200, {
      metadata: { resourceVersion: String(this.#version), ...more },
      items: all.slice(start, end),
    });
  }

  #watch(request: SeenRequest, response: ServerResponse, namespace: string | undefined): void {
    const from = Number(request.query.get('resourceVersion'));
    if (from < this.#compactedAt) return status(response, 410, 'Expired', { message: 'too old resource version' });
    response.writeHead(200, { 'content-type': 'application/json' });
    response.flushHeaders();
    for (const entry of this.#history) if (entry.version > from) send(response, entry, namespace);
    this.#watches.set(response, namespace);
    response.on('close', () => this.#watches.delete(response));
  }
}

function send(response: ServerResponse, entry: HistoryEntry, namespace: string | undefined): void {
  if (namespace !== undefined && entry.object.metadata.namespace !== namespace) return;
  response.write(`${JSON.stringify({ type: entry.type, object: entry.object })}\n`);
}
