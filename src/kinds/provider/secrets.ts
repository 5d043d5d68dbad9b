import { SECRETS } from '../../api/core-types.ts';
import { GROUP, type KubeObject, keyOf, keyText, type ObjectKey, parseKey } from '../../api/meta.ts';
import type { Provider } from '../../api/provider.ts';
import type { Lookup, Snapshot } from '../../managed/lookup.ts';
import { ReconcileError } from '../../runtime/errors.ts';
import { type Kube, KubeError } from '../../runtime/kube.ts';
import { toKubeReconcileError } from '../../runtime/kube-errors.ts';
import { secretReferences } from '../provider-secrets.ts';

/**
 * Keeps a credential or CA Secret while objects depend on the Provider, so that a namespace can be deleted in any order.
 * The annotation of the same name says so to whoever looks why the deletion of the Secret waits.
 */
const IN_USE = `${GROUP}/in-use`;

/** One Secret that a Provider names, or named when the finalizer was put on. */
export interface SecretState {
  readonly key: ObjectKey;
  /** The spec names it now, and the reference gate admits that: another namespace's Secret is none of a stranger's. */
  readonly isNamed: boolean;
  readonly isProtected: boolean;
  /** Somebody has deleted it, and it waits for its finalizers. */
  readonly isGoing: boolean;
  /** Another Provider names it and is in use: the finalizer is not ours to take off. */
  readonly isNeededElsewhere: boolean;
}

/** The watched metadata of Secrets, with our own writes seen at once. */
export interface SecretMetadata {
  get(key: ObjectKey): KubeObject | undefined;
  /** Whether the server has said yet whether it is there. */
  hasSynced(key: ObjectKey): boolean;
}

/** Says which references out of its namespace an object may follow. */
export type ReferenceGate = Pick<Lookup, 'isPermitted'>;

/** The Secrets of Providers, as far as our finalizer on them goes. */
export class ProtectedSecrets {
  readonly #kube: Kube;
  readonly #metadata: SecretMetadata;
  /** Other Providers that name the same Secret and still need it. */
  readonly #neededByOthers: (provider: Provider, secret: ObjectKey) => boolean;
  readonly #gate: ReferenceGate;

  constructor(parts: {
    kube: Kube;
    gate: ReferenceGate;
    metadata: SecretMetadata;
    neededByOthers: (provider: Provider, secret: ObjectKey) => boolean;
  }) {
    this.#kube = parts.kube;
    this.#metadata = parts.metadata;
    this.#neededByOthers = parts.neededByOthers;
    this.#gate = parts.gate;
  }

  /**
   * The Secrets that the Provider names and may refer to, and those that it still protects, each once. Pure. One that was
   * protected is let go of without a grant, too: that is how a grant that was taken back comes to its end.
   */
  static of(provider: Provider, gate: ReferenceGate): readonly ObjectKey[] {
    const named = secretReferences(provider).filter((reference) => gate.isPermitted(provider, reference));
    const held = (provider.status?.protectedSecrets ?? []).map(parseKey);
    return [...new Map([...named.map(({ key }) => key), ...held].map((key) => [keyText(key), key])).values()];
  }

  /** The Secrets that concern this Provider now: as `ProtectedSecrets.of`. */
  of(provider: Provider): readonly ObjectKey[] {
    return ProtectedSecrets.of(provider, this.#gate);
  }

  /** Whether it carries the finalizer; one that does not exist needs none. Pure. */
  static isProtected(secret: KubeObject | undefined): boolean {
    return secret === undefined || hasInUse(secret);
  }

  /** Those that exist, as the watch has them, and whether each carries the finalizer. */
  states(provider: Provider): readonly SecretState[] {
    const recorded = new Set(provider.status?.protectedSecrets);
    return this.of(provider).flatMap((key): SecretState[] => {
      const secret = this.#metadata.get(key);
      // Just after the start the watch has not said anything yet: then it is as it was recorded.
      const isUnread = secret === undefined && !this.#metadata.hasSynced(key) && recorded.has(keyText(key));
      if (secret === undefined && !isUnread) return [];
      const isProtected = secret === undefined || hasInUse(secret);
      const isNeededElsewhere = this.#neededByOthers(provider, key);
      const isGoing = secret?.metadata.deletionTimestamp !== undefined;
      return [{ key, isNamed: this.#isNamed(provider, key), isProtected, isGoing, isNeededElsewhere }];
    });
  }

  /**
   * Adds or removes the finalizer; other people's stay. A Secret that is gone, or going without it, needs nothing; one
   * that the gate keeps from the Provider is not even read, unless it is to be let go of.
   */
  async setProtected(provider: Provider, key: ObjectKey, isWanted: boolean, signal: AbortSignal): Promise<void> {
    if (isWanted ? !this.#isNamed(provider, key) : this.#neededByOthers(provider, key)) return;
    try {
      const secret = await this.#kube.get(SECRETS, key, { signal }).catch((thrown: unknown) => {
        // With a namespace that is being deleted go its roles: letting go is a right of its own, and needs no values.
        const isRefused = !isWanted && thrown instanceof KubeError && thrown.code === 403;
        if (!isRefused || !this.#metadata.hasSynced(key)) throw thrown;
        return this.#metadata.get(key); // undefined: it was seen to go
      });
      if (secret === undefined || hasInUse(secret) === isWanted) return;
      if (isWanted && secret.metadata.deletionTimestamp !== undefined) return;
      const others = (secret.metadata.finalizers ?? []).filter((name) => name !== IN_USE);
      const { uid, resourceVersion } = secret.metadata;
      const finalizers = isWanted ? [...others, IN_USE] : others;
      const annotations = { [IN_USE]: isWanted ? inUseText(provider) : null };
      const body = { metadata: { uid, resourceVersion, finalizers, annotations } };
      await this.#kube.patch(SECRETS, key, { type: 'merge', body }, { signal });
    } catch (thrown) {
      if (thrown instanceof KubeError && thrown.code === 404) return;
      if (thrown instanceof KubeError && thrown.code === 409) {
        throw new ReconcileError('StaleRead', `Secret ${keyText(key)} changed meanwhile`, { cause: thrown });
      }
      throw toKubeReconcileError(thrown);
    }
  }

  #isNamed(provider: Provider, secret: ObjectKey): boolean {
    return secretReferences(provider).some(
      (reference) => keyText(reference.key) === keyText(secret) && this.#gate.isPermitted(provider, reference),
    );
  }
}

/** Why the deletion of a Secret waits, as the Secret itself says it. */
function inUseText(provider: Provider): string {
  return `the finalizer of this name keeps the Secret while objects depend on Provider ${keyText(keyOf(provider))}: delete those first, or name another Secret in spec.auth`;
}

/** Whether another Provider than that of `ownUid` names the Secret, may refer to it, and objects depend on it. Pure. */
export function isNeededByOthers(
  { snapshot, lookup }: { readonly snapshot: Pick<Snapshot, 'referrers'>; readonly lookup: Lookup },
  ownUid: string,
  secret: ObjectKey,
): boolean {
  for (const { resource, references } of snapshot.referrers('Secret', secret)) {
    if (resource.metadata.uid === ownUid) continue;
    const isPermitted = references.some((reference) => lookup.isPermitted(resource, reference));
    if (isPermitted && lookup.hasDependents(resource)) return true;
  }
  return false;
}

function hasInUse(secret: KubeObject): boolean {
  return secret.metadata.finalizers?.includes(IN_USE) === true;
}
