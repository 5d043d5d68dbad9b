import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Authenticator } from './auth.ts';
import type { Cluster } from './cluster.ts';
import { discovery } from './discovery.ts';
import { openapi } from './openapi.ts';
import { parseResourcePath, type ResourcePath } from './path.ts';
import { groupResource, type Verb } from './resource.ts';
import { type Answer, type Call, isSet, warn } from './routes/call.ts';
import { remove, removeCollection } from './routes/delete.ts';
import { patch } from './routes/patch.ts';
import { get, list } from './routes/read.ts';
import { watch } from './routes/watch.ts';
import { create, update } from './routes/write.ts';
import { ApiError, internalError, methodNotAllowedError, notFoundError, unknownResourceError } from './status.ts';

/** One line of the request log. */
export interface LoggedRequest {
  /** As in RBAC: get, list, watch, create, update, patch, delete, deletecollection; for other paths the method in lower case. */
  readonly verb: string;
  /** With the query. */
  readonly path: string;
  readonly userAgent: string;
  /** The token's user; '' when it was refused. */
  readonly user: string;
  /** The status code of the answer; 0: the client went away before it. */
  readonly code: number;
}

/** The path leads nowhere: the real server answers plain text then, since no API is asked. */
class PathUnknown extends Error {
  override readonly name = 'PathUnknown';
}

const probes = new Set(['/healthz', '/readyz', '/livez']);

function verbOf(method: string, path: ResourcePath | undefined, query: URLSearchParams): string {
  if (path === undefined) return method.toLowerCase();
  const isItem = path.name !== undefined;
  switch (method) {
    case 'GET':
      return isItem ? 'get' : isSet(query, 'watch') ? 'watch' : 'list';
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return isItem ? 'delete' : 'deletecollection';
    default:
      return method.toLowerCase();
  }
}

function groupPath(path: ResourcePath): string {
  return path.group === '' ? `/api/${path.version}` : `/apis/${path.group}/${path.version}`;
}

const handlers: Readonly<Record<Exclude<Verb, 'watch'>, (call: Call) => Answer | Promise<Answer>>> = {
  get,
  list,
  create,
  update,
  patch,
  delete: remove,
  deletecollection: removeCollection,
};

function isVerb(verb: string): verb is Verb {
  return verb === 'watch' || Object.hasOwn(handlers, verb);
}

/** Answers requests: who asks, what for, and the answer or the error as JSON. */
export class RequestHandler {
  readonly #cluster: Cluster;
  readonly #auth: Authenticator;
  readonly #log: LoggedRequest[];

  constructor(cluster: Cluster, auth: Authenticator, log: LoggedRequest[]) {
    this.#cluster = cluster;
    this.#auth = auth;
    this.#log = log;
  }

  /** Never rejects: what goes wrong becomes the answer. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const target = request.url ?? '/';
    const url = URL.parse(target, 'http://127.0.0.1') ?? new URL('http://127.0.0.1/');
    const path = parseResourcePath(url.pathname);
    const verb = verbOf(request.method ?? 'GET', path, url.searchParams);
    const entry = { verb, path: target, userAgent: request.headers['user-agent'] ?? '', user: '', code: 0 };
    this.#log.push(entry);
    response.on('error', () => {}); // the client went away: nobody is left to tell
    response.on('close', () => {
      entry.code = response.headersSent ? response.statusCode : 0;
    });
    try {
      const answer = await this.#answer(request, response, url, path, verb, entry);
      if (answer !== undefined) send(response, answer);
    } catch (error) {
      if (!response.headersSent) sendError(response, error);
      else response.destroy();
    }
    if (response.headersSent) entry.code = response.statusCode;
    request.resume(); // a body that nobody read would keep the connection from its next request
  }

  #answer(
    request: IncomingMessage,
    response: ServerResponse,
    url: URL,
    path: ResourcePath | undefined,
    verb: string,
    entry: { user: string },
  ): Answer | Promise<Answer> | undefined {
    if (probes.has(url.pathname)) {
      sendText(response, 200, 'ok');
      return undefined;
    }
    entry.user = this.#auth.user(request.headers.authorization);
    if (path === undefined) return this.#describe(request, url.pathname);
    const call = this.#call(request, response, url, path);
    const { warning } = call.served.version;
    if (warning !== undefined) warn(call, warning);
    return this.#dispatch(call, verb);
  }

  #describe(request: IncomingMessage, pathname: string): Answer {
    const { registry } = this.#cluster;
    const body = request.method === 'GET' ? (discovery(registry, pathname) ?? openapi(registry, pathname)) : undefined;
    if (body === undefined) throw new PathUnknown();
    return { code: 200, text: JSON.stringify(body) };
  }

  #call(request: IncomingMessage, response: ServerResponse, url: URL, path: ResourcePath): Call {
    const served = this.#cluster.registry.find(path.group, path.version, path.plural);
    if (served === undefined) {
      const isKnownGroup = discovery(this.#cluster.registry, groupPath(path)) !== undefined;
      throw isKnownGroup ? unknownResourceError() : new PathUnknown();
    }
    const { resource, version } = served;
    const subresource = version.subresources.find((name) => name === path.subresource);
    if (path.subresource !== undefined && subresource === undefined)
      throw resource.hasTypedItems ? notFoundError(groupResource(resource), path.name ?? '') : unknownResourceError();
    if (path.namespace !== undefined && !resource.isNamespaced) throw unknownResourceError();
    if (path.namespace === undefined && path.name !== undefined && resource.isNamespaced) throw unknownResourceError();
    return {
      cluster: this.#cluster,
      served,
      namespace: path.namespace,
      name: path.name ?? '',
      subresource,
      query: url.searchParams,
      request,
      response,
    };
  }

  #dispatch(call: Call, verb: string): Answer | Promise<Answer> | undefined {
    const { resource } = call.served;
    const isOnItem = call.name !== '';
    const fitsPath = isOnItem === ['get', 'update', 'patch', 'delete'].includes(verb);
    const fitsSubresource = call.subresource === undefined || ['get', 'update', 'patch'].includes(verb);
    const isAnywhere = resource.isNamespaced && call.namespace === undefined;
    if (!isVerb(verb) || !fitsPath || !fitsSubresource || !resource.verbs.includes(verb))
      throw methodNotAllowedError(resource.hasTypedItems ? { of: groupResource(resource), verb } : undefined);
    if (isAnywhere && (verb === 'create' || verb === 'deletecollection'))
      throw methodNotAllowedError(resource.hasTypedItems ? { of: groupResource(resource), verb } : undefined);
    if (verb === 'watch') {
      watch(call);
      return undefined;
    }
    return handlers[verb](call);
  }
}

function send(response: ServerResponse, answer: Answer): void {
  response.writeHead(answer.code, { 'content-type': 'application/json', 'cache-control': 'no-cache, private' });
  response.end(`${answer.text}\n`);
}

function sendText(response: ServerResponse, code: number, text: string): void {
  response.writeHead(code, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(text);
}

function sendError(response: ServerResponse, error: unknown): void {
  if (error instanceof PathUnknown) {
    sendText(response, 404, '404 page not found\n');
    return;
  }
  const known = error instanceof ApiError ? error : internalError(error instanceof Error ? error.message : 'unknown');
  if (known.code === 504) response.setHeader('retry-after', '1');
  send(response, { code: known.code, text: JSON.stringify(known.status) });
}
