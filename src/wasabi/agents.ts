import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { rootCertificates, TLSSocket } from 'node:tls';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { AllowedEndpoints } from './allowed-endpoints.ts';
import { guardedLookup, isAddressAllowed, notAllowed, type ResolveAll } from './guarded-lookup.ts';

const MAX_SOCKETS = 64;
const CONNECTION_TIMEOUT_MS = 5_000;

export interface ConnectionOptions {
  readonly allowed: AllowedEndpoints;
  /** PEM certificates that are trusted besides the public ones. */
  readonly caBundle: string | undefined;
  readonly insecureSkipVerify: boolean;
  /** Asked when a connection is there and the request is about to be written: why it must not be. */
  readonly refusal: () => Error | undefined;
  readonly resolve?: ResolveAll | undefined;
  /** A verified connection to that host is about to be used. */
  readonly onVerified?: (host: string, socket: TLSSocket) => void;
}

/**
 * A handler with its own pool of sockets: one for each TLS configuration, shared by all clients that have it (a handler
 * for each client costs two open files each). Connections go to checked addresses only.
 */
export function httpHandler(options: ConnectionOptions): NodeHttpHandler {
  const lookup = guardedLookup(options.allowed, options.resolve);
  const pool = { keepAlive: true, maxSockets: MAX_SOCKETS, scheduling: 'lifo' as const, lookup };
  return new NodeHttpHandler({
    connectionTimeout: CONNECTION_TIMEOUT_MS,
    throwOnRequestTimeout: true,
    httpAgent: guarded(new HttpAgent(pool), 'connect', options),
    httpsAgent: guarded(
      new HttpsAgent({
        ...pool,
        minVersion: 'TLSv1.2',
        // A session that is resumed shows no certificate: neither one that ends soon nor the one that took its place.
        maxCachedSessions: 0,
        rejectUnauthorized: !options.insecureSkipVerify,
        ...(options.caBundle === undefined ? {} : { ca: [...rootCertificates, options.caBundle] }),
      }),
      'secureConnect',
      options,
    ),
  });
}

/**
 * Puts the last look before the effect: an address that was given instead of a name passes no lookup, so it is checked
 * here; and between the start of a request and its first byte lie a connection and a handshake, or a wait for a free
 * socket, in which the process may have been stopped and have lost the Lease.
 */
function guarded<A extends HttpAgent>(agent: A, ready: 'connect' | 'secureConnect', options: ConnectionOptions): A {
  const connect = agent.createConnection.bind(agent);
  agent.createConnection = (to, callback) => {
    const host = (to.host ?? '').replace(/^\[(.*)\]$/, '$1');
    if (isIP(host) !== 0 && !isAddressAllowed(host, host, options.allowed)) throw notAllowed(host);
    const socket = connect(to, callback);
    socket?.prependOnceListener(ready, () => {
      destroyIfRefused(socket, options);
      tellIfVerified(socket, options);
    });
    return socket;
  };
  const reuse = agent.reuseSocket.bind(agent);
  agent.reuseSocket = (socket, request) => {
    reuse(socket, request);
    destroyIfRefused(socket, options);
    tellIfVerified(socket, options);
  };
  return agent;
}

function tellIfVerified(socket: Duplex, { onVerified }: ConnectionOptions): void {
  if (!(socket instanceof TLSSocket) || !socket.authorized) return;
  const { servername } = socket as TLSSocket & { readonly servername?: string | false };
  if (typeof servername === 'string') onVerified?.(servername, socket);
}

function destroyIfRefused(socket: Duplex, options: ConnectionOptions): void {
  const refusal = options.refusal();
  if (refusal !== undefined) socket.destroy(refusal);
}
