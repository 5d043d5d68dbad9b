import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { TestContext } from 'node:test';
import type { ClusterAccess } from '../../src/runtime/cluster-access.ts';
import { Credential } from '../../src/runtime/credential.ts';

/** What a request said, for assertions. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** The same number for requests over the same connection. */
  readonly socket: number;
}

export interface LoopbackServer {
  readonly url: string;
  readonly seen: SeenRequest[];
  readonly server: Server;
  /** Cuts every open connection with a reset. */
  cutAll(): void;
}

/** A plain HTTP server on loopback that ends with the test. `answer` sees each request once its body has come. */
export async function startLoopbackServer(
  t: TestContext,
  answer: (request: SeenRequest, response: ServerResponse) => void,
): Promise<LoopbackServer> {
  const sockets = new Map<Socket, number>();
  const seen: SeenRequest[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const url = new URL(request.url ?? '/', 'http://loopback');
      const one = {
        method: request.method ?? '',
        path: url.pathname,
        query: url.searchParams,
        headers: request.headers,
        body: Buffer.concat(chunks).toString('utf8'),
        socket: sockets.get(request.socket) ?? -1,
      };
      seen.push(one);
      answer(one, response);
    });
  });
  let count = 0;
  server.on('connection', (socket) => {
    sockets.set(socket, count++);
    socket.on('error', () => undefined);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cutAll = () => {
    for (const socket of sockets.keys()) socket.resetAndDestroy();
  };
  t.after(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen, server, cutAll };
}

/** Answers with JSON. */
export function json(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

/** Answers as the API server does when a call fails. */
export function status(
  response: ServerResponse,
  code: number,
  reason: string,
  options: { readonly message?: string; readonly headers?: Record<string, string>; readonly details?: object } = {},
): void {
  const { message = `it is ${reason}`, headers = {}, details = {} } = options;
  json(
    response,
    code,
    { kind: 'Status', apiVersion: 'v1', status: 'Failure', message, reason, code, details },
    headers,
  );
}

/** Access to a plain HTTP server with a fixed token. */
export function plainAccess(server: string, token?: string): ClusterAccess {
  return {
    server,
    namespace: undefined,
    origin: 'test',
    tls: () => Promise.resolve({ isInsecure: false }),
    authorization: () => Promise.resolve(token === undefined ? undefined : new Credential(`Bearer ${token}`)),
    invalidate: () => undefined,
  };
}
