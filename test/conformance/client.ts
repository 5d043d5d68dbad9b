import { Agent, request } from 'undici';
import { parsed } from './json.ts';
import { openWatch, type Watch } from './watch.ts';

/** The API server under test. */
export interface Server {
  /** `real`: a kube-apiserver, the oracle. `development`: the one of this project. */
  readonly name: 'real' | 'development';
  readonly url: string;
  /** A bearer token that may do everything. */
  readonly token: string;
  /** PEM of the authority that signed the server's certificate; absent for plain http. */
  readonly ca?: string;
  /** Makes the server forget old revisions; without it the cases that need it are skipped. */
  readonly compact?: () => Promise<void>;
}

/** What the server answered. `body` is the parsed JSON, or `undefined` when the answer is no JSON. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: unknown;
  readonly text: string;
}

/** Methods that the API knows. */
export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS';

/** The parts of a call beyond method and path. */
export interface CallOptions {
  /** Sent as JSON; a text and bytes are sent as they are. */
  readonly body?: unknown;
  readonly contentType?: string;
  readonly accept?: string;
  readonly query?: Readonly<Record<string, string>>;
  /** Another bearer token; `null`: no Authorization header. */
  readonly token?: string | null;
}

/** Raw calls of the API: an answer of any status is an answer, nothing is retried. */
export interface Client {
  call(method: Method, path: string, options?: CallOptions): Promise<Answer>;
  /** Opens a watch; resolves when the head of the answer is there. */
  watch(path: string, query?: Readonly<Record<string, string>>, accept?: string): Promise<Watch>;
  close(): Promise<void>;
}

/** A client of one server. HTTP/1.1, so that an open watch holds up no call. */
export function connect(server: Server): Client {
  const tls = server.ca === undefined ? {} : { ca: server.ca };
  const agent = new Agent({ allowH2: false, connect: tls, bodyTimeout: 0 });
  const headersFor = (options: CallOptions): Record<string, string> => ({
    accept: options.accept ?? 'application/json',
    ...(options.token === null ? {} : { authorization: `Bearer ${options.token ?? server.token}` }),
    ...(options.body === undefined ? {} : { 'content-type': options.contentType ?? 'application/json' }),
  });
  return {
    call: async (method, path, options = {}) => {
      const answer = await request(withQuery(server.url, path, options.query), {
        method,
        dispatcher: agent,
        headers: headersFor(options),
        ...(options.body === undefined ? {} : { body: bodyText(options.body) }),
      });
      const text = await answer.body.text();
      return { status: answer.statusCode, headers: answer.headers, body: parsed(text), text };
    },
    watch: (path, query = {}, accept = 'application/json') =>
      openWatch(withQuery(server.url, path, { watch: 'true', ...query }), agent, headersFor({ accept })),
    close: () => agent.destroy(),
  };
}

function withQuery(base: string, path: string, query: Readonly<Record<string, string>> = {}): string {
  const url = new URL(path, base);
  for (const [key, value] of Object.entries(query)) url.searchParams.set(key, value);
  return url.href;
}

function bodyText(body: unknown): string | Buffer {
  return typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
}
