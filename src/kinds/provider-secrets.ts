import { SECRETS } from '../api/core-types.ts';
import { type KubeObject, keyText, type ObjectKey } from '../api/meta.ts';
import type { Provider } from '../api/provider.ts';
import type { Reason } from '../api/reasons.ts';
import type { Lookup } from '../managed/lookup.ts';
import type { Reference } from '../managed/references.ts';
import { Credential } from '../runtime/credential.ts';
import { ReconcileError } from '../runtime/errors.ts';
import { type Kube, KubeError } from '../runtime/kube.ts';
import { toKubeReconcileError } from '../runtime/kube-errors.ts';
import type { Credentials } from '../wasabi/settings.ts';

/** A Secret as it is on the wire: values in base64. */
export interface SecretObject extends KubeObject {
  readonly data?: Readonly<Record<string, string>>;
  /** Kubernetes keeps the data until the Secret is deleted. */
  readonly immutable?: boolean;
}

/** Credentials and CA of a Provider, and which versions of its Secrets they came from. */
export interface ProviderSecrets {
  readonly credentials: Credentials;
  readonly caBundle: string | undefined;
  /** Changes with every change of one of the Secrets; holds no part of their values. */
  readonly version: string;
}

/** One place in a Provider's spec that names a key of a Secret. */
interface SecretKeyReference extends Reference {
  readonly dataKey: string;
}

/** Lengths that are plausible; what lies outside was pasted wrong. Source: 20 and 40 on AWS, down to 3 and 8 elsewhere. */
const ACCESS_KEY_LENGTH = { min: 3, max: 128 };
const SECRET_KEY_LENGTH = { min: 8, max: 256 };
const SESSION_TOKEN_LENGTH = { min: 8, max: 8_192 };

/** The Secrets that a Provider names: credentials first, CA last. Pure. */
export function secretReferences(provider: Provider): readonly SecretKeyReference[] {
  // A stored spec may lack what the schema asks for by now; then nothing is named.
  const spec: Partial<Provider['spec']> | undefined = provider.spec;
  if (spec?.auth === undefined) return [];
  const { auth, tls } = spec;
  const own = provider.metadata.namespace ?? '';
  const at = (path: string, ref: { name?: string | undefined; key: string; namespace?: string | undefined }) => ({
    path,
    group: '',
    kind: 'Secret',
    key: { namespace: ref.namespace ?? own, name: ref.name ?? '' },
    dataKey: ref.key,
    isLegacy: false,
    blocksDeletion: false,
  });
  return [
    at('spec.auth.accessKeySecretRef', auth.accessKeySecretRef),
    at('spec.auth.secretKeySecretRef', auth.secretKeySecretRef),
    ...(auth.sessionTokenSecretRef?.name === undefined
      ? []
      : [at('spec.auth.sessionTokenSecretRef', auth.sessionTokenSecretRef)]),
    ...(tls?.caCertSecretRef?.name === undefined ? [] : [at('spec.tls.caCertSecretRef', tls.caCertSecretRef)]),
  ];
}

/** Reads the Secrets of Providers; keeps what it read until the watch shows another version. */
export class SecretReader {
  readonly #kube: Kube;
  readonly #lookup: Lookup;
  readonly #versionOf: (key: ObjectKey) => string | undefined;
  readonly #cache = new Map<string, SecretObject>();
  /** Reads under way; they settle without an error. */
  readonly #running = new Map<string, Promise<unknown>>();

  /** @param versionOf `uid@resourceVersion` as the watch has it; undefined: not known, so it is read anew */
  constructor(parts: { kube: Kube; lookup: Lookup; versionOf: (key: ObjectKey) => string | undefined }) {
    this.#kube = parts.kube;
    this.#lookup = parts.lookup;
    this.#versionOf = parts.versionOf;
  }

  /** @throws DependencyNotReady, reasons RefNotPermitted, SecretNotFound, SecretKeyMissing, SecretInvalid */
  async read(provider: Provider, signal: AbortSignal): Promise<ProviderSecrets> {
    const references = secretReferences(provider);
    const texts = new Map<string, string>();
    const versions = new Set<string>();
    for (const reference of references) {
      const secret = await this.#secret(provider, reference, signal);
      texts.set(reference.path, valueOf(secret, reference));
      versions.add(versionText(secret));
    }
    const text = (path: string, range: { min: number; max: number }) => {
      const reference = references.find((candidate) => candidate.path === path);
      return reference && plausible(texts.get(path) ?? '', reference, range);
    };
    const caReference = references.find(({ path }) => path === 'spec.tls.caCertSecretRef');
    const sessionToken = text('spec.auth.sessionTokenSecretRef', SESSION_TOKEN_LENGTH);
    return {
      credentials: {
        accessKeyId: text('spec.auth.accessKeySecretRef', ACCESS_KEY_LENGTH) ?? '',
        secretAccessKey: new Credential(text('spec.auth.secretKeySecretRef', SECRET_KEY_LENGTH) ?? ''),
        sessionToken: sessionToken === undefined ? undefined : new Credential(sessionToken),
      },
      caBundle: caReference && certificates(texts.get(caReference.path) ?? '', caReference),
      version: [...versions].join(' '),
    };
  }

