import type { AccessKey } from '../../api/access-key.ts';
import { SECRETS } from '../../api/core-types.ts';
import type { KubeObject, ObjectKey } from '../../api/meta.ts';
import type { Credential } from '../../runtime/credential.ts';
import { ReconcileError } from '../../runtime/errors.ts';
import { type Kube, KubeError } from '../../runtime/kube.ts';
import { isConflict, isObjectGone, toKubeReconcileError } from '../../runtime/kube-errors.ts';
import type { OwnChanges } from '../../runtime/own-changes.ts';
import type { SecretObject } from '../provider-secrets.ts';
import {
  type Delivery,
  deliveryAnnotations,
  ID_KEY,
  immutableError,
  metadataPatch,
  ownerReferenceTo,
  type SecretMetadata,
  TEXT_KEY,
  valueIn,
} from './secret-object.ts';

/** What is written into a Secret. */
export interface KeyContent {
  readonly id: string;
  readonly secret: Credential;
  readonly delivery: Delivery;
}

/** Stands for a key while the API server is asked whether it would take the Secret. */
const PLACEHOLDER = 'placeholder';

/** The Secrets that keys are delivered in. They are read live: no text of a key is kept. */
export class KeySecrets {
  readonly #kube: Kube;
  readonly #own: OwnChanges;

  /** @param own is told what is written, so that no pass wakes itself */
  constructor(kube: Kube, own: OwnChanges) {
    this.#kube = kube;
    this.#own = own;
  }

  /** As it stands now. @throws DependencyNotReady, reason Forbidden, and what a failed call throws */
  read(key: ObjectKey, signal: AbortSignal): Promise<SecretObject | undefined> {
    return this.#kube.get<SecretObject>(SECRETS, key, { signal }).catch(rethrow);
  }

  /** Names of Secrets of that namespace, by label; no content is asked for. */
  async names(namespace: string, labelSelector: string, signal: AbortSignal): Promise<readonly string[]> {
    const options = { labelSelector, metadataOnly: true, signal };
    const page = await this.#kube.list<KubeObject>(SECRETS, namespace, options).catch(rethrow);
    return page.items.map(({ metadata }) => metadata.name);
  }

