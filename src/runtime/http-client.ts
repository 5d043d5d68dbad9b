import type { IncomingHttpHeaders } from 'node:http';
import { buildConnector, Client, type Dispatcher, Pool } from 'undici';
import type { ClusterAccess, TlsMaterial } from './cluster-access.ts';
import { asError } from './errors.ts';

export interface HttpClientOptions {
  readonly access: ClusterAccess;
  /** Sockets for requests. Each stream has one of its own besides. */
  readonly connections: number;
  /** A request socket is replaced after this long, so that connections spread over API servers again and new CAs count. */
  readonly socketLifeMs: number;
}

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
  /** Called synchronously right before the first byte is written; when it throws, nothing is sent and its error comes out. */
  readonly beforeSend?: (() => void) | undefined;
  /** A longer answer is an error. */
  readonly maxBytes: number;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface HttpStream {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: AsyncIterable<Buffer>;
}

/** The time to open a TCP and TLS connection. */
const CONNECT_TIMEOUT_MS = 5000;

/** The answer was longer than the caller allows. */
class BodyTooLarge extends Error {
  override readonly name = 'BodyTooLarge';
}

/**
 * HTTP/1.1 to one server: a pool of sockets for requests and one socket for each stream, since a session shared by all
 * would fall silent as a whole. It knows no deadline: callers bring a signal.
 */
export class HttpClient {
  readonly #options: HttpClientOptions;
  readonly #origin: string;
  readonly #connect: buildConnector.connector;
  #requests: Pool;
  readonly #streams: Pool;

  constructor(options: HttpClientOptions) {
    this.#options = options;
    this.#origin = new URL(options.access.server).origin;
    this.#connect = connectorFor(options.access);
    this.#requests = this.#pool(options.connections, options.socketLifeMs);
    this.#streams = this.#pool(null, null);
  }

  /** One request over the pool. Rejects with the transport's error, or with the signal's reason. */
  send(request: HttpRequest): Promise<HttpResponse> {
    return dispatch(this.#requests, request);
  }

  /** One request over a socket of its own that is closed afterwards: for a retry, when pooled sockets may all be dead. */
  async sendOnFreshSocket(request: HttpRequest): Promise<HttpResponse> {
    const client = new Client(this.#origin, this.#transportOptions());
    try {
      return await dispatch(client, request);
    } finally {
      await client.destroy();
    }
  }

  /** Resolves with the head of the answer. Aborting the signal closes the socket at any time. */
  async stream(request: HttpRequest): Promise<HttpStream> {
    const { method, path, headers, signal } = request;
    const response = await this.#streams.request({ method, path, headers: { ...headers }, signal });
    return { status: response.statusCode, headers: response.headers, body: response.body };
  }

  /** Later requests use new sockets: the client certificate has changed. Requests under way go on. */
  renewSockets(): void {
    const old = this.#requests;
    this.#requests = this.#pool(this.#options.connections, this.#options.socketLifeMs);
    old.close().catch(() => undefined); // closing twice is the only failure, and then it is closed
  }

  /** Ends all connections; what is under way fails. */
  async close(): Promise<void> {
    await Promise.all([this.#requests.destroy(), this.#streams.destroy()]);
  }

  #pool(connections: number | null, clientTtl: number | null): Pool {
    return new Pool(this.#origin, { ...this.#transportOptions(), connections, clientTtl });
  }

  #transportOptions(): Client.Options {
    return {
      allowH2: false,
      pipelining: 1,
      connect: this.#connect,
      // Deadlines are the callers' own, on their clock.
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: 30_000,
    };
  }
}

/** Opens sockets with the TLS material of this moment: a rotated CA or certificate counts from the next connection on. */
function connectorFor(access: ClusterAccess): buildConnector.connector {
  let made: { readonly from: TlsMaterial; readonly connector: buildConnector.connector } | undefined;
  const current = async () => {
    const tls = await access.tls();
    if (made?.from !== tls) made = { from: tls, connector: tlsConnector(tls) };
    return made.connector;
  };
  const open: (...args: Parameters<buildConnector.connector>) => Promise<void> = async (options, callback) => {
    let connector: buildConnector.connector;
    try {
      connector = await current();
    } catch (error) {
      return callback(asError(error), null); // the request fails with this error
    }
    connector(options, callback);
  };
  return (options, callback) => void open(options, callback);
}

function tlsConnector(tls: TlsMaterial): buildConnector.connector {
  return buildConnector({
    allowH2: false,
    timeout: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelay: 15_000, // with ten probes a second apart: a peer that vanished is noticed within 25 s
    ...(tls.ca === undefined ? {} : { ca: tls.ca }),
    ...(tls.cert === undefined ? {} : { cert: tls.cert }),
    ...(tls.key === undefined ? {} : { key: tls.key.reveal() }),
    ...(tls.passphrase === undefined ? {} : { passphrase: tls.passphrase.reveal() }),
    ...(tls.serverName === undefined ? {} : { servername: tls.serverName }),
    rejectUnauthorized: !tls.isInsecure,
  });
}

/** The lowest level of the transport, since only there something can be asked right before the first byte is written. */
function dispatch(dispatcher: Dispatcher, request: HttpRequest): Promise<HttpResponse> {
  const { method, path, headers, body, signal } = request;
  return new Promise((resolve, reject) => {
    let controller: Dispatcher.DispatchController | undefined;
    let head: Omit<HttpResponse, 'body'> = { status: 0, headers: {} };
    const chunks: Buffer[] = [];
    let sizeBytes = 0;
    const fail = (error: Error) => {
      signal.removeEventListener('abort', onAbort);
      reject(error);
    };
    const onAbort = () => {
      const reason = asError(signal.reason);
      controller?.abort(reason); // not begun yet: refused in onRequestStart
      fail(reason);
    };
    if (signal.aborted) return fail(asError(signal.reason));
    signal.addEventListener('abort', onAbort, { once: true });
    dispatcher.dispatch(
      { method, path, headers: { ...headers }, body: body ?? null },
      {
        onRequestStart: (started) => {
          if (signal.aborted) throw asError(signal.reason);
          request.beforeSend?.();
          controller = started;
        },
        onResponseStart: (_, status, responseHeaders) => {
          head = { status, headers: responseHeaders };
        },
        onResponseData: (current, chunk) => {
          sizeBytes += chunk.length;
          if (sizeBytes <= request.maxBytes) chunks.push(chunk);
          else current.abort(new BodyTooLarge(`the answer is longer than ${request.maxBytes} bytes`));
        },
        onResponseEnd: () => {
          signal.removeEventListener('abort', onAbort);
          resolve({ ...head, body: Buffer.concat(chunks) });
        },
        onResponseError: (_, error) => fail(error),
      },
    );
  });
}
