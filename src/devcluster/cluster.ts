import type { Clock } from '../runtime/clock.ts';
import { Deletes } from './deletes.ts';
import { isDeleting } from './object.ts';
import { Registry, resourceId } from './registry.ts';
import { groupResource } from './resource.ts';
import { workloads } from './resources/apps.ts';
import { builtinResource } from './resources/builtin.ts';
import { configMaps, serviceAccounts } from './resources/core.ts';
import { definitions } from './resources/definitions.ts';
import { coreEvents, events } from './resources/events.ts';
import { leases } from './resources/leases.ts';
import { namespaces } from './resources/namespaces.ts';
import { secrets } from './resources/secrets.ts';
import { type ApiError, forbiddenError, notFoundError } from './status.ts';
import { Store } from './store.ts';
import { type WriteScope, Writes } from './writes.ts';

/** The open watches, so that they can be ended: all, or those of one resource. */
class OpenWatches {
  readonly #ends = new Map<() => void, string>();
  #areClosed = false;

  /** Remembers how to end one of a resource, or ends it at once after `close`. The returned function forgets it. */
  add(resourceId: string, end: () => void): () => void {
    if (this.#areClosed) end();
    else this.#ends.set(end, resourceId);
    return () => this.#ends.delete(end);
  }

  /** How many are open. */
  get size(): number {
    return this.#ends.size;
  }

  endOf(resourceId: string): void {
    for (const [end, id] of this.#ends) if (id === resourceId) end();
  }

  /** Ends all of them, and whatever still begins on a connection that is open. */
  close(): void {
    this.#areClosed = true;
    for (const end of this.#ends.keys()) end();
  }
}

const builtins = [
  namespaces,
  secrets,
  configMaps,
  serviceAccounts,
  leases,
  coreEvents,
  events,
  definitions,
  ...workloads,
];
const firstNamespaces = ['default', 'kube-system', 'kube-public', 'kube-node-lease'];

/** The state of the whole cluster and what may be done to it, apart from HTTP. */
export class Cluster {
  readonly clock: Clock;
  readonly store: Store;
  readonly registry = new Registry();
  readonly writes: Writes;
  readonly deletes: Deletes;
  readonly watches = new OpenWatches();

  /** `historyLimit`: changes kept for each resource, at least. */
  constructor(options: { readonly clock: Clock; readonly historyLimit: number }) {
    this.clock = options.clock;
    this.store = new Store(options.historyLimit);
    this.writes = new Writes(this.store, this.clock);
    this.deletes = new Deletes(this.store, this.clock);
    for (const kind of builtins) {
      this.registry.set(builtinResource(kind, this.store.table(kind.tableId ?? resourceId(kind.group, kind.plural))));
    }
    for (const name of firstNamespaces) this.createNamespace(name);
  }

  /** Creates a namespace as a client would. @throws ApiError 409 */
  createNamespace(name: string): void {
    const served = this.registry.find('', 'v1', 'namespaces');
    if (served === undefined) return;
    const { object } = served.version.decode({ kind: 'Namespace', apiVersion: 'v1', metadata: { name } });
    this.writes.create({ ...served, namespace: '', isDryRun: false }, object);
  }

  /**
   * Whether a new object may come into its namespace: it must be there and not on its way out.
   * @throws ApiError 403, 404
   */
  admit(scope: WriteScope, name: string): void {
    if (!scope.resource.isNamespaced) return;
    const namespace = this.store.table('namespaces').get(scope.namespace);
    if (namespace === undefined) throw notFoundError({ group: '', resource: 'namespaces' }, scope.namespace);
    if (!isDeleting(namespace)) return;
    throw terminatingError(scope, name);
  }
}

function terminatingError(scope: WriteScope, name: string): ApiError {
  const { namespace, resource } = scope;
  const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
  const message = `namespace ${namespace} is being terminated`;
  const causes = [{ reason: 'NamespaceTerminating', message, field: 'metadata.namespace' }];
  return forbiddenError(groupResource(resource), name, why, causes);
}
