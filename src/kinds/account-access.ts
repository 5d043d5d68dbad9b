import { LRUCache } from 'lru-cache';
import { keyOf, keyText, type ObjectKey } from '../api/meta.ts';
import type { Provider } from '../api/provider.ts';
import { findCondition } from '../managed/conditions.ts';
import type { ManagedResource } from '../managed/kind.ts';
import type { CallLimit } from '../runtime/drift-pace.ts';
import { ReconcileError } from '../runtime/errors.ts';
import type { Pass } from '../runtime/turn.ts';
import { type AllowedEndpoints, checkEndpoint } from '../wasabi/allowed-endpoints.ts';
import type { BucketIndex, BucketIndexes } from '../wasabi/buckets.ts';
import type { ClientPool, WasabiClient } from '../wasabi/clients.ts';
import { isSameSite } from '../wasabi/endpoints.ts';
import { type Caller, whoAmI } from '../wasabi/identity.ts';
import type { Credentials, ProviderSettings } from '../wasabi/settings.ts';
import { SharedCall } from '../wasabi/shared-call.ts';
import type { ProviderSecrets, SecretReader } from './provider-secrets.ts';
import { originOf, settingsOf } from './provider-settings.ts';

/** A way into the account of a Provider, for one pass of one object. */
export interface Connection {
  readonly client: WasabiClient;
  readonly bucketIndex: () => BucketIndex;
  /** The version of the Secrets behind the client. */
  readonly secretVersion: string;
}

/** A way into the account that makes clients for other keys of it, too. */
export interface KeyConnection extends Connection {
  /** A client that signs with that key and is like the Provider's own in all else. @param version names the key and its text */
  readonly as: (credentials: Credentials, version: string) => WasabiClient;
}

/** What the Provider kind asks with: the account is not known yet, or may have become another one. */
export interface Probe {
  readonly client: WasabiClient;
  readonly settings: ProviderSettings;
  /** The version of the Secrets behind the client. */
  readonly secretVersion: string;
}

export interface AccountAccessParts {
  readonly secrets: SecretReader;
  readonly pool: ClientPool;
  readonly indexes: BucketIndexes;
  readonly allowed: AllowedEndpoints;
  /** Requests a second where the Provider names none. */
  readonly defaultRate: number;
}

/** What an account is called where neither STS nor IAM tells: the host of its S3 endpoint. */
export function accountOfCaller(caller: Caller, settings: ProviderSettings): string {
  return caller.identity?.accountId ?? new URL(settings.endpoint).host;
}

const MAX_ACCOUNTS = 2_000;

/** One version of a Provider's credentials, and what it is used with. */
interface Opened {
  readonly settings: ProviderSettings;
  readonly secrets: ProviderSecrets;
  readonly cacheKey: string;
  readonly onRefused: () => void;
}

/** The way from an object to a client of the account that its Provider is pinned to, and to no other. */
export class AccountAccess {
  readonly #parts: AccountAccessParts;
  /** Which account each version of credentials was found to open: a changed Secret is asked about before it is used. */
  readonly #accounts = new LRUCache<string, SharedCall<string>>({ max: MAX_ACCOUNTS });
  readonly #refusedListeners: ((provider: ObjectKey) => void)[] = [];

  constructor(parts: AccountAccessParts) {
    this.#parts = parts;
  }

  /** Whoever calls for an object finds that the service refuses the credentials of that Provider, which was not known yet. */
  onRefused(listener: (provider: ObjectKey) => void): void {
    this.#refusedListeners.push(listener);
  }

  /** Nothing refers to that Secret any more: its values are dropped. */
  forgetSecret(secret: ObjectKey): void {
    this.#parts.secrets.forget(secret);
  }

  /**
   * The account that the Provider is pinned to. Pure.
   * @throws DependencyNotReady, reason ProviderNotReady, while its credentials have not been proven
   */
  pinnedAccount(provider: Provider): string {
    const { accountId, conditions } = provider.status ?? {};
    const auth = findCondition(conditions, 'AuthValid');
    // Credentials that the service accepts for another account than the pinned one are not for our objects.
    const isValid = auth?.status === 'True' && auth.reason !== 'AccountChanged';
    if (accountId !== undefined && isValid) return accountId;
    const ready = findCondition(conditions, 'Ready');
    const why = ready?.reason ?? 'it was not looked at yet';
    throw new ReconcileError(
      'DependencyNotReady',
      `spec.providerRef: Provider ${keyText(keyOf(provider))} is not ready: ${why}; look at its conditions`,
      { reason: 'ProviderNotReady', isExpected: ready === undefined },
    );
  }

  /**
   * The limit that calls for objects of that Provider share with all others of its account; undefined: it is not known
   * which that is, or its endpoints cannot be used, as the conditions of the Provider say.
   */
  limitOf({ spec, status }: Provider): CallLimit | undefined {
    const { pool, defaultRate } = this.#parts;
    if (status?.accountId === undefined) return undefined;
    try {
      return pool.limiters.limitOf(settingsOf(spec, undefined, defaultRate), status.accountId);
    } catch {
      return undefined;
    }
  }

  /** The accounts that calls were made of lately, as metrics name them. */
  accounts(): readonly string[] {
    return this.#parts.pool.limiters.states().flatMap(([account]) => account ?? []);
  }

