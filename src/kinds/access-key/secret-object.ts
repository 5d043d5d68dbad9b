import type { AccessKey } from '../../api/access-key.ts';
import type { KubeObject } from '../../api/meta.ts';
import { GROUP } from '../../api/meta.ts';
import type { SecretObject } from '../provider-secrets.ts';

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
  const names = { labels: Object.keys(labels).toSorted(), annotations: Object.keys(fromSpec).toSorted() };
  return {
    labels: { ...labels, [MANAGED_BY.key]: MANAGED_BY.value },
    annotations: { ...fromSpec, [OWNER_UID]: metadata.uid, [FROM_SPEC]: JSON.stringify(names) },
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
  const isOwned = owners.some(({ uid, controller }) => uid === resource.metadata.uid && controller === true);
  if (isOwned && labels === undefined && annotations === undefined) return undefined;
  const others = owners.filter(({ uid }) => uid !== resource.metadata.uid);
  return {
    ...(labels === undefined ? {} : { labels }),
    ...(annotations === undefined ? {} : { annotations }),
    ...(isOwned ? {} : { ownerReferences: [...others, ownerReferenceTo(resource)] }),
  };
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
