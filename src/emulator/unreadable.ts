import { randomBytes } from 'node:crypto';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type ErrorCode, ServiceError, s3ErrorXml } from './errors.ts';
import { documentOf } from './xml.ts';

/** What the parser of HTTP says, and what the service makes of it; anything else is a bad request. */
const CODES: ReadonlyMap<string, ErrorCode> = new Map([
  ['HPE_HEADER_OVERFLOW', 'RequestHeaderSectionTooLarge'],
  ['ERR_HTTP_REQUEST_TIMEOUT', 'RequestTimeout'],
]);

/** Answers what is no request by an error document, and ends the connection (W49). */
export function answerUnreadable(server: Server): void {
  const latest = new WeakMap<Duplex, ServerResponse>();
  const note = ({ socket }: IncomingMessage, response: ServerResponse) => void latest.set(socket, response);
  server.on('request', note);
  server.on('checkExpectation', note);
  server.on('clientError', (error: Error, socket: Duplex) => {
    const code = 'code' in error ? CODES.get(String(error.code)) : undefined;
    const before = latest.get(socket);
    const isAnswered = before?.headersSent === true;
    // Nothing was asked: a connection that a client keeps at hand.
    if (code === 'RequestTimeout' && isSilent(socket)) {
      socket.destroy();
      return;
    }
    // Behind an answer that is not over, or said that it is the last one, nothing can follow.
    if (isAnswered && !(before.writableFinished && before.shouldKeepAlive)) {
      socket.destroy();
      return;
    }
    const isHead = !isAnswered && before?.req.method === 'HEAD';
    const message = code === 'RequestTimeout' ? {} : { message: `The request cannot be read: ${error.message}` };
    const refusal = new ServiceError(code ?? 'BadRequest', message);
    refuse(socket, refusal, isHead);
  });
  server.on('connect', (_request, socket: Duplex) => {
    refuse(socket, new ServiceError('MethodNotAllowed', { elements: { Method: 'CONNECT' } }), false);
  });
}

/** Answers a request whose body does not come to its end, and ends the connection (W49). */
export function refuseLate(incoming: IncomingMessage, response: ServerResponse): void {
  const { body, head, status } = answerTo(new ServiceError('RequestTimeout'));
  response.writeHead(status, head).end(incoming.method === 'HEAD' ? undefined : body);
}

function isSilent(socket: Duplex): boolean {
  return socket instanceof Socket && socket.bytesRead === 0;
}

function refuse(socket: Duplex, error: ServiceError, isHead: boolean): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const { body, head, status } = answerTo(error);
  const lines = [`HTTP/1.1 ${status} ${error.code}`, ...Object.entries(head).map((each) => each.join(': '))];
  socket.on('error', () => socket.destroy()); // the client may be gone
  socket.end(`${lines.join('\r\n')}\r\n\r\n${isHead ? '' : body}`);
}

/** The last answer on a connection. */
function answerTo({ code, message, elements, status }: ServiceError) {
  const requestId = randomBytes(8).toString('hex').toUpperCase();
  const body = documentOf(
    s3ErrorXml({ code, message, elements }, { requestId, hostId: requestId, resource: '/' }, 'Error'),
  );
  const head = {
    'content-type': 'application/xml',
    'content-length': String(Buffer.byteLength(body)),
    'x-amz-request-id': requestId,
    connection: 'close',
  };
  return { body, head, status };
}
