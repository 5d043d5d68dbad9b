import { createHash } from 'node:crypto';
import type { AccessKey } from '../../api/access-key.ts';
import type { KubeObject } from '../../api/meta.ts';
import { GROUP } from '../../api/meta.ts';
import { ReconcileError } from '../../runtime/errors.ts';
import type { SecretObject } from '../provider-secrets.ts';
import type { SecretNames } from './facts.ts';

const MANAGED_BY = { key: 'app.kubernetes.io/managed-by', value: 'wasabi-s3-operator' } as const;
/** Selects the Secrets that keys are delivered in, by their label. */
export const KEY_SECRETS = `${MANAGED_BY.key}=${MANAGED_BY.value}`;
/** The keys in the data of the Secret. */
export const ID_KEY = 'access-key-id';
export const TEXT_KEY = 'secret-access-key';

const OWNER_UID = `${GROUP}/owner-uid`;
const ATTEMPT = `${GROUP}/attempt`;
const MINTED_AT = `${GROUP}/minted-at`;
const DISPLAY_NAME = `${GROUP}/display-name`;
const TAGS = `${GROUP}/tags`;
/** Which labels and annotations of the Secret come from the spec: what leaves the spec leaves the Secret. */
const FROM_SPEC = `${GROUP}/from-spec`;
/** Labels that the predecessor gave to its Secrets. */
const LEGACY_LABELS = [
  [`${GROUP}/managed-by`, 'wasabi-s3-operator'],
  [`${GROUP}/resource-type`, 'access-key'],
] as const;
/** Finds the Secrets in which the predecessor kept earlier keys. */
export function previousSelector(name: string): string {
  return `${GROUP}/previous-secret=true,${GROUP}/access-key-name=${name}`;
}

/** Name of the Secret that the key is delivered in. Pure. */
export function secretNameOf({
  metadata,
  spec,
}: {
  metadata: { name: string };
  spec: Partial<AccessKey['spec']>;
}): string {
  return spec.secret?.name ?? `${metadata.name}-credentials`;
}

/** The names of all Secrets of an object. Those beside the wanted one come from its own name alone. Pure. */
export function secretNamesOf(resource: { metadata: { name: string }; spec: Partial<AccessKey['spec']> }): SecretNames {
  const { name } = resource.metadata;
  return {
    wanted: secretNameOf(resource),
    next: ownName(name, 'credentials-next'),
    previous: ownName(name, 'credentials-previous'),
  };
}

/** The longest name of an object, characters. */
export const MAX_NAME = 253;

/** A name that is too long is cut and told apart by a digest. */
function ownName(name: string, suffix: string): string {
  const whole = `${name}-${suffix}`;
  if (whole.length <= MAX_NAME) return whole;
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 8);
  return `${name.slice(0, MAX_NAME - suffix.length - digest.length - 2)}-${digest}-${suffix}`;
}

