import { keyOf, keyText, type ObjectKey, parseKey } from '../api/meta.ts';
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
/** Who is due this much of an interval after another Provider of the account had a list makes none: the other is due again soon. */
const FRESH = 0.9;

interface Parts {
  readonly providers: ObjectStore<ManagedResource>;
  readonly snapshot: Pick<Snapshot, 'get' | 'referrers'>;
  readonly access: Pick<AccountAccess, 'connect' | 'limitOf'>;
  readonly clock: Clock;
  /** `undefined`: never. */
  readonly intervalMs: number | undefined;
}

/** An account at one service, as Providers lead to it in the same way. */
interface Account {
  /** As `namespace/name`. */
  readonly providers: Set<string>;
  /** When whoever made the last list of each kind that came was due. */
  readonly listedMs: Map<string, number>;
  /** Objects that the last list of each kind lacked, as `standOf`: what it goes on to lack is told once. */
  readonly told: Map<string, ReadonlySet<string>>;
  /** Ends with the sweep of the Provider that was due last; never rejects. */
  latest: Promise<void>;
}

/**
 * The first tier of drift: lists, for each account and once an interval, which buckets, users and policies there are,
 * and tells of the objects whose own is not among them. That takes one call for a thousand of them, so that what somebody
 * deleted is missed within a minute, however many objects there are; their settings are compared one by one, more seldom.
 * A list proves nothing: the pass of the object reads for itself. Where there is none, that pass alone finds it.
 * Each Provider is due once an interval, with its own credentials, and lists what no other one of its account listed lately:
 * what one may not list, another does.
 */
export class ExistenceSweeps {
  readonly #parts: Parts;
  readonly #schedule: Resync | undefined;
  readonly #stopping = new AbortController();
  readonly #running = new Map<string, Promise<void>>();
  /** Lists that were refused, or are lacking, by Provider as it is, and version of its credentials. */
  readonly #refused: UnsupportedCalls;
  readonly #accounts = new Map<string, Account>();
  readonly #listeners: ((resource: ManagedResource) => void)[] = [];

  constructor(parts: Parts) {
    const { providers, clock, intervalMs } = parts;
    this.#parts = parts;
    this.#refused = new UnsupportedCalls(clock);
    const onDue = (key: ObjectKey) => this.#begin(key);
    this.#schedule = intervalMs === undefined ? undefined : new Resync(providers, { clock, intervalMs, onDue });
    if (intervalMs === undefined) return;
    providers.onChange(({ before, after }) => {
      const [left, joined] = [before, after].map((provider) => provider && this.#accountOf(provider as Provider));
      if (left === joined) return;
      if (left !== undefined && before !== undefined) this.#leave(left, keyOf(before));
      if (joined !== undefined && after !== undefined) this.#join(joined, keyOf(after));
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

  /** One at a time of each account: it may leave nothing to list for the next one. */
  #begin(key: ObjectKey): void {
    const id = keyText(key);
    const { clock, snapshot } = this.#parts;
    const provider = snapshot.get<Provider>('Provider', key);
    const account = provider && this.#accounts.get(this.#accountOf(provider) ?? '');
    if (provider === undefined || account === undefined || this.#running.has(id)) return;
    const options = { clock, timeoutMs: SWEEP_MS, signal: this.#stopping.signal, timeoutError: late };
    const dueMs = clock.monotonicMs();
    // Whatever fails here is met, and told of, by the passes of the Provider and of its objects.
    const done = account.latest
      .then(() => withDeadline(options, (signal) => this.#sweep(provider, account, dueMs, signal)))
      .catch(() => undefined)
      .finally(() => this.#running.delete(id));
    account.latest = done;
    this.#running.set(id, done);
  }

  async #sweep(provider: Provider, account: Account, dueMs: number, signal: AbortSignal): Promise<void> {
    const { access, clock, intervalMs = 0 } = this.#parts;
    const { accountId } = provider.status ?? {};
    const stale = Object.entries(LISTS).filter(([kind]) => {
      const listedMs = account.listedMs.get(kind);
      return listedMs === undefined || dueMs - listedMs >= FRESH * intervalMs;
    });
    if (stale.length === 0 || accountId === undefined) return;
    const made = Map.groupBy(this.#madeIn(account), ({ kind }) => kind);
    const wanted = stale.filter(([kind]) => made.has(kind));
    if (wanted.length === 0) return;
    const connection = await access.connect(provider, provider, accountId, { signal, turn: new Turn(clock, 'retry') });
    await Promise.all(
      wanted.map(async ([kind, list]) => {
        const existing = await this.#listed(provider, kind, list, connection, signal);
        if (existing === undefined) return;
        account.listedMs.set(kind, dueMs);
        this.#tell(account, kind, made.get(kind)?.filter((resource) => !isAmong(resource, existing)) ?? []);
      }),
    );
  }

  #join(id: string, provider: ObjectKey): void {
    const none = { providers: new Set<string>(), listedMs: new Map(), told: new Map(), latest: Promise.resolve() };
    const account = this.#accounts.get(id) ?? none;
    account.providers.add(keyText(provider));
    this.#accounts.set(id, account);
  }

  #leave(id: string, provider: ObjectKey): void {
    const account = this.#accounts.get(id);
    account?.providers.delete(keyText(provider));
    if (account?.providers.size === 0) this.#accounts.delete(id);
  }

  /** The same text for Providers whose lists are the same; undefined: it is not known which account it leads to. */
  #accountOf(provider: Provider): string | undefined {
    const { metadata, spec } = provider;
    const limit = this.#parts.access.limitOf(provider);
    if (limit === undefined) return undefined;
    // Whoever trusts other certificates may be answered by somebody else.
    const trusted = spec.tls === undefined ? null : [metadata.namespace, spec.tls];
    return JSON.stringify([limit.id, spec.iamEndpoint ?? null, trusted]);
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

  #tell({ told }: Account, kind: string, missing: readonly ManagedResource[]): void {
    const before = told.get(kind);
    told.set(kind, new Set(missing.map(standOf)));
    for (const resource of missing) {
      if (before?.has(standOf(resource)) === true) continue;
      for (const listener of this.#listeners) listener(resource);
    }
  }

  #madeIn({ providers }: Account): readonly ManagedResource[] {
    const found = [...providers].map((name) => this.#parts.snapshot.get<Provider>('Provider', parseKey(name)));
    return found.flatMap((provider) => (provider === undefined ? [] : this.#madeBy(provider)));
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
