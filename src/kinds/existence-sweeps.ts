import { keyOf, keyText, type ObjectKey } from '../api/meta.ts';
import type { Provider } from '../api/provider.ts';
import { isTrue } from '../managed/conditions.ts';
import type { ManagedResource } from '../managed/kind.ts';
import type { Snapshot } from '../managed/lookup.ts';
import type { Clock } from '../runtime/clock.ts';
import { withDeadline } from '../runtime/deadline.ts';
import { ReconcileError, toReconcileError } from '../runtime/errors.ts';
import { Resync } from '../runtime/resync.ts';
import type { ObjectStore } from '../runtime/store.ts';
import { Turn } from '../runtime/turn.ts';
import { type Existing, listBuckets, listOwnPolicies, listUsers } from '../wasabi/existing.ts';
import { UnsupportedCalls } from '../wasabi/unsupported.ts';
import type { AccountAccess, Connection } from './account-access.ts';

/** What there is of a kind, listed after this call began; `undefined`: the credentials may not list it. */
type List = (connection: Connection, clock: Clock, signal: AbortSignal) => Promise<Existing | undefined>;

const LISTS: Readonly<Record<string, List>> = {
  Bucket: ({ bucketIndex }, clock, signal) => listBuckets(bucketIndex(), clock.monotonicMs(), signal),
  User: ({ client }, _clock, signal) => listUsers(client, signal),
  IAMPolicy: ({ client }, _clock, signal) => listOwnPolicies(client, signal),
};

/** The lists of one account; then the next ones are soon due. */
const SWEEP_MS = 45_000;

interface Parts {
  readonly providers: ObjectStore<ManagedResource>;
  readonly snapshot: Pick<Snapshot, 'get' | 'referrers'>;
  readonly access: Pick<AccountAccess, 'connect'>;
  readonly clock: Clock;
  /** `undefined`: never. */
  readonly intervalMs: number | undefined;
}

/**
 * The first tier of drift: lists, for each Provider and once an interval, which buckets, users and policies there are,
 * and tells of the objects whose own is not among them. That takes one call for a thousand of them, so that what somebody
 * deleted is missed within a minute, however many objects there are; their settings are compared one by one, more seldom.
 * A list proves nothing: the pass of the object reads for itself. Where there is none, that pass alone finds it.
 */
export class ExistenceSweeps {
  readonly #parts: Parts;
  readonly #schedule: Resync | undefined;
  readonly #stopping = new AbortController();
  readonly #running = new Map<string, Promise<void>>();
  /** Lists that were refused, or are lacking, by Provider as it is, and version of its credentials. */
  readonly #refused: UnsupportedCalls;
  /** Objects told missing by the last sweep of each Provider, as `standOf`: what the list goes on to lack is told once. */
  readonly #told = new Map<string, ReadonlySet<string>>();
  readonly #listeners: ((resource: ManagedResource) => void)[] = [];

  constructor(parts: Parts) {
    const { providers, clock, intervalMs } = parts;
    this.#parts = parts;
    this.#refused = new UnsupportedCalls(clock);
    const onDue = (key: ObjectKey) => this.#begin(key);
    this.#schedule = intervalMs === undefined ? undefined : new Resync(providers, { clock, intervalMs, onDue });
    providers.onChange(({ before, after }) => {
      if (before !== undefined && before.metadata.uid !== after?.metadata.uid) this.#told.delete(before.metadata.uid);
    });
  }

  /** Its bucket, user or policy was there, and a list that is newer does not hold it. */
  onMissing(listener: (resource: ManagedResource) => void): void {
    this.#listeners.push(listener);
  }

  /** Whether anything is listed now. */
  get isBusy(): boolean {
    return this.#running.size > 0;
  }

  /** Called when this process leads. */
  start(): void {
    this.#schedule?.start();
  }

