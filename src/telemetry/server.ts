import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { StartError } from '../runtime/errors.ts';
import { type Check, healthAnswer } from './health.ts';

/** What `/metrics` serves. */
export interface MetricsSource {
  readonly contentType: string;
  text(): Promise<string>;
}

export interface TelemetryServerOptions {
  /** 0 takes any free port. */
  readonly port: number;
  /** Default: all interfaces, since kubelet and Prometheus come from outside the pod. */
  readonly host?: string;
  readonly checks: {
    /** When one of these fails for some time, only a restart helps. */
    readonly health: readonly Check[];
    /** What must be so before this process counts as started. */
    readonly ready: readonly Check[];
  };
  readonly metrics: MetricsSource;
}

export interface TelemetryServer {
  readonly port: number;
  /** Ends all connections; resolves once the port is free. Safe to repeat. */
  stop(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
  readonly allow?: string;
}

const TEXT = 'text/plain; charset=utf-8';
const STOP_MS = 1_000;

/**
 * Serves `/healthz`, `/readyz` and `/metrics`. Each connection carries one request: probes open new ones anyway, and
 * none is left open to be leaked or reset in the middle of a scrape.
 * @throws StartError naming METRICS_PORT when the port cannot be had
 */
export async function startTelemetryServer(options: TelemetryServerOptions): Promise<TelemetryServer> {
  const { port, host } = options;
  const limits = {
    headersTimeout: 5_000,
    requestTimeout: 10_000,
    connectionsCheckingInterval: 2_000,
    maxHeaderSize: 8_192,
  };
  const server = createServer(limits, (request, response) => {
    void answerTo(request, options).then((answer) => send(request, response, answer));
  });
  server.maxConnections = 128;
  await listen(server, port, host);
  const { port: actual } = server.address() as AddressInfo; // it listens on a port, not on a path
  let stopped: Promise<void> | undefined;
  return {
    port: actual,
    stop: () => {
      stopped ??= close(server);
      return stopped;
    },
  };
}

/** Never rejects: what goes wrong is an answer, too. */
async function answerTo(request: IncomingMessage, options: TelemetryServerOptions): Promise<Answer> {
  const { checks, metrics } = options;
  const { probe, name, query, isMetrics } = asked(request.url ?? '');
  if (probe === undefined && !isMetrics) {
    return { status: 404, type: TEXT, body: 'not found: /healthz, /readyz, /metrics\n' };
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return { status: 405, type: TEXT, body: 'only GET and HEAD\n', allow: 'GET, HEAD' };
  }
  if (probe !== undefined) {
    const { status, isJson, body } = healthAnswer(
      probe,
      probe === 'healthz' ? checks.health : checks.ready,
      name,
      query,
    );
    return { status, type: isJson ? 'application/json' : TEXT, body };
  }
  try {
    return { status: 200, type: metrics.contentType, body: await metrics.text() };
  } catch {
    return { status: 500, type: TEXT, body: 'the metrics could not be collected\n' };
  }
}

/** What a URL asks for: a probe, all its checks or one of them, or the metrics. */
function asked(url: string) {
  const [path = '', query] = url.split('?', 2);
  const [, probe, name] = /^\/(healthz|readyz)(?:\/([\w-]+))?$/.exec(path) ?? [];
  return { probe, name, query: new URLSearchParams(query), isMetrics: path === '/metrics' };
}

function send(request: IncomingMessage, response: ServerResponse, answer: Answer): void {
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

function listen(server: Server, port: number, host: string | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException) => reject(listenError(error, port));
    server.once('error', fail);
    server.listen({ port, ...(host === undefined ? {} : { host }) }, () => {
      server.off('error', fail);
      // Failures of single connections show nowhere else and end nothing.
      server.on('error', () => undefined);
      resolve();
    });
  });
}

function listenError(error: NodeJS.ErrnoException, port: number): StartError {
  const causes: Readonly<Record<string, string>> = {
    EADDRINUSE: 'the port is in use: stop what listens there, or choose another one',
    EACCES: 'this user may not listen there: choose a port above 1023',
  };
  const why = causes[error.code ?? ''] ?? error.message;
  return new StartError(`METRICS_PORT ${port}: ${why}`, { cause: error });
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
