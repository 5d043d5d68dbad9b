import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Reply } from './call.ts';
import type { RawRequest } from './dispatch.ts';

const LOOPBACK = '127.0.0.1';

/** A request that has come in whole; `isTooLarge`: its body went past the limit and was thrown away. */
export type Receive = (request: RawRequest, response: ServerResponse, isTooLarge: boolean) => void;

/** An HTTP server that hands over whole requests. */
export function httpServer(receive: Receive, listenerRegion: string | undefined, maxBodyBytes: number): Server {
  return createServer({ keepAliveTimeout: 60_000, maxHeaderSize: 64 * 1024 }, (incoming, response) => {
    response.sendDate = false;
    readBody(incoming, maxBodyBytes, (body) => {
      const { method = 'GET', url = '/' } = incoming;
      const headers = joinedHeaders(incoming);
      receive(
        { method, target: url, headers, body: body ?? Buffer.alloc(0), listenerRegion, sourceIp: addressOf(incoming) },
        response,
        body === undefined,
      );
    });
  });
}

/** The address of the client; an IPv4 one as such, though it came in by an IPv6 socket. */
function addressOf({ socket }: IncomingMessage): string {
  return (socket.remoteAddress ?? '').replace(/^::ffff:/u, '');
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

/** Sends an answer. With `isCut` the connection is reset when half of the body is out. */
export function sendReply(
  response: ServerResponse,
  reply: Reply,
  headers: Readonly<Record<string, string>>,
  isCut = false,
): void {
  const body = typeof reply.body === 'string' ? Buffer.from(reply.body) : reply.body;
  const hasNoLength = reply.status === 204 || reply.status === 304;
  const length = hasNoLength ? {} : { 'content-length': String(body?.length ?? 0) };
  response.writeHead(reply.status, { ...headers, ...length, ...reply.headers });
  if (!isCut) {
    response.end(body);
    return;
  }
  response.write((body ?? Buffer.from('\n')).subarray(0, Math.ceil((body?.length ?? 0) / 2)), () => {
    response.socket?.resetAndDestroy();
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