  /**
   * Asks the API server whether it would take the Secret, with everything but the key itself.
   * @param standing the Secret of ours that is to be overwritten
   * @throws InvalidSpec, reason Rejected, when labels, annotations or the name are not acceptable; DependencyNotReady,
   *   reason SecretInvalid when the Secret is immutable
   */
  async dryRun(
    resource: AccessKey,
    name: string,
    standing: KubeObject | undefined,
    metadata: SecretMetadata,
    signal: AbortSignal,
  ): Promise<void> {
    const content = { id: PLACEHOLDER, text: PLACEHOLDER, delivery: { attempt: 0, mintedAtMs: 0 } };
    const options = { signal, isDryRun: true };
    await this.#send(resource, name, standing, metadata, content, options).catch((thrown: unknown) =>
      refused(thrown, name),
    );
  }

  /**
   * Delivers a key: creates the Secret, or overwrites the one of ours as it was read. Nobody else's is ever overwritten.
   * @returns the Secret as it stands then
   * @throws StaleRead when another Secret stands there by now; DependencyNotReady, reason SecretInvalid, when it is immutable
   */
  write(
    resource: AccessKey,
    name: string,
    standing: KubeObject | undefined,
    metadata: SecretMetadata,
    { id, secret, delivery }: KeyContent,
    signal: AbortSignal,
  ): Promise<KubeObject> {
    const content = { id, text: secret.reveal(), delivery };
    const send = () => this.#send(resource, name, standing, metadata, content, { signal });
    return this.#own.write(keyIn(resource, name), send).catch(rethrow);
  }

  /** Brings labels, annotations and owner reference to what they must be. */
  async setMetadata(
    resource: AccessKey,
    standing: KubeObject,
    wanted: SecretMetadata,
    signal: AbortSignal,
  ): Promise<void> {
    const patch = metadataPatch(standing, resource, wanted);
    if (patch === undefined) return;
    const body = { metadata: { ...guardOf(standing), ...patch } };
    const { name } = standing.metadata;
    const key = keyIn(resource, name);
    await this.#own
      .write(key, () => this.#kube.patch<KubeObject>(SECRETS, key, { type: 'merge', body }, { signal }))
      .catch((thrown: unknown) => refused(thrown, name));
  }

  /** Removes a Secret of ours as it was read; already gone is success. */
  async remove(resource: AccessKey, standing: KubeObject, signal: AbortSignal): Promise<void> {
    const { uid, name } = standing.metadata;
    const key = keyIn(resource, name);
    const options = { preconditions: { uid }, signal };
    await this.#own.remove(key, uid, () => this.#kube.delete(SECRETS, key, options)).catch(rethrow);
  }

  /** Takes our owner reference off, so that the Secret outlives its object. */
  async release(resource: AccessKey, standing: KubeObject, signal: AbortSignal): Promise<void> {
    const owners = standing.metadata.ownerReferences ?? [];
    const ownerReferences = owners.filter(({ uid }) => uid !== resource.metadata.uid);
    if (ownerReferences.length === owners.length) return;
    const body = { metadata: { ...guardOf(standing), ownerReferences } };
    const key = keyIn(resource, standing.metadata.name);
    await this.#kube.patch(SECRETS, key, { type: 'merge', body }, { signal }).catch((thrown: unknown) => {
      if (!isObjectGone(thrown)) rethrow(thrown);
    });
  }

  async #send(
    resource: AccessKey,
    name: string,
    standing: KubeObject | undefined,
    metadata: SecretMetadata,
    content: { readonly id: string; readonly text: string; readonly delivery: Delivery },
    options: { readonly signal: AbortSignal; readonly isDryRun?: boolean },
  ): Promise<KubeObject> {
    const data = { [ID_KEY]: base64(content.id), [TEXT_KEY]: base64(content.text) };
    const delivery = deliveryAnnotations(content.delivery);
    const key = keyIn(resource, name);
    if (standing === undefined) {
      const annotations = { ...metadata.annotations, ...delivery };
      const ownerReferences = [ownerReferenceTo(resource)];
      const meta = { name, namespace: key.namespace, labels: metadata.labels, annotations, ownerReferences };
      const body = { apiVersion: 'v1', kind: 'Secret', metadata: meta, type: 'Opaque', data };
      return this.#kube.create<KubeObject>(SECRETS, key.namespace, body, options);
    }
    const patch: { annotations?: object } = metadataPatch(standing, resource, metadata) ?? {};
    const annotations = { ...patch.annotations, ...delivery };
    const body = { metadata: { ...guardOf(standing), ...patch, annotations }, data };
    const patched = this.#kube.patch<KubeObject>(SECRETS, key, { type: 'merge', body }, options);
    return patched.catch((thrown: unknown) => this.#explain(thrown, key, options.signal));
  }

  /** No other key can be written into a Secret that somebody made immutable. @throws what was thrown, in all other cases */
  async #explain(thrown: unknown, key: ObjectKey, signal: AbortSignal): Promise<never> {
    if (thrown instanceof KubeError && thrown.code === 422) {
      const found = await this.#kube.get<SecretObject>(SECRETS, key, { signal });
      if (found?.immutable === true) throw immutableError(`Secret "${key.name}"`, 'the key is delivered again', thrown);
    }
    throw thrown;
  }
}

/** Whether the Secret holds that key. */
export function holdsKey(secret: SecretObject | undefined, id: string): boolean {
  return secret !== undefined && valueIn(secret, ID_KEY) === id;
}

/** The very state that was read: no two objects ever share a resourceVersion, whatever their names are. */
function guardOf({ metadata: { resourceVersion } }: KubeObject): object {
  return { resourceVersion };
}

function keyIn({ metadata }: AccessKey, name: string): ObjectKey {
  return { namespace: metadata.namespace ?? '', name };
}

function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}

function rethrow(thrown: unknown): never {
  const isTerminating = thrown instanceof KubeError && thrown.reason === 'NamespaceTerminating';
  if (isConflict(thrown) && !isTerminating) {
    const message = 'the Secret changed, or another one of its name came, meanwhile';
    throw new ReconcileError('StaleRead', message, { cause: thrown });
  }
  throw toKubeReconcileError(thrown);
}

/** A refusal of the content itself: the spec must change. */
function refused(thrown: unknown, name: string): never {
  if (!(thrown instanceof KubeError) || (thrown.code !== 422 && thrown.code !== 400)) rethrow(thrown);
  throw new ReconcileError(
    'InvalidSpec',
    `spec.secret: the API server does not take Secret "${name}" with this name, these labels and annotations: correct them`,
    { reason: 'Rejected', cause: thrown },
  );
}
