import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { AddressInfo } from 'node:net';

/** One request that came through. `ordinal` counts from 1. */
export interface ProxiedCall {
  readonly ordinal: number;
  readonly method: string;
  readonly url: string;
  /** As the client named it, with its port: regions and services of Wasabi differ by it. */
  readonly host: string;
  readonly authorization: string;
  readonly body: string;
  /** When it came, on the monotonic clock of this process; milliseconds. */
  readonly atMs: number;
}

/** An answer that the server never gave; it never sees the request either. */
export interface CannedAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/**
 * What to do with a call. `cut*` kills the client; where the proxy was not told how, it ends every connection and refuses
 * new ones, which is as good. `hang` answers nothing until the client gives up.
 */
export type Verdict = 'pass' | 'cutBefore' | 'cutAfter' | 'dropRequest' | 'dropResponse' | 'hang' | CannedAnswer;

/** What to do with a watch that begins. `hang` never answers. */
export type WatchVerdict = 'pass' | 'dropRequest' | 'hang' | CannedAnswer;

export interface Proxy {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  readonly port: number;
  /** Calls that were decided upon, in order. Watches are not among them. */
  readonly calls: readonly ProxiedCall[];
  /** Calls that wait for their answer now. Watches are not among them. */
  readonly pending: number;
  /** Decides each further call, which waits for what is decided later; undefined: all pass. */
  decide(rule: ((call: ProxiedCall) => Verdict | Promise<Verdict>) | undefined): void;
  /** Each further call waits until this has looked at it, before anything is decided. */
  observe(observer: (call: ProxiedCall) => Promise<void>): void;
  /** Decides each watch that begins from now on, by its URL; undefined: all pass. */
  decideWatches(rule: ((url: string) => WatchVerdict) | undefined): void;
  /** Ends every connection, watches too; new ones are served. */
  dropConnections(): void;
  /** Ends the watches; calls under way go on. */
  dropWatches(): void;
  /** Ends every connection and refuses new ones, from now on. */
  sever(): void;
  /** Resolves when a rule has cut the client off. */
  readonly cut: Promise<ProxiedCall>;
  stop(): Promise<void>;
  /** As `stop`, but the port stays taken: what connects is refused until a successor listens. */
  retire(): Server;
}

/** Long-lived streams are no calls: they change nothing and never end by themselves. */
function isWatch(url: string): boolean {
  return /[?&]watch=(true|1)/.test(url);
}

/**
 * A reverse proxy on loopback between one operator and one server. It forwards byte for byte, headers and Host
 * included, so that signatures hold, and can kill its client before a call has its effect, or after it and before the
 * answer arrives: a crash at that very call, with nothing in the product that knows of it.
 */
export async function startProxy(upstream: {
  readonly url: string;
  readonly ca?: string;
  /** What a proxy left that retired, to go on at its port: another process may take one that was free for a moment. */
  readonly server?: Server;
  /** Kills the client. Its successor may come through the same proxy. */
  readonly kill?: () => void;
}): Promise<Proxy> {
  const target = new URL(upstream.url);
  const calls: ProxiedCall[] = [];
  let rule: ((call: ProxiedCall) => Verdict | Promise<Verdict>) | undefined;
  let watchRule: ((url: string) => WatchVerdict) | undefined;
  let observer: ((call: ProxiedCall) => Promise<void>) | undefined;
  const watches = new Set<ServerResponse>();
  let isCut = false;
  let pending = 0;
  let announce: (call: ProxiedCall) => void = () => undefined;
  const cut = new Promise<ProxiedCall>((resolve) => {
    announce = resolve;
  });

  const forward = (
    incoming: IncomingMessage,
    body: Buffer,
    onAnswer: (answer: IncomingMessage) => void,
    onFail: () => void,
  ) => {
    const options = {
      host: target.hostname,
      port: target.port,
      method: incoming.method,
      path: incoming.url,
      headers: incoming.headers,
      ...(upstream.ca === undefined ? {} : { ca: upstream.ca, servername: target.hostname }),
    };
    const outgoing = (target.protocol === 'https:' ? httpsRequest : httpRequest)(options, onAnswer);
    outgoing.on('error', onFail);
    incoming.on('close', () => {
      if (!incoming.complete) outgoing.destroy();
    });
    outgoing.end(body);
    return outgoing;
  };

  const relay = (answer: IncomingMessage, response: ServerResponse) => {
    response.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
    response.flushHeaders(); // a watch may be silent for minutes after its head
    answer.on('error', () => response.destroy());
    response.on('close', () => answer.destroy());
    answer.pipe(response);
  };

  const sever = () => {
    isCut = true;
    server.closeAllConnections();
  };

  const cutOff = (call: ProxiedCall) => {
    (upstream.kill ?? sever)();
    announce(call);
  };

  const answer = (response: ServerResponse, { status, headers = {}, body = '' }: CannedAnswer) => {
    response.writeHead(status, headers);
    response.end(body);
  };

  const server = upstream.server ?? createServer();
  server.removeAllListeners('request').on('request', (incoming: IncomingMessage, response: ServerResponse) => {
    if (isCut) {
      incoming.socket.destroy();
      return;
    }
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const body = Buffer.concat(chunks);
      const url = incoming.url ?? '/';
      const fail = () => incoming.socket.destroy();
      if (isWatch(url)) {
        const verdict = watchRule?.(url) ?? 'pass';
        if (verdict === 'dropRequest') return fail();
        if (verdict !== 'pass' && verdict !== 'hang') return answer(response, verdict);
        watches.add(response);
        response.on('close', () => watches.delete(response));
        if (verdict === 'hang') return undefined;
        const outgoing = forward(incoming, body, (answer) => relay(answer, response), fail);
        response.on('close', () => outgoing.destroy());
        return undefined;
      }
      const call: ProxiedCall = {
        ordinal: calls.length + 1,
        method: incoming.method ?? 'GET',
        url,
        host: incoming.headers.host ?? '',
        authorization: incoming.headers.authorization ?? '',
        body: body.toString('utf8'),
        atMs: performance.now(),
      };
      calls.push(call);
      pending += 1;
      response.on('close', () => {
        pending -= 1;
      });
      const obey = (verdict: Verdict) => {
        if (verdict === 'cutBefore') return cutOff(call);
        if (verdict === 'dropRequest') return fail();
        if (verdict === 'hang') return undefined;
        if (typeof verdict === 'object') return answer(response, verdict);
        return forward(
          incoming,
          body,
          (given) => {
            if (verdict === 'pass') return relay(given, response);
            // The effect is there once the whole answer is: only then is the client told nothing.
            given.resume();
            given.on('end', () => (verdict === 'cutAfter' ? cutOff(call) : fail()));
            return undefined;
          },
          fail,
        );
      };
      const decide = () => rule?.(call) ?? 'pass';
      const verdict = observer === undefined ? decide() : observer(call).then(decide);
      if (verdict instanceof Promise) void verdict.then(obey, fail);
      else obey(verdict);
      return undefined;
    });
  });
  if (!server.listening) await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    calls,
    get pending() {
      return pending;
    },
    decide: (next) => {
      rule = next;
    },
    observe: (next) => {
      observer = next;
    },
    decideWatches: (next) => {
      watchRule = next;
    },
    dropConnections: () => server.closeAllConnections(),
    dropWatches: () => {
      for (const response of watches) response.destroy();
    },
    sever,
    cut,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
    retire: () => {
      sever();
      return server;
    },
  };
}
