import { readFile } from 'node:fs/promises';
import { isIPv6 } from 'node:net';
import { join } from 'node:path';
import type { Clock } from './clock.ts';
import { Credential } from './credential.ts';
import { Refreshed } from './refreshed.ts';

/** What a TLS connection to the API server is made with. PEM texts. */
export interface TlsMaterial {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: Credential;
  readonly passphrase?: Credential;
  /** The name to verify instead of the host of the URL. */
  readonly serverName?: string;
  /** The server's certificate is not verified. */
  readonly isInsecure: boolean;
}

/** Where the API server is and how to prove who we are. Credentials are re-read as they rotate. */
export interface ClusterAccess {
  /** URL of the API server; may have a path. */
  readonly server: string;
  /** The namespace of the pod or of the kubeconfig's context, if one is named. */
  readonly namespace: string | undefined;
  /** For the log: where this came from, such as `in-cluster` or `kubeconfig context "dev"`. */
  readonly origin: string;
  /** For the next connection. The same object as long as nothing changed. @throws Error when a file cannot be read */
  tls(): Promise<TlsMaterial>;
  /** The Authorization header of the next request; undefined when the certificate says who we are. @throws Error */
  authorization(): Promise<Credential | undefined>;
  /** The server answered 401: what was read before is not used again. */
  invalidate(): void;
}

/** Rotated files are seen this soon: a projected token is replaced when 80 % of its life is over, at least 2 min before its end. */
const REREAD_MS = 60_000;

export interface InClusterOptions {
  readonly host: string;
  readonly port: string;
  /** The mounted service account: `token`, `ca.crt` and `namespace`. */
  readonly directory: string;
  readonly clock: Clock;
}

/**
 * Access by the pod's service account. The token is read again at most every 60 s and at once after a 401, the CA
 * with it, since the cluster rotates both.
 * @throws Error when token, CA or namespace cannot be read now
 */
export async function inClusterAccess(options: InClusterOptions): Promise<ClusterAccess> {
  const { clock, directory } = options;
  const token = new Refreshed(clock, REREAD_MS, async () => {
    const text = (await readFile(join(directory, 'token'), 'utf8')).trim();
    if (text === '') throw new Error(`${join(directory, 'token')} is empty: the service account token is not mounted`);
    return new Credential(`Bearer ${text}`);
  });
  let last: TlsMaterial = { isInsecure: false };
  const tls = new Refreshed(clock, REREAD_MS, async () => {
    const ca = await readFile(join(directory, 'ca.crt'), 'utf8');
    if (ca !== last.ca) last = { ca, isInsecure: false };
    return last;
  });
  await Promise.all([token.get(), tls.get()]);
  const namespace = await readFile(join(directory, 'namespace'), 'utf8').catch(() => '');
  const host = isIPv6(options.host) ? `[${options.host}]` : options.host;
  return {
    server: `https://${host}:${options.port}`,
    namespace: namespace.trim() === '' ? undefined : namespace.trim(),
    origin: 'in-cluster service account',
    tls: () => tls.get(),
    authorization: () => token.get(),
    invalidate: () => {
      token.invalidate();
      tls.invalidate();
    },
  };
}