/** What metadata the Secret of this object carries. */
export interface SecretMetadata {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** The labels and annotations that the Secret must carry, whatever key is in it. Pure. */
export function metadataOf({ metadata, spec }: AccessKey): SecretMetadata {
  const { labels = {}, annotations = {} } = spec.secret ?? {};
  const fromSpec = {
    ...annotations,
    ...(spec.displayName === undefined ? {} : { [DISPLAY_NAME]: spec.displayName }),
    ...(spec.tags === undefined ? {} : { [TAGS]: JSON.stringify(sorted(spec.tags)) }),
  };
  return ownedMetadata(metadata.uid, { labels, annotations: fromSpec });
}

/** What a Secret of that object carries: the operator's own, and what comes from the spec. Pure. */
export function ownedMetadata(uid: string, { labels, annotations }: SecretMetadata): SecretMetadata {
  const names = { labels: Object.keys(labels).toSorted(), annotations: Object.keys(annotations).toSorted() };
  return {
    labels: { ...labels, [MANAGED_BY.key]: MANAGED_BY.value },
    annotations: { ...annotations, [OWNER_UID]: uid, [FROM_SPEC]: JSON.stringify(names) },
  };
}

/** What the Secrets of the next and the previous key carry: who owns them, and nothing of the spec. Pure. */
export function ownMetadataOf({ metadata }: AccessKey): SecretMetadata {
  return {
    labels: { [MANAGED_BY.key]: MANAGED_BY.value },
    annotations: { [OWNER_UID]: metadata.uid, [FROM_SPEC]: JSON.stringify({ labels: [], annotations: [] }) },
  };
}

/** Which key, of which attempt, made when. */
export interface Delivery {
  readonly attempt: number;
  readonly mintedAtMs: number;
}

/** The annotations that speak of the key. Pure. */
export function deliveryAnnotations({ attempt, mintedAtMs }: Delivery): Readonly<Record<string, string>> {
  return { [ATTEMPT]: String(attempt), [MINTED_AT]: new Date(mintedAtMs).toISOString() };
}

/** What the Secret says of its key; it is only used to wait, never to act. Pure. */
export function deliveryOf(secret: KubeObject): Delivery | undefined {
  const mintedAtMs = Date.parse(secret.metadata.annotations?.[MINTED_AT] ?? '');
  const attempt = Number(secret.metadata.annotations?.[ATTEMPT] ?? Number.NaN);
  return Number.isNaN(mintedAtMs) || Number.isNaN(attempt) ? undefined : { attempt, mintedAtMs };
}

/** The reference by which the cluster removes the Secret after its object. */
export function ownerReferenceTo({ apiVersion, kind, metadata }: AccessKey) {
  return { apiVersion, kind, name: metadata.name, uid: metadata.uid, controller: true };
}

/**
 * Whether the Secret belongs to this very object: by owner reference or annotation, or by the labels of the predecessor
 * on an object that the predecessor had given a key. Pure.
 */
export function isOurs(secret: KubeObject, resource: AccessKey, isLegacy: boolean): boolean {
  const { ownerReferences = [], annotations = {}, labels = {} } = secret.metadata;
  if (ownerReferences.some(({ uid }) => uid === resource.metadata.uid)) return true;
  if (annotations[OWNER_UID] !== undefined) return annotations[OWNER_UID] === resource.metadata.uid;
  return isLegacy && LEGACY_LABELS.every(([key, value]) => labels[key] === value);
}

/** The patch of metadata that brings the Secret to what it must carry; undefined: it does. Pure. */
export function metadataPatch(
  secret: KubeObject,
  resource: AccessKey,
  wanted: SecretMetadata,
): Readonly<Record<string, unknown>> | undefined {
  const before = namesFromSpec(secret);
  const labels = difference(secret.metadata.labels ?? {}, wanted.labels, before.labels);
  const annotations = difference(secret.metadata.annotations ?? {}, wanted.annotations, before.annotations);
  const owners = secret.metadata.ownerReferences ?? [];
  // An owner of another namespace is none: the garbage collector would remove the Secret at once.
  const isElsewhere = secret.metadata.namespace !== resource.metadata.namespace;
  const isOwned =
    isElsewhere || owners.some(({ uid, controller }) => uid === resource.metadata.uid && controller === true);
  if (isOwned && labels === undefined && annotations === undefined) return undefined;
  const others = owners.filter(({ uid }) => uid !== resource.metadata.uid);
  return {
    ...(labels === undefined ? {} : { labels }),
    ...(annotations === undefined ? {} : { annotations }),
    ...(isOwned ? {} : { ownerReferences: [...others, ownerReferenceTo(resource)] }),
  };
}

/**
 * What Kubernetes keeps as it is, whoever asks. Pure.
 * @param what the object, as a message begins
 * @param then what follows once it is deleted
 */
export function immutableError(what: string, then: string, cause?: unknown): ReconcileError {
  const message = `${what} is immutable, so that no other key can be written into it: delete it, and ${then}`;
  return new ReconcileError('DependencyNotReady', message, { reason: 'SecretInvalid', cause });
}

/** A value of the Secret's data as text; undefined: there is none that could be one. Pure. */
export function valueIn({ data = {} }: SecretObject, key: string): string | undefined {
  const encoded = Object.hasOwn(data, key) ? data[key] : undefined;
  const text = encoded === undefined ? '' : Buffer.from(encoded, 'base64').toString('utf8').trim();
  return /^[\x21-\x7e]{3,256}$/.test(text) ? text : undefined;
}

/** Keys to set, and those of ours to take out as `null`; undefined: nothing. */
function difference(
  found: Readonly<Record<string, string>>,
  wanted: Readonly<Record<string, string>>,
  ours: readonly string[],
): Readonly<Record<string, string | null>> | undefined {
  const set = Object.entries(wanted).filter(([key, value]) => found[key] !== value);
  const gone = ours.filter((key) => wanted[key] === undefined && found[key] !== undefined);
  if (set.length + gone.length === 0) return undefined;
  return { ...Object.fromEntries(set), ...Object.fromEntries(gone.map((key) => [key, null])) };
}

/** Labels and annotations that an earlier write took from the spec. Only those are ever taken out again. */
function namesFromSpec(secret: KubeObject): {
  readonly labels: readonly string[];
  readonly annotations: readonly string[];
} {
  const none = { labels: [], annotations: [] };
  try {
    const read: unknown = JSON.parse(secret.metadata.annotations?.[FROM_SPEC] ?? '{}');
    if (typeof read !== 'object' || read === null) return none;
    const { labels, annotations } = read as { labels?: unknown; annotations?: unknown };
    return { labels: texts(labels), annotations: texts(annotations) };
  } catch {
    return none; // somebody edited it: then nothing is known to come from the spec
  }
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'string') : [];
}

function sorted(record: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(record).toSorted(([a], [b]) => a.localeCompare(b)));
}
