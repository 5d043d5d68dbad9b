import { randomInt } from 'node:crypto';
import { type Call, invalidArgument } from './call.ts';
import { ServiceError } from './errors.ts';
import { type Bucket, type ObjectVersion, type State, touch } from './state.ts';

const SUFFIX_ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** A version id as Wasabi makes them, `001617181245457483475-4ylsTbqqvP`: the time in nanoseconds on 21 digits, ten more signs. */
function newVersionId(state: State, nowMs: number): string {
  const now = BigInt(Math.trunc(nowMs)) * 1_000_000n;
  const nanos = now > state.lastVersionNanos ? now : state.lastVersionNanos + 1n;
  state.lastVersionNanos = nanos;
  const suffix = Array.from({ length: 10 }, () => SUFFIX_ALPHABET[randomInt(SUFFIX_ALPHABET.length)]).join('');
  return `${nanos.toString().padStart(21, '0')}-${suffix}`;
}

/** The version a plain read sees; `undefined` where there is none or a delete marker is on top. */
export function currentVersion(bucket: Bucket, key: string): ObjectVersion | undefined {
  const top = bucket.objects.get(key)?.[0];
  return top === undefined || top.isDeleteMarker ? undefined : top;
}

/**
 * The version that `?versionId` names, or the current one.
 * @throws ServiceError NoSuchKey, NoSuchVersion, MethodNotAllowed for a delete marker named by its id
 */
export function addressedVersion(call: Call, bucket: Bucket): ObjectVersion {
  const key = call.key ?? '';
  const versionId = call.query.get('versionId');
  if (versionId === undefined) {
    const top = bucket.objects.get(key)?.[0];
    const headers = top?.isDeleteMarker === true ? markerHeaders(top) : {};
    if (top === undefined || top.isDeleteMarker)
      throw new ServiceError('NoSuchKey', { elements: { Key: key }, headers });
    return top;
  }
  checkVersionId(versionId);
  const found = bucket.objects.get(key)?.find((version) => version.versionId === versionId);
  if (found === undefined) {
    throw new ServiceError('NoSuchVersion', { elements: { Key: key, VersionId: versionId } });
  }
  if (found.isDeleteMarker) throw new ServiceError('MethodNotAllowed', { headers: markerHeaders(found) });
  return found;
}

/** @throws ServiceError InvalidArgument for what no version could be called */
export function checkVersionId(versionId: string): void {
  if (/^(?:null|\d{21}-[A-Za-z0-9]{10})$/u.test(versionId)) return;
  throw invalidArgument('Invalid version id specified', 'versionId', versionId);
}

/**
 * A device and its six digits; that the code is right cannot be known here.
 * @throws ServiceError AccessDenied without `x-amz-mfa`
 */
export function requireMfa(call: Pick<Call, 'headers'>): void {
  if (/^\S+ \d{6}$/u.test(call.headers['x-amz-mfa'] ?? '')) return;
  throw new ServiceError('AccessDenied', { message: 'Mfa Authentication must be used for this request' });
}

function markerHeaders(marker: ObjectVersion): Record<string, string> {
  return { 'x-amz-delete-marker': 'true', 'x-amz-version-id': marker.versionId };
}

/** The id that the next write to this bucket gets. */
export function nextVersionId(state: State, bucket: Bucket, nowMs: number): string {
  return bucket.versioning === 'Enabled' ? newVersionId(state, nowMs) : 'null';
}

/** Puts a version on top of its key. A `null` version takes the place of the older `null` one. */
export function pushVersion(state: State, bucket: Bucket, key: string, version: ObjectVersion): void {
  const versions = bucket.objects.get(key);
  if (versions === undefined) bucket.objects.set(key, [version]);
  else {
    const older = version.versionId === 'null' ? versions.find(({ versionId }) => versionId === 'null') : undefined;
    if (older !== undefined) {
      versions.splice(versions.indexOf(older), 1);
      if (older.bodyId !== undefined) state.bodies.drop(older.bodyId);
    }
    versions.unshift(version);
  }
  touch(state);
}

/** Takes one version away for good. */
export function removeVersion(state: State, bucket: Bucket, key: string, version: ObjectVersion): void {
  const left = (bucket.objects.get(key) ?? []).filter((candidate) => candidate !== version);
  if (left.length === 0) bucket.objects.delete(key);
  else bucket.objects.set(key, left);
  if (version.bodyId !== undefined) state.bodies.drop(version.bodyId);
  touch(state);
}

/** A delete marker that stands for "deleted at". */
export function deleteMarker(versionId: string, nowMs: number): ObjectVersion {
  return { versionId, isDeleteMarker: true, lastModifiedMs: nowMs, etag: '', sizeBytes: 0, headers: {}, checksums: {} };
}
