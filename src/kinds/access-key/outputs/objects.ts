import { createHash } from 'node:crypto';
import type { AccessKey } from '../../../api/access-key.ts';
import { CONFIG_MAPS, SECRETS } from '../../../api/core-types.ts';
import type { RecordedOutput } from '../../../api/key-outputs.ts';
import { GROUP, type KubeObject, keyOf, keyText, type ObjectKey, type ResourceType } from '../../../api/meta.ts';
import { metadataOnly } from '../../../runtime/slim.ts';
import { ownedMetadata, type SecretMetadata } from '../secret-object.ts';
import type { RenderedOutput } from './render.ts';
import type { Entries } from './text-formats.ts';

/** SHA-256 over what the object holds, hexadecimal: it changes with the content, and with nothing else. */
export const CONTENT_HASH = `${GROUP}/content-hash`;
/** For people: `NAMESPACE/NAME` of the AccessKey. */
const OWNER = `${GROUP}/access-key`;
/** On a Secret of somebody else's: which of its keys are whose, `{uid, keys}`. */
export const MERGED_KEYS = `${GROUP}/merged-keys`;

/** A Secret or ConfigMap as it is on the wire. */
export interface DataObject extends KubeObject {
  readonly type?: string;
  readonly data?: Entries;
  /** Kubernetes keeps the data until the object is deleted. */
  readonly immutable?: boolean;
}

/** An object as it was read, without its values: no text of a key is kept. */
export interface StandingObject extends KubeObject {
  readonly dataKeys: readonly string[];
}

/** What is kept of an object until it is written. Pure. */
export function standingOf(object: DataObject): StandingObject {
  return { ...metadataOnly(object), dataKeys: Object.keys(object.data ?? {}) };
}

/** What one object of an output is to hold: on the wire, and in the open while it is written and compared. */
export interface ObjectContent {
  /** Type of the Secret; undefined: a ConfigMap, or a Secret of somebody else's. */
  readonly type: string | undefined;
  readonly data: Entries;
}

/** The type of a recorded object. Pure. */
export function typeOfObject({ kind }: Pick<RecordedOutput, 'kind'>): ResourceType {
  return kind === 'Secret' ? SECRETS : CONFIG_MAPS;
}

/** The key of a recorded object. Pure. */
export function keyOfObject({ namespace, name }: RecordedOutput): ObjectKey {
  return { namespace, name };
}

/** Whether both speak of one object. Pure. */
export function isSameObject(one: RecordedOutput, other: RecordedOutput): boolean {
  return one.kind === other.kind && one.namespace === other.namespace && one.name === other.name;
}

/** For messages: kind, and where it stands. Pure. */
export function objectText(object: RecordedOutput): string {
  return `${object.kind} ${keyText(keyOfObject(object))}`;
}

/** What the object of that kind holds. Pure. */
export function contentOf({ kind, merge }: RecordedOutput, rendered: RenderedOutput): ObjectContent {
  if (kind === 'ConfigMap') return { type: undefined, data: rendered.configMap ?? {} };
  const data = Object.fromEntries(Object.entries(rendered.data).map(([key, text]) => [key, base64(text)]));
  return { type: merge === true ? undefined : rendered.type, data };
}

/** Labels and annotations of an object of ours. Pure. */
export function metadataFor(resource: AccessKey, content: ObjectContent, rendered: RenderedOutput): SecretMetadata {
  const { labels, annotations } = ownedMetadata(resource.metadata.uid, rendered);
  return {
    labels,
    annotations: { ...annotations, [CONTENT_HASH]: contentHashOf(content), [OWNER]: keyText(keyOf(resource)) },
  };
}

/** The annotations that a merge leaves on somebody else's Secret. Pure. */
export function mergeAnnotations(resource: AccessKey, content: ObjectContent): Entries {
  const keys = Object.keys(content.data).toSorted();
  return {
    [CONTENT_HASH]: contentHashOf(content),
    [MERGED_KEYS]: JSON.stringify({ uid: resource.metadata.uid, keys }),
  };
}

/** Which keys of somebody else's Secret this object added. Pure. */
export function mergedKeysOf(standing: KubeObject, resource: AccessKey): readonly string[] {
  try {
    const read: unknown = JSON.parse(standing.metadata.annotations?.[MERGED_KEYS] ?? 'null');
    if (typeof read !== 'object' || read === null) return [];
    const { uid, keys } = read as { uid?: unknown; keys?: unknown };
    if (uid !== resource.metadata.uid || !Array.isArray(keys)) return [];
    return keys.filter((key) => typeof key === 'string');
  } catch {
    return []; // somebody edited it: then none is known to be ours
  }
}

/** SHA-256 over what the object is to hold, hexadecimal. Pure. */
export function contentHashOf({ type, data }: ObjectContent): string {
  const entries = Object.entries(data).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return createHash('sha256')
    .update(JSON.stringify([type ?? null, entries]))
    .digest('hex');
}

function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64');
}