  /** Drops what nothing refers to any more. */
  forget(key: ObjectKey): void {
    this.#cache.delete(keyText(key));
  }

  async #secret(provider: Provider, reference: Reference, signal: AbortSignal): Promise<SecretObject> {
    const id = keyText(reference.key);
    const isForeign = reference.key.namespace !== provider.metadata.namespace;
    if (!this.#lookup.isPermitted(provider, reference)) {
      throw missing(reference, 'does not exist, or no ReferenceGrant there admits this Provider', 'RefNotPermitted');
    }
    const known = this.#known(reference.key);
    if (known !== undefined) return known;
    const running = this.#running.get(id);
    if (running !== undefined) {
      // A crowd of passes meets each new version at once: one of them reads, for all.
      await running;
      const found = this.#known(reference.key);
      if (found !== undefined) return found;
    }
    const read = await this.#read(reference.key, signal);
    if (read === undefined) {
      throw isForeign
        ? missing(reference, 'does not exist, or no ReferenceGrant there admits this Provider', 'RefNotPermitted')
        : missing(reference, 'does not exist: create it', 'SecretNotFound');
    }
    return read;
  }

  /** What was read before, if the watch says that it still stands so. */
  #known(key: ObjectKey): SecretObject | undefined {
    const cached = this.#cache.get(keyText(key));
    return cached !== undefined && versionText(cached) === this.#versionOf(key) ? cached : undefined;
  }

  /**
   * A namespace that is being deleted loses its roles before its objects are gone, and what is to be cleaned up outside
   * needs the credentials still: then those that were read before serve, while the same Secret is there.
   */
  #heldThrough(key: ObjectKey, thrown: unknown): SecretObject | undefined {
    const isRefused = thrown instanceof KubeError && thrown.code === 403 && this.#lookup.isTerminating(key.namespace);
    const cached = this.#cache.get(keyText(key));
    const isSame = cached !== undefined && this.#versionOf(key)?.startsWith(`${cached.metadata.uid}@`) === true;
    return isRefused && isSame ? cached : undefined;
  }

  async #read(key: ObjectKey, signal: AbortSignal): Promise<SecretObject | undefined> {
    const id = keyText(key);
    const reading = this.#kube.get<SecretObject>(SECRETS, key, { signal });
    const settled = reading.then(
      (read) => (read === undefined ? this.#cache.delete(id) : this.#cache.set(id, read)),
      () => undefined, // told to whoever reads
    );
    this.#running.set(id, settled);
    try {
      return await reading;
    } catch (thrown) {
      const held = this.#heldThrough(key, thrown);
      if (held !== undefined) return held;
      throw toKubeReconcileError(thrown);
    } finally {
      if (this.#running.get(id) === settled) this.#running.delete(id);
    }
  }
}

/** `uid@resourceVersion`: one state of one incarnation. */
export function versionText(object: KubeObject): string {
  return `${object.metadata.uid}@${object.metadata.resourceVersion}`;
}

function valueOf(secret: SecretObject, reference: SecretKeyReference): string {
  const { data = {} } = secret;
  const encoded = Object.hasOwn(data, reference.dataKey) ? data[reference.dataKey] : undefined;
  if (encoded === undefined) {
    throw missing(
      reference,
      `has no key "${reference.dataKey}": add it, or name another key in the reference`,
      'SecretKeyMissing',
    );
  }
  return Buffer.from(encoded, 'base64').toString('utf8').trim();
}

function plausible(text: string, reference: SecretKeyReference, range: { min: number; max: number }): string {
  const isPrintable = /^[\x21-\x7e]*$/.test(text);
  if (text.length >= range.min && text.length <= range.max && isPrintable) return text;
  const found = isPrintable ? `${text.length} characters` : 'white space or characters outside ASCII';
  throw missing(
    reference,
    `key "${reference.dataKey}" holds ${found}, expected ${range.min} to ${range.max} printable characters: was the right value put in?`,
    'SecretInvalid',
  );
}

function certificates(text: string, reference: SecretKeyReference): string {
  if (text.includes('-----BEGIN CERTIFICATE-----')) return text;
  throw missing(reference, `key "${reference.dataKey}" holds no PEM certificate`, 'SecretInvalid');
}

function missing(reference: Reference, what: string, reason: Reason): ReconcileError {
  return new ReconcileError('DependencyNotReady', `${reference.path}: Secret ${keyText(reference.key)} ${what}`, {
    reason,
  });
}
