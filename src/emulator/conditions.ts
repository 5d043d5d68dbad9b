import type { Call } from './call.ts';
import { ServiceError } from './errors.ts';
import type { Bucket, ObjectVersion } from './state.ts';
import { currentVersion } from './versions.ts';

/**
 * `If-None-Match: *` and `If-Match: ETAG` on a write.
 * @throws ServiceError PreconditionFailed, NoSuchKey for If-Match on nothing, NotImplemented for other forms
 */
export function checkWriteConditions(call: Call, bucket: Bucket, key: string): void {
  if (call.settings.quirks.conditionalPut === 'ignored') return;
  const noneMatch = call.headers['if-none-match'];
  const match = call.headers['if-match'];
  const current = currentVersion(bucket, key);
  if (noneMatch !== undefined) {
    if (noneMatch !== '*')
      throw new ServiceError('NotImplemented', { message: 'If-None-Match of a write can only be *' });
    if (current !== undefined) throw failed('If-None-Match');
  }
  if (match === undefined) return;
  if (current === undefined) throw new ServiceError('NoSuchKey', { elements: { Key: key } });
  if (!matches(match, current.etag)) throw failed('If-Match');
}

/** The conditions of a read, in the order of RFC 9110 section 13.2.2. @throws ServiceError PreconditionFailed */
export function checkReadConditions(call: Pick<Call, 'headers'>, version: ObjectVersion): 'Modified' | 'NotModified' {
  const modifiedMs = Math.trunc(version.lastModifiedMs / 1000) * 1000;
  const match = call.headers['if-match'];
  const unmodifiedSince = call.headers['if-unmodified-since'];
  if (match !== undefined) {
    if (!matches(match, version.etag)) throw failed('If-Match');
  } else if (unmodifiedSince !== undefined && modifiedMs > Date.parse(unmodifiedSince))
    throw failed('If-Unmodified-Since');
  const noneMatch = call.headers['if-none-match'];
  if (noneMatch !== undefined) return matches(noneMatch, version.etag) ? 'NotModified' : 'Modified';
  const since = call.headers['if-modified-since'];
  return since !== undefined && modifiedMs <= Date.parse(since) ? 'NotModified' : 'Modified';
}

function matches(header: string, etag: string): boolean {
  return header.split(',').some((part) => {
    const wanted = part.trim().replace(/^W\//u, '').replaceAll('"', '');
    return wanted === '*' || wanted === etag;
  });
}

function failed(condition: string): ServiceError {
  return new ServiceError('PreconditionFailed', { elements: { Condition: condition } });
}

/**
 * First and last byte of a `Range` header, both inclusive; `undefined` for none or one of a form that is ignored.
 * @throws ServiceError InvalidRange
 */
export function rangeOf(header: string | undefined, sizeBytes: number): readonly [number, number] | undefined {
  const [, from, to] = /^bytes=(\d*)-(\d*)$/u.exec(header ?? '') ?? [];
  if (from === undefined || to === undefined || (from === '' && to === '')) return undefined;
  if (from !== '' && to !== '' && Number(to) < Number(from)) return undefined; // no range, says RFC 9110
  const first = from === '' ? Math.max(0, sizeBytes - Number(to)) : Number(from);
  const last = from === '' || to === '' ? sizeBytes - 1 : Math.min(Number(to), sizeBytes - 1);
  if (first >= sizeBytes || last < first) {
    throw new ServiceError('InvalidRange', {
      elements: { RangeRequested: header ?? '', ActualObjectSize: String(sizeBytes) },
    });
  }
  return [first, last];
}
