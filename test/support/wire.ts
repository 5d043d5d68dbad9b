import { connect, type Socket } from 'node:net';

/** An answer as it came. */
export interface WireAnswer {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

/** A request as bytes. */
export interface WireRequest {
  readonly bytes: Buffer;
  /** The answer to it has no body. */
  readonly isHead: boolean;
  /** Nothing can follow it on the same connection, whose side is ended behind it. */
  readonly isLast: boolean;
}

/** Longer than any answer takes on a busy machine: only what hangs gets there. */
const HANG_MS = 30_000;

/** Sends requests one after another, on one connection for as long as it lasts. */
export class Wire {
  readonly #port: number;
  #socket: Socket | undefined;

  constructor(port: number) {
    this.#port = port;
  }

  /** @throws Error when no whole answer comes: the connection hangs, or ends before */
  async send({ bytes, isHead, isLast }: WireRequest): Promise<WireAnswer> {
    const socket = this.#socket ?? connect({ port: this.#port, host: '127.0.0.1', noDelay: true });
    this.#socket = undefined;
    const answer = await new Promise<WireAnswer>((resolve, reject) => {
      let received: Buffer = Buffer.alloc(0);
      const finish = (settle: () => void) => {
        socket.removeAllListeners();
        socket.on('error', () => undefined); // a reset behind the answer is nobody's concern
        socket.setTimeout(0);
        settle();
      };
      const fail = (what: string) => () => {
        socket.destroy();
        reject(new Error(`${what} after ${received.length} bytes: ${received.toString('latin1', 0, 300)}`));
      };
      socket.setTimeout(HANG_MS, () => finish(fail('no answer')));
      socket.on('error', (error) => finish(fail(error.message)));
      socket.on('close', () => finish(fail('closed')));
      socket.on('data', (chunk: Buffer) => {
        received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
        const whole = answerIn(received, isHead);
        if (whole !== undefined) finish(() => resolve(whole));
      });
      if (isLast) socket.end(bytes);
      else socket.write(bytes);
    });
    if (isLast || answer.headers.get('connection') === 'close') socket.destroy();
    else this.#socket = socket;
    return answer;
  }

  close(): void {
    this.#socket?.destroy();
  }
}

/** The answer, once it is whole; what tells of going on (100) is passed over. */
function answerIn(received: Buffer, isHead: boolean): WireAnswer | undefined {
  const end = received.indexOf('\r\n\r\n');
  if (end === -1) return undefined;
  const [first = '', ...lines] = received.toString('latin1', 0, end).split('\r\n');
  const status = Number(/^HTTP\/1\.1 (\d{3}) /u.exec(first)?.[1]);
  if (status === 100) return answerIn(received.subarray(end + 4), isHead);
  const headers = new Map(
    lines.map((line): [string, string] => {
      const cut = line.indexOf(':');
      return [line.slice(0, cut).toLowerCase(), line.slice(cut + 1).trim()];
    }),
  );
  const hasBody = !isHead && status !== 204 && status !== 304;
  const length = hasBody ? Number(headers.get('content-length')) : 0;
  const body = received.subarray(end + 4);
  return body.length < length ? undefined : { status, headers, body: body.subarray(0, length) };
}
