import {
  type ClientHttp2Session,
  connect,
  constants,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
} from 'node:http2';
import { asError } from '../runtime/errors.ts';
import type { Collector, TraceSender } from './trace-sender.ts';

/** The method of the OTLP specification. */
const METHOD = '/opentelemetry.proto.collector.trace.v1.TraceService/Export';
/** A message of gRPC begins with a byte that says whether it is compressed, and four with its length. */
const PREFIX_BYTES = 5;

/**
 * Sends spans to a collector by gRPC: one unary call a batch, on one connection. A unary call is an HTTP/2 request with a
 * length before its body, and its status in the trailers.
 */
export class GrpcTraceSender implements TraceSender {
  readonly #collector: Collector;
  #session: ClientHttp2Session | undefined;

  constructor(collector: Collector) {
    this.#collector = collector;
  }

  async send(body: Uint8Array, signal: AbortSignal): Promise<void> {
    const session = this.#connected();
    try {
      await this.#call(session, body, signal);
    } catch (error) {
      // Whether the other end is still there cannot be seen from here.
      session.destroy();
      throw signal.aborted ? asError(signal.reason) : error;
    }
  }

  close(): Promise<void> {
    this.#session?.destroy();
    return Promise.resolve();
  }

  #call(session: ClientHttp2Session, body: Uint8Array, signal: AbortSignal): Promise<void> {
    const { url, headers } = this.#collector;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const call = session.request(
      {
        ...headers,
        [constants.HTTP2_HEADER_METHOD]: 'POST',
        [constants.HTTP2_HEADER_PATH]: METHOD,
        'content-type': 'application/grpc',
        te: 'trailers',
      },
      { signal },
    );
    const told: IncomingHttpHeaders & IncomingHttpStatusHeader = {};
    const note = (given: IncomingHttpHeaders) => Object.assign(told, given);
    call.on('response', note).on('trailers', note);
    call.on('error', reject).on('close', () => {
      const { ':status': http = 'none', 'grpc-status': status = 'none', 'grpc-message': text = '' } = told;
      if (status === '0') resolve();
      else reject(new Error(`${url.host}: gRPC status ${status.toString()}, HTTP ${http} ${text.toString()}`));
    });
    call.resume();
    const prefix = Buffer.alloc(PREFIX_BYTES);
    prefix.writeUInt32BE(body.length, 1);
    call.end(Buffer.concat([prefix, body]));
    return promise;
  }

  /** The connection, or a new one where it has gone. */
  #connected(): ClientHttp2Session {
    const existing = this.#session;
    if (existing !== undefined && !existing.closed && !existing.destroyed) return existing;
    const { url, certificate } = this.#collector;
    const session = connect(url.origin, certificate === undefined ? {} : { ca: certificate });
    // Its calls fail with it, and tell why.
    session.on('error', () => undefined);
    session.on('close', () => {
      if (this.#session === session) this.#session = undefined;
    });
    this.#session = session;
    return session;
  }
}
