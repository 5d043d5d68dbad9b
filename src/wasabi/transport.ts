import type { IncomingMessage } from 'node:http';
import type { NodeHttpHandler } from '@smithy/node-http-handler';
import { ReconcileError } from '../runtime/errors.ts';
import { isForeignAnswer } from './foreign-answer.ts';
import { readableLocation } from './location-answer.ts';
import {
  dateMsOf,
  type Headers,
  isErrorDocument,
  plain,
  readErrorAnswer,
  retryAfterMsOf,
  ServiceFault,
  type ServiceName,
} from './service-fault.ts';
import { refusedXml } from './xml-guard.ts';

type Request = Parameters<NodeHttpHandler['handle']>[0];
type Response = Awaited<ReturnType<NodeHttpHandler['handle']>>;

/** What one attempt needs besides the request; handed through the SDK's own options of `send`. */
export interface AttemptOptions {
  readonly abortSignal: AbortSignal;
  readonly operation: string;
  readonly service: ServiceName;
  readonly maxBodyBytes: number;
  /** How long the headers of the answer may take; `abortSignal` bounds the whole attempt. */
  readonly timeoutMs: number;
  readonly userAgent: string;
  /** The wall clock. */
  readonly nowMs: () => number;
  /** Told the service's clock as of each answer, milliseconds since the epoch. */
  readonly onDate: (dateMs: number) => void;
  /** Throws when the request must not be sent (any more). */
  readonly beforeSend: () => void;
}

/**
 * What the SDK's clients send with: a request handler which reads the whole answer within a bound, and turns every
 * answer that is no success into a ServiceFault before any parser of the SDK sees it. Redirects are not followed.
 */
export function transport(handler: NodeHttpHandler) {
  return {
    metadata: handler.metadata,
    /** @throws ServiceFault, ReconcileError (the fence, an endpoint that is not allowed), AbortError */
    async handle(request: Request, options?: unknown): Promise<Response> {
      if (!isAttempt(options)) throw new Error('a client of src/wasabi was used without its send function');
      const host = request.port === undefined ? request.hostname : `${request.hostname}:${request.port}`;
      const about = { service: options.service, operation: options.operation, host: plain(host, 100) };
      request.headers['user-agent'] = options.userAgent; // not part of any signature
      try {
        options.beforeSend();
        const answer = await handler.handle(request, {
          abortSignal: options.abortSignal,
          requestTimeout: options.timeoutMs,
        });
        const headers: Headers = answer.response.headers;
        const dateMs = dateMsOf(headers);
        if (dateMs !== undefined) options.onDate(dateMs);
        const bytes = await readBody(answer.response.body, options.maxBodyBytes);
        const body = textOf(bytes, headers);
        const status = answer.response.statusCode;
        if (status >= 200 && status < 300 && !isErrorDocument(body)) {
          const isForeign = isForeignAnswer(options.service, options.operation, body);
          const readable = isForeign ? undefined : readableOf(options.operation, body, bytes);
          if (readable === undefined) throw new ServiceFault({ ...about, ...NO_ANSWER, code: 'AnswerUnreadable' });
          answer.response.body = readable;
          return answer;
        }
        const found = readErrorAnswer(body, headers);
        const code = found.code === '' && status === 404 && request.method === 'HEAD' ? 'NotFound' : found.code;
        const retryAfterMs = retryAfterMsOf(headers, options.nowMs());
        throw new ServiceFault({ ...about, ...found, code, status, retryAfterMs, dateMs });
      } catch (error) {
        if (error instanceof ServiceFault || error instanceof ReconcileError || options.abortSignal.aborted)
          throw error;
        throw new ServiceFault({ ...about, ...NO_ANSWER, code: networkCode(error) });
      }
    },
    httpHandlerConfigs: () => handler.httpHandlerConfigs(),
    updateHttpClientConfig: () => {},
  };
}

const NO_ANSWER = { status: 0, requestId: '' };

class AnswerTooLarge extends Error {
  readonly code = 'AnswerTooLarge';
}

function isAttempt(options: unknown): options is AttemptOptions {
  return typeof options === 'object' && options !== null && 'beforeSend' in options;
}

/**
 * Node's and OpenSSL's codes. The handler calls resets timeouts, so a code counts before a name; its own time limit of
 * the connection has neither code nor name of its own.
 */
function networkCode(error: unknown): string {
  if (!(error instanceof Error)) return 'ConnectionLost';
  const code = 'code' in error && typeof error.code === 'string' ? plain(error.code, 64) : '';
  if (code !== '') return code;
  if (error.name !== 'TimeoutError') return 'ConnectionLost';
  return error.message.includes('establish a connection') ? 'ConnectTimeout' : 'TimeoutError';
}

async function readBody(body: IncomingMessage | Uint8Array | undefined, limit: number): Promise<Uint8Array> {
  if (body === undefined || body instanceof Uint8Array) return body ?? new Uint8Array();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    if (!(chunk instanceof Uint8Array)) throw new TypeError('the body is no stream of bytes');
    size += chunk.byteLength;
    if (size > limit) throw new AnswerTooLarge(`the answer is larger than ${limit} bytes`); // leaving the loop destroys the stream
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

/** The body as text where it is XML, else '': a policy document is JSON, and nothing parses it here. */
function textOf(bytes: Uint8Array, headers: Headers): string {
  const start = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(bytes.byteLength, 64)).toString('utf8');
  const isXml = /^[\s\uFEFF]*</.test(start) || /\bxml\b/.test(headers['content-type'] ?? '');
  return isXml ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8') : '';
}

/** What the SDK's parser is given. `undefined`: nothing that it would read right. */
function readableOf(operation: string, body: string, bytes: Uint8Array): Uint8Array | undefined {
  if (body !== '' && refusedXml(body) !== undefined) return undefined;
  if (operation !== 'GetBucketLocation') return bytes;
  const location = readableLocation(body);
  return location === undefined ? undefined : Buffer.from(location);
}
