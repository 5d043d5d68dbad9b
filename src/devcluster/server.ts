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

export interface DevClusterOptions {
  /** Default 0: any free one. */
  readonly port?: number;
  /** Default: the real one. Bookmarks, timeouts and timestamps follow it. */
  readonly clock?: Clock;
  /** Further tokens and the names of their users. */
  readonly tokens?: ReadonlyMap<string, string>;
  /** Changes kept for each resource, at least; a watch from before them is answered with 410. Default 10,000. */
  readonly historyLimit?: number;
}

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

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
  });
}

/**
 * Starts a Kubernetes API server on 127.0.0.1, plain HTTP, with all its state in memory. It answers as kube-apiserver
 * 1.36 does for the kinds it has: those of an operator, and what CustomResourceDefinitions add. Not there: RBAC,
 * webhooks (admission and conversion), protobuf and YAML answers, pods and what makes them, cost limits of CEL rules,
 * managedFields of objects that nobody has applied.
 * @throws Error when the port is taken
 */
export async function startDevCluster(options: DevClusterOptions = {}): Promise<DevCluster> {
  const cluster = new Cluster({ clock: options.clock ?? systemClock, historyLimit: options.historyLimit ?? 10_000 });
  const controllers = [
    new DefinitionController(cluster),
    new NamespaceController(cluster),
    new GarbageCollector(cluster),
  ];
  const token = new Credential(randomBytes(24).toString('base64url'));
  const auth = new Authenticator(new Map([...(options.tokens ?? []), [token.reveal(), 'admin']]));
  const requests: LoggedRequest[] = [];
  const handler = new RequestHandler(cluster, auth, requests);
  const server = createServer({ keepAliveTimeout: 120_000 }, (request, response) => {
    void handler.handle(request, response);
  });
  const port = await listen(server, options.port ?? 0);
  const url = `http://127.0.0.1:${port}`;
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
      await listen(server, port);
    },
    writeKubeconfig: (path, form) => writeFile(path, kubeconfigText(url, token.reveal(), form), { mode: 0o600 }),
    stop: async () => {
      for (const controller of controllers) controller.stop();
      cluster.watches.endAll();
      await close(server);
    },
  };
}