  /** Resolves when nothing is listed any more. */
  async stop(): Promise<void> {
    this.#schedule?.stop();
    this.#stopping.abort();
    await Promise.all(this.#running.values());
  }

  /** One at a time of each Provider. */
  #begin(key: ObjectKey): void {
    const id = keyText(key);
    const provider = this.#parts.snapshot.get<Provider>('Provider', key);
    if (provider === undefined || this.#running.has(id)) return;
    const { clock } = this.#parts;
    const options = { clock, timeoutMs: SWEEP_MS, signal: this.#stopping.signal, timeoutError: late };
    // Whatever fails here is met, and told of, by the passes of the Provider and of its objects.
    const done = withDeadline(options, (signal) => this.#sweep(provider, signal))
      .catch(() => undefined)
      .finally(() => this.#running.delete(id));
    this.#running.set(id, done);
  }

  async #sweep(provider: Provider, signal: AbortSignal): Promise<void> {
    const made = this.#madeBy(provider);
    const { accountId } = provider.status ?? {};
    if (made.length === 0 || accountId === undefined) return;
    const { access, clock } = this.#parts;
    const connection = await access.connect(provider, provider, accountId, { signal, turn: new Turn(clock, 'retry') });
    const missing = await Promise.all(
      Object.entries(LISTS).map(async ([kind, list]) => {
        const ofKind = made.filter((resource) => resource.kind === kind);
        if (ofKind.length === 0) return [];
        const existing = await this.#listed(provider, kind, list, connection, signal);
        return existing === undefined ? [] : ofKind.filter((resource) => !isAmong(resource, existing));
      }),
    );
    this.#tell(provider, missing.flat());
  }

  /** `undefined`: it cannot be listed, and is not asked for again today, with these credentials and at this endpoint. */
  async #listed(
    { metadata }: Provider,
    kind: string,
    list: List,
    connection: Connection,
    signal: AbortSignal,
  ): Promise<Existing | undefined> {
    const asked = `${metadata.uid} ${metadata.generation} ${connection.secretVersion}`;
    if (this.#refused.isKnown(asked, kind)) return undefined;
    try {
      const existing = await list(connection, this.#parts.clock, signal);
      if (existing === undefined) this.#refused.remember(asked, kind);
      return existing;
    } catch (thrown) {
      if (toReconcileError(thrown).type === 'Unsupported') this.#refused.remember(asked, kind);
      return undefined;
    }
  }

  #tell({ metadata }: Provider, missing: readonly ManagedResource[]): void {
    const before = this.#told.get(metadata.uid);
    this.#told.set(metadata.uid, new Set(missing.map(standOf)));
    for (const resource of missing) {
      if (before?.has(standOf(resource)) === true) continue;
      for (const listener of this.#listeners) listener(resource);
    }
  }

  /** Objects whose resource is in the account of that Provider, as far as their status says, and is to stay there. */
  #madeBy(provider: Provider): readonly ManagedResource[] {
    const name = keyText(keyOf(provider));
    const { accountId } = provider.status ?? {};
    return [...this.#parts.snapshot.referrers('Provider', keyOf(provider))].flatMap(({ resource }) => {
      const { metadata, spec, status } = resource;
      const { target, conditions } = status ?? {};
      const isOfAccount = target?.provider === name && target.accountId === accountId;
      const isThere = target?.identity !== undefined || isTrue(conditions, 'Ready');
      const isLeft = metadata.deletionTimestamp !== undefined || spec.suspend === true;
      return isOfAccount && isThere && !isLeft ? [resource] : [];
    });
  }
}

/** Another incarnation under the same name is not it, where the service tells them apart. */
function isAmong({ status }: ManagedResource, existing: Existing): boolean {
  const { name, identity } = status?.target ?? {};
  if (name === undefined || !existing.has(name)) return name === undefined;
  const found = existing.get(name);
  return found === undefined || identity === undefined || found === identity;
}

/** Another text once it was made again: from then on it can be missed anew. */
function standOf({ metadata, status }: ManagedResource): string {
  const changedAt = status !== undefined && 'lastSyncTime' in status ? status.lastSyncTime : undefined;
  return JSON.stringify([metadata.uid, status?.target?.identity, changedAt]);
}

function late(): Error {
  return new ReconcileError('Transient', `listing what exists did not end within ${SWEEP_MS} ms`);
}
