import type { RequestOptions } from 'node:https';
// Static, in a file that is imported lazily: so the bundle holds the loader alone, and not the clients of every kind.
import { KubeConfig } from '@kubernetes/client-node';
import type { Clock } from './clock.ts';
import type { ClusterAccess, TlsMaterial } from './cluster-access.ts';
import { Credential } from './credential.ts';
import { StartError } from './errors.ts';
import { Refreshed } from './refreshed.ts';

/** An exec plugin is asked again this often at most; it keeps its own token until that expires. */
const REREAD_MS = 60_000;

interface Loaded {
  readonly config: KubeConfig;
  readonly server: string;
  readonly context: string;
  readonly namespace: string | undefined;
}

/**
 * Access by kubeconfig files, merged as kubectl does; exec plugins and OIDC tokens are renewed as they end.
 * @throws StartError that says what is wrong with which file
 */
export async function kubeconfigAccess(paths: readonly string[], clock: Clock): Promise<ClusterAccess> {
  let loaded = await load(paths);
  const { context } = loaded;
  let isStale = false;
  const material = new Refreshed(clock, REREAD_MS, async () => {
    if (isStale) loaded = await load(paths); // a new loader runs the exec plugin anew: the old one keeps a refused token
    isStale = false;
    return authenticate(loaded.config, context);
  });
  const first = await material.get();
  let tls = first.tls;
  return {
    server: loaded.server,
    namespace: loaded.namespace,
    origin: `kubeconfig ${paths.join(', ')}, context "${context}"`,
    tls: async () => {
      const next = (await material.get()).tls;
      if (!isSameTls(tls, next)) tls = next;
      return tls;
    },
    authorization: async () => (await material.get()).authorization,
    invalidate: () => {
      isStale = true;
      material.invalidate();
    },
  };
}

async function load(paths: readonly string[]): Promise<Loaded> {
  const config = new KubeConfig();
  for (const [index, path] of paths.entries()) {
    try {
      const part = index === 0 ? config : new KubeConfig();
      part.loadFromFile(path);
      if (index > 0) config.mergeConfig(part, config.getCurrentContext() !== undefined);
    } catch (error) {
      throw new StartError(`kubeconfig ${path} cannot be read: ${messageOf(error)}`, { cause: error });
    }
  }
  const name = config.getCurrentContext();
  const cluster = config.getCurrentCluster();
  if (cluster === null) {
    const contexts = config.getContexts().map((context) => context.name);
    throw new StartError(
      `kubeconfig ${paths.join(', ')}: current-context ${JSON.stringify(name ?? '')} names no known cluster; ` +
        `contexts: ${contexts.length === 0 ? 'none' : contexts.join(', ')}. Choose one with kubectl config use-context`,
    );
  }
  if (cluster.proxyUrl !== undefined && cluster.proxyUrl !== '') {
    throw new StartError(
      `kubeconfig cluster "${cluster.name}": proxy-url is not supported; reach the API server directly`,
    );
  }
  const namespace = config.getContextObject(name)?.namespace;
  const user = config.getCurrentUser() ?? { name: 'anonymous' };
  if (user.impersonateUser !== undefined && user.impersonateUser !== null) {
    throw new StartError(
      `kubeconfig user "${user.name}": "as" (impersonation) is not supported; use that user's own credential`,
    );
  }
  // Plain HTTP needs no verification, and the loader refuses it unless it is told so (a development API server on loopback).
  const isPlain = cluster.server.startsWith('http:');
  config.loadFromClusterAndUser({ ...cluster, skipTLSVerify: cluster.skipTLSVerify || isPlain }, user);
  return { config, server: cluster.server, context: name, namespace };
}

interface Material {
  readonly tls: TlsMaterial;
  readonly authorization: Credential | undefined;
}

/** Lets the loader apply everything it knows (files, inline data, exec, OIDC) to request options and reads them back. */
async function authenticate(config: KubeConfig, context: string): Promise<Material> {
  const applied: RequestOptions & { headers: Record<string, string> } = { headers: {} };
  try {
    await config.applyToHTTPSOptions(applied);
  } catch (error) {
    throw new StartError(`no credential for kubeconfig context "${context}": ${messageOf(error)}`, { cause: error });
  }
  const [ca, cert, key] = [pemOf(applied.ca), pemOf(applied.cert), pemOf(applied.key)];
  const header = applied.headers.Authorization ?? basicOf(applied.auth);
  return {
    tls: {
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key: new Credential(key) }),
      ...(typeof applied.passphrase === 'string' ? { passphrase: new Credential(applied.passphrase) } : {}),
      ...(applied.servername === undefined ? {} : { serverName: applied.servername }),
      isInsecure: applied.rejectUnauthorized === false,
    },
    authorization: header === undefined ? undefined : new Credential(header),
  };
}

function basicOf(auth: string | null | undefined): string | undefined {
  return auth === undefined || auth === null ? undefined : `Basic ${Buffer.from(auth).toString('base64')}`;
}

function pemOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return Buffer.isBuffer(value) ? value.toString('utf8') : undefined;
}

function isSameTls(a: TlsMaterial, b: TlsMaterial): boolean {
  return (
    a.ca === b.ca &&
    a.cert === b.cert &&
    a.key?.reveal() === b.key?.reveal() &&
    a.serverName === b.serverName &&
    a.isInsecure === b.isInsecure
  );
}

/** The first line, cut: a plugin's output may be long, and what follows may be anything. */
function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return (text.split('\n', 1)[0] ?? '').slice(0, 300);
}
