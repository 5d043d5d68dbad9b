import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { StartError } from '../runtime/errors.ts';

/** What a request is answered. */
export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly allow?: string;
}

export const TEXT = 'text/plain; charset=utf-8';

/** Limits of a server that few and simple requests come to. */
export const LIMITS = {
  headersTimeout: 5_000,
  requestTimeout: 10_000,
  connectionsCheckingInterval: 2_000,
  maxHeaderSize: 8_192,
};

const STOP_MS = 1_000;

/** A server that listens. */
export interface Listening {
  readonly port: number;
  /** Ends all connections; resolves once the port is free. Safe to repeat. */
  stop(): Promise<void>;
}

/**
 * Begins to listen. @param host undefined: on all interfaces. @param setting names the port in what is thrown
 * @throws StartError when the port cannot be had
 */
export async function listen(server: Server, setting: string, port: number, host?: string): Promise<Listening> {
  server.maxConnections = 128;
  await new Promise<void>((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException) => reject(listenError(error, setting, port));
    server.once('error', fail);
    server.listen({ port, ...(host === undefined ? {} : { host }) }, () => {
      server.off('error', fail);
      // Failures of single connections show nowhere else and end nothing.
      server.on('error', () => undefined);
      resolve();
    });
  });
  let stopped: Promise<void> | undefined;
  return {
    port: (server.address() as AddressInfo).port, // it listens on a port, not on a path
    stop: () => {
      stopped ??= close(server);
      return stopped;
    },
  };
}

function listenError(error: NodeJS.ErrnoException, setting: string, port: number): StartError {
  const causes: Readonly<Record<string, string>> = {
    EADDRINUSE: 'the port is in use: stop what listens there, or choose another one',
    EACCES: 'this user may not listen there: choose a port above 1023',
  };
  const why = causes[error.code ?? ''] ?? error.message;
  return new StartError(`${setting} ${port}: ${why}`, { cause: error });
}

/** Answers, and lets the connection end: probes open new ones anyway, and none is left open to be leaked. */
export function send(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
  const { status, type, body, allow } = answer;
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    connection: 'close',
    ...(allow === undefined ? {} : { allow }),
  });
  response.end(request.method === 'HEAD' ? undefined : body);
}

async function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), STOP_MS); // a client that reads slowly
  await closed;
  clearTimeout(timer);
}