  /**
   * A client for that account, on behalf of the object's namespace.
   * @throws DependencyNotReady, reason AccountChanged when endpoint or credentials lead to another account by now
   */
  async connect(
    resource: ManagedResource,
    provider: Provider,
    accountId: string,
    { signal, turn }: Pass,
  ): Promise<KeyConnection> {
    this.pinnedAccount(provider);
    const { settings, secrets } = await this.#open(provider, signal).catch((thrown: unknown) =>
      rethrowOf(provider, thrown),
    );
    this.#assertSameSite(provider, settings);
    const cacheKey = `${provider.metadata.uid} ${secrets.version}`;
    const onRefused = () => this.#refused(keyOf(provider));
    const found = await this.#accountBehind({ settings, secrets, cacheKey, onRefused }, signal);
    if (found !== accountId) {
      // The Provider itself has moved on with consent: only a deletion comes here, for what was made before.
      const remedy =
        provider.status?.accountId === found
          ? 'give the Provider credentials of that account again'
          : 'put the old credentials back, or consent to the new account as the conditions of the Provider say';
      throw new ReconcileError(
        'DependencyNotReady',
        `the credentials of Provider ${keyText(keyOf(provider))} open account ${found}, and the resource is in account ${accountId}: ${remedy}`,
        { reason: 'AccountChanged' },
      );
    }
    const { pool } = this.#parts;
    const namespace = resource.metadata.namespace ?? '';
    const { credentials } = secrets;
    const own = { settings, credentials, cacheKey, accountId, namespace, onRefused };
    return {
      client: pool.client({ ...own, turn }),
      // Other passes wait for the same listing, so it is not made in the turn of this one.
      bucketIndex: () => this.#parts.indexes.indexFor(`${accountId} ${cacheKey}`, pool.client(own)),
      secretVersion: secrets.version,
      // A refusal of another key says nothing of the Provider's own, and whoever tries one waits by itself.
      as: (other, version) =>
        pool.client({
          settings,
          credentials: other,
          cacheKey,
          keyVersion: version,
          accountId,
          namespace,
          turn,
          isProbe: true,
        }),
    };
  }

  /** A client for finding out what the Provider's credentials open. @throws InvalidSpec, DependencyNotReady */
  async probe(provider: Provider, { signal, turn }: Pass): Promise<Probe> {
    const { settings, secrets } = await this.#open(provider, signal);
    const client = this.#parts.pool.client({
      settings,
      credentials: secrets.credentials,
      cacheKey: `${provider.metadata.uid} ${secrets.version}`,
      accountId: provider.status?.accountId,
      namespace: provider.metadata.namespace ?? '',
      turn,
      isProbe: true,
    });
    return { client, settings, secretVersion: secrets.version };
  }

  async #open(
    provider: Provider,
    signal: AbortSignal,
  ): Promise<{ readonly settings: ProviderSettings; readonly secrets: ProviderSecrets }> {
    const { allowed, defaultRate } = this.#parts;
    const unread = settingsOf(provider.spec, undefined, defaultRate);
    checkEndpoint(unread.endpoint, allowed, originOf(provider.spec, 'endpoint'));
    checkEndpoint(unread.iamEndpoint, allowed, originOf(provider.spec, 'iamEndpoint'));
    if (unread.stsEndpoint !== undefined)
      checkEndpoint(unread.stsEndpoint, allowed, originOf(provider.spec, 'stsEndpoint'));
    const secrets = await this.#parts.secrets.read(provider, signal);
    return { settings: { ...unread, caBundle: secrets.caBundle }, secrets };
  }

  /** The endpoint was edited, and the Provider's own pass has not looked at it yet. */
  #assertSameSite(provider: Provider, settings: ProviderSettings): void {
    const pinned = provider.status?.endpoint;
    if (pinned === undefined || isSameSite(pinned, settings)) return;
    throw new ReconcileError(
      'DependencyNotReady',
      `Provider ${keyText(keyOf(provider))} leads to ${settings.endpoint}, and the resource is at ${pinned}: put the old endpoint back, or consent to the new one as the conditions of the Provider say`,
      { reason: 'AccountChanged' },
    );
  }

  /** Asked once for each version; what was refused is not asked again while the refusal stands (`Refusals`). */
  #accountBehind(opened: Opened, signal: AbortSignal): Promise<string> {
    const { settings, cacheKey } = opened;
    const id = `${cacheKey} ${settings.endpoint} ${settings.iamEndpoint} ${settings.stsEndpoint ?? ''}`;
    const known = this.#accounts.get(id);
    const asked =
      known === undefined || known.hasFailed
        ? new SharedCall('asking whose the credentials are', (shared) => this.#askAccount(opened, shared))
        : known;
    this.#accounts.set(id, asked);
    return asked.wait(signal);
  }

  async #askAccount(opened: Opened, signal: AbortSignal): Promise<string> {
    const { settings, secrets, cacheKey, onRefused } = opened;
    const { credentials } = secrets;
    const client = this.#parts.pool.client({
      settings,
      credentials,
      cacheKey,
      accountId: undefined,
      namespace: '',
      onRefused,
    });
    const caller = await whoAmI(client, signal);
    // An identity that could not be asked for now says nothing, and is no reason to take the host's name for it.
    if (caller.identity === undefined && caller.iam.type === 'Unreachable') throw caller.iam.error;
    return accountOfCaller(caller, settings);
  }

  #refused(provider: ObjectKey): void {
    for (const listener of this.#refusedListeners) listener(provider);
  }
}

/** To an object of the Provider, whose spec has none of the fields that the failure is about. @throws always */
function rethrowOf(provider: Provider, thrown: unknown): never {
  if (!(thrown instanceof ReconcileError) || thrown.type !== 'DependencyNotReady') throw thrown;
  const message = `spec.providerRef: Provider ${keyText(keyOf(provider))}: ${thrown.message}`;
  throw thrown.retold(message, { isToldElsewhere: true });
}
