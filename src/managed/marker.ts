import { createHash } from 'node:crypto';
import { GROUP } from '../api/meta.ts';

/** Who owns an external resource: one incarnation (`uid`) of one object of one cluster. */
export interface Owner {
  /** The uid of the namespace kube-system, unless `--cluster-id` says otherwise. */
  readonly clusterId: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

/** A marker read back. `name` is as it stands in the marker: shortened when it was long. */
export interface Marker extends Owner {
  /** Its object was deleted under Retain: nobody owns the resource now, its former owner may manage it again. */
  readonly isReleased: boolean;
}

/** The key of the bucket tag that holds the marker. */
export const OWNER_TAG = `${GROUP}/owned-by`;

/** A tag value holds 256 characters; the other parts of a marker can take 37 + 64 + 37 + 9 of them. */
const NAME_MAX = 100;
const RELEASED = 'released/';

/**
 * The text that marks a resource as owned: `CLUSTER/NAMESPACE/NAME/UID`, at most 256 characters of the alphabet that S3
 * tag values, IAM descriptions and IAM names of policies have in common.
 */
export function markerText(owner: Owner): string {
  return [owner.clusterId, owner.namespace, shortened(owner.name), owner.uid].join('/');
}

/** The marker of a resource whose object was deleted under Retain. */
export function releasedText(owner: Owner): string {
  return RELEASED + markerText(owner);
}

/** Reads a marker; `undefined` when the text has another shape, which means somebody else wrote it. */
export function parseMarker(text: string): Marker | undefined {
  const isReleased = text.startsWith(RELEASED);
  const [clusterId, namespace, name, uid, ...rest] = (isReleased ? text.slice(RELEASED.length) : text).split('/');
  if (!clusterId || !namespace || !name || !uid || rest.length > 0) return undefined;
  return { clusterId, namespace, name, uid, isReleased };
}

/** Whether a marker speaks of that object, whatever its incarnation. */
export function isSameOwner(marker: Marker, owner: Owner): boolean {
  return (
    marker.clusterId === owner.clusterId &&
    marker.namespace === owner.namespace &&
    marker.name === shortened(owner.name)
  );
}

/** How the name of a policy begins that marks what it lies in, such as an inline policy its user. */
const NAME_PREFIX = 's3.cloud37.dev.';

/**
 * A marker for where only a name can hold it, of the letters, digits and `+=,.@_-` of IAM names: `s3.cloud37.dev.OWNER.UID`.
 * OWNER is a hash of cluster, namespace and name, which together are too long for the 128 characters of a name.
 */
export function markerName(owner: Owner): string {
  return `${NAME_PREFIX}${ownerHash(owner)}.${owner.uid}`;
}

/**
 * The marker that a name holds, as text: that of the given owner, of whatever incarnation, as `markerText` writes it; a
 * stranger's as the name itself, since a hash tells no more. `undefined`: the name is no marker.
 */
export function markerTextOfName(name: string, owner: Owner): string | undefined {
  if (!name.startsWith(NAME_PREFIX)) return undefined;
  const own = `${NAME_PREFIX}${ownerHash(owner)}.`;
  return name.startsWith(own) ? markerText({ ...owner, uid: name.slice(own.length) }) : name;
}

function ownerHash({ clusterId, namespace, name }: Owner): string {
  return markerHash([clusterId, namespace, name].join('/'));
}

/** What stands for a part of a marker where its text has no room: the first 32 hexadecimal digits of its SHA-256. */
export function markerHash(part: string): string {
  return createHash('sha256').update(part).digest('hex').slice(0, 32);
}

function shortened(name: string): string {
  if (name.length <= NAME_MAX) return name;
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 16);
  return `${name.slice(0, NAME_MAX - digest.length - 1)}-${digest}`;
}
