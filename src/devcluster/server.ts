import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { type Clock, systemClock } from '../runtime/clock.ts';
import { Credential } from '../runtime/credential.ts';
import { Authenticator } from './auth.ts';
import { Cluster } from './cluster.ts';
import { DefinitionController } from './controllers/definitions.ts';
import { GarbageCollector } from './controllers/garbage-collector.ts';
import { NamespaceController } from './controllers/namespaces.ts';
import { type LoggedRequest, RequestHandler } from './http.ts';
import { type KubeconfigOptions, kubeconfigText } from './kubeconfig.ts';
import { type Kept, readKept, writeKept } from './persistence.ts';

export interface DevClusterOptions {
  /** 0: any free one. Default: the one that the folder keeps, so that kubeconfigs go on to work; else any free one. */
  readonly port?: number;
  /** Default: the real one. Bookmarks, timeouts and timestamps follow it. */
  readonly clock?: Clock;
  /** Further tokens and the names of their users. */
  readonly tokens?: ReadonlyMap<string, string>;
  /** Changes kept for each resource, at least; a watch from before them is answered with 410. Default 10,000. */
  readonly historyLimit?: number;
  /** Folder where the objects, the token and the port are kept; absent: in memory only. */
  readonly dataDir?: string;
}

/** State is written so long after a change, with all that came meanwhile. */
const SAVE_DELAY_MS = 200;
/** Whoever has not asked or read to the end by then is cut off when the server stops. */
const STOP_MS = 2_000;

/** A running Kubernetes API server on loopback. */
export interface DevCluster {
  /** `http://127.0.0.1:PORT`; stays the same over `restart`. */
  readonly url: string;
  /** The bearer token of the user `admin`. */
  readonly token: Credential;
  /** Every request since the start, in order of arrival. `code` is set when the answer begins. */
  readonly requests: readonly LoggedRequest[];
  /** How many watches are open now. */
  openWatches(): number;
  /** Forgets the history: watches that resume from before are answered with 410, as after a compaction of etcd. */
  compact(): void;
  /** Cuts every connection in the middle of whatever it does, as a crash of the server would. */
  dropConnections(): void;
  /** Cuts every connection, refuses new ones, then serves the same objects at the same address again. */
  restart(): Promise<void>;
  /** Writes a kubeconfig for the user `admin`, readable by its owner alone. kubectl needs one of its own: `forKubectl`. */
  writeKubeconfig(path: string, options?: KubeconfigOptions): Promise<void>;
  /** Ends the watches in good order, answers what has been asked, and closes. */
  stop(): Promise<void>;
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : port);
    });
  });
}

async function close(server: Server): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => resolve());
  });
  server.closeIdleConnections();
  const timer = setTimeout(() => server.closeAllConnections(), STOP_MS); // whoever asks or reads too slowly
  await closed;
  clearTimeout(timer);
}

/**
 * Starts a Kubernetes API server on 127.0.0.1, plain HTTP, with its state in memory. It answers as kube-apiserver
 * 1.36 does for the kinds it has: those of an operator, and what CustomResourceDefinitions add. Not there: RBAC,
 * webhooks (admission and conversion), answers in protobuf and YAML, pods and what makes them, cost limits of CEL rules,
 * managedFields of objects that nobody has applied.
 * @throws Error when the port is taken or the folder cannot be used
 */
export async function startDevCluster(options: DevClusterOptions = {}): Promise<DevCluster> {
  const cluster = new Cluster({ clock: options.clock ?? systemClock, historyLimit: options.historyLimit ?? 10_000 });
  const controllers = [
    new DefinitionController(cluster),
    new NamespaceController(cluster),
    new GarbageCollector(cluster),
  ];
  const kept = options.dataDir === undefined ? undefined : readKept(options.dataDir);
  if (kept !== undefined) cluster.store.restore(kept.revision, kept.objects);
  const token = new Credential(kept?.token ?? randomBytes(24).toString('base64url'));
  let port = kept?.port;
  const what = () => ({ token: token.reveal(), port });
  const keeper = options.dataDir === undefined ? undefined : keep(options.dataDir, cluster, what);
  const auth = new Authenticator(new Map([...(options.tokens ?? []), [token.reveal(), 'admin']]));
  const requests: LoggedRequest[] = [];
  const handler = new RequestHandler(cluster, auth, requests);
  const server = createServer({ keepAliveTimeout: 120_000 }, (request, response) => {
    void handler.handle(request, response);
    // Node would keep the connection open for the next request, which no longer comes.
    response.once('close', () => server.listening || server.closeIdleConnections());
  });
  const served = await listen(server, options.port ?? port ?? 0);
  port = served;
  if (served !== kept?.port) keeper?.write();
  const url = `http://127.0.0.1:${served}`;
  const dropConnections = () => server.closeAllConnections();
  return {
    url,
    token,
    requests,
    openWatches: () => cluster.watches.size,
    compact: () => cluster.store.compact(),
    dropConnections,
    restart: async () => {
      const closed = close(server);
      dropConnections();
      await closed;
      await listen(server, served);
    },
    writeKubeconfig: (path, form) => writeFile(path, kubeconfigText(url, token.reveal(), form), { mode: 0o600 }),
    stop: async () => {
      for (const controller of controllers) controller.stop();
      cluster.watches.close();
      await close(server);
      keeper?.stop();
    },
  };
}

/** Writes the state a little after it changed, and at the end. @throws Error when the folder cannot be used */
function keep(
  folder: string,
  { store, clock }: Cluster,
  rest: () => Pick<Kept, 'token' | 'port'>,
): { write(): void; stop(): void } {
  let cancel: (() => void) | undefined;
  const write = () => {
    cancel = undefined;
    writeKept(folder, { ...rest(), revision: store.revision, objects: store.objects() });
  };
  write();
  const unsubscribe = store.subscribe(() => {
    cancel ??= clock.setTimer(SAVE_DELAY_MS, write);
  });
  return {
    write,
    stop: () => {
      unsubscribe();
      cancel?.();
      write();
    },
  };
}
