import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { Reply } from './call.ts';
import type { RawRequest } from './dispatch.ts';
import { answerUnreadable, refuseLate } from './unreadable.ts';

const LOOPBACK = '127.0.0.1';

/** A request that has come in whole; `isTooLarge`: its body went past the limit and was thrown away. */
export type Receive = (request: RawRequest, response: ServerResponse, isTooLarge: boolean) => void;

/** How far a request may go. */
export interface RequestLimits {
  readonly maxBodyBytes: number;
  /** For so long a request that has begun may send nothing, in milliseconds; its headers take no longer in all. */
  readonly idleTimeoutMs: number;
}

/** Connections are looked at so often for headers that are late, at most. */
const CHECK_MS = 1_000;

/** What a listener is for. */
export interface ListenerOptions {
  /** It serves that region alone. */
  readonly region?: string | undefined;
  /** It speaks TLS with that certificate; both in PEM. */
  readonly tls?: { readonly key: string; readonly cert: string } | undefined;
}

/**
 * An HTTP server that hands over whole requests, and refuses those that stop half-way (W49).
 * @throws Error for a key or a certificate that is none, or when they do not belong together
 */
export function httpServer(receive: Receive, { region, tls }: ListenerOptions, limits: RequestLimits): Server {
  const { maxBodyBytes, idleTimeoutMs } = limits;
  const serve: RequestListener = (incoming, response) => {
    response.sendDate = false;
    incoming.setTimeout(idleTimeoutMs, () => refuseLate(incoming, response));
    readBody(incoming, maxBodyBytes, (body) => {
      incoming.setTimeout(0); // from here on it is the client who waits
      const { method = 'GET', url = '/' } = incoming;
      const from = { listenerRegion: region, sourceIp: addressOf(incoming), tls: tlsOf(incoming) };
      const headers = joinedHeaders(incoming);
      receive({ method, target: url, headers, body: body ?? Buffer.alloc(0), ...from }, response, body === undefined);
    });
  };
  // A missing Host is refused by the service, in its own words.
  const options: ServerOptions = {
    keepAliveTimeout: 60_000,
    maxHeaderSize: 64 * 1024,
    requireHostHeader: false,
    requestTimeout: 0, // a body may take its time as long as it comes
    headersTimeout: idleTimeoutMs,
    connectionsCheckingInterval: Math.min(CHECK_MS, Math.ceil(idleTimeoutMs / 4)),
  };
  const server = tls === undefined ? createServer(options, serve) : createTlsServer({ ...options, ...tls }, serve);
  server.on('checkExpectation', serve); // one that nobody knows is passed over
  answerUnreadable(server);
  return server;
}

/** The address of the client; an IPv4 one as such, though it came in by an IPv6 socket. */
function addressOf({ socket }: IncomingMessage): string {
  return (socket.remoteAddress ?? '').replace(/^::ffff:/u, '');
}

function tlsOf({ socket }: IncomingMessage): RawRequest['tls'] {
  if (!(socket instanceof TLSSocket)) return undefined;
  return { version: socket.getProtocol() ?? 'unknown', cipher: socket.getCipher().name };
}

/** Repeated headers joined with commas, as a signature covers them. */
function joinedHeaders(incoming: IncomingMessage): Record<string, string | undefined> {
  const entries = Object.entries(incoming.headersDistinct);
  return Object.fromEntries(entries.map(([name, values]) => [name, values?.join(',')]));
}

function readBody(incoming: IncomingMessage, maxBytes: number, done: (body: Buffer | undefined) => void): void {
  const chunks: Buffer[] = [];
  let size = 0;
  incoming.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size <= maxBytes) chunks.push(chunk);
  });
  incoming.on('end', () => done(size <= maxBytes ? Buffer.concat(chunks) : undefined));
  incoming.on('error', () => incoming.destroy());
}

/** Where an answer ends before its end, and how. */
export interface Cut {
  /** Bytes of the body that are sent; else that share of it. */
  readonly bytes: number | undefined;
  readonly share: number | undefined;
  /** Whether the connection is reset; else it is closed. */
  readonly isReset: boolean;
}

/** Sends an answer, or with `cut` the beginning of it. */
export function sendReply(
  response: ServerResponse,
  reply: Reply,
  headers: Readonly<Record<string, string>>,
  cut?: Cut,
): void {
  const body = typeof reply.body === 'string' ? Buffer.from(reply.body) : reply.body;
  const hasNoLength = reply.status === 204 || reply.status === 304;
  const length = hasNoLength ? {} : { 'content-length': String(body?.length ?? 0) };
  response.writeHead(reply.status, { ...headers, ...length, ...reply.headers });
  if (cut === undefined) {
    response.end(body);
    return;
  }
  const { bytes, share = 0 } = cut;
  response.flushHeaders(); // of a body of which nothing is sent
  response.write((body ?? Buffer.alloc(0)).subarray(0, bytes ?? Math.floor((body?.length ?? 0) * share)), () => {
    if (cut.isReset) response.socket?.resetAndDestroy();
    else response.socket?.end();
  });
}

/** Listens on loopback and resolves to the port. Rejects when the port is taken. */
export function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, LOOPBACK, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port); // it listens on a port, not on a path
    });
  });
}

/** Ends every connection and resolves when the port is free. */
export function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
