import type { PeerCertificate, TLSSocket } from 'node:tls';
import type { Clock } from '../runtime/clock.ts';

/** What no connection told of for this long is forgotten: nobody may call that endpoint any more. */
const LIFE_MS = 3_600_000;

interface Seen {
  readonly notAfterMs: number;
  readonly atMs: number;
}

/** When the certificates end by which endpoints are verified, as their connections show it. */
export class Certificates {
  readonly #clock: Clock;
  /** Hosts of endpoints. Before them may stand the name of a bucket, and that is told nowhere. */
  readonly #hosts = new Set<string>();
  readonly #seen = new Map<string, Seen>();
  readonly #ofSockets = new WeakMap<TLSSocket, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Calls may go there from now on. */
  expect(endpoint: URL): void {
    this.#hosts.add(endpoint.hostname);
  }

  /** A verified connection to that host is about to be used. */
  used(host: string, socket: TLSSocket): void {
    const notAfterMs = this.#ofSockets.get(socket) ?? firstEnd(socket.getPeerCertificate(true));
    this.#ofSockets.set(socket, notAfterMs);
    if (!this.#hosts.has(host) || !Number.isFinite(notAfterMs)) return;
    this.#seen.set(host, { notAfterMs, atMs: this.#clock.monotonicMs() });
  }

  /** When the first certificate ends of each endpoint's chain; ms. */
  ends(): readonly (readonly [host: string, notAfterMs: number])[] {
    const since = this.#clock.monotonicMs() - LIFE_MS;
    for (const [host, { atMs }] of this.#seen) if (atMs < since) this.#seen.delete(host);
    return [...this.#seen].map(([host, { notAfterMs }]) => [host, notAfterMs]);
  }
}

/** Of the server's certificate and those that vouch for it. Infinite: there is none. */
function firstEnd(certificate: Partial<PeerCertificate & { issuerCertificate: PeerCertificate }>): number {
  let earliest = Number.POSITIVE_INFINITY;
  const seen = new Set<unknown>(); // the last one names itself
  for (let each: typeof certificate | undefined = certificate; each?.valid_to !== undefined && !seen.has(each); ) {
    seen.add(each);
    earliest = Math.min(earliest, Date.parse(each.valid_to));
    each = each.issuerCertificate;
  }
  return earliest;
}
