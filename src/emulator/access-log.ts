import { randomBytes } from 'node:crypto';
import { md5Hex } from './checksums.ts';
import type { Addressed, Answered, RawRequest } from './dispatch.ts';
import { hostIdOf } from './host-id.ts';
import { storeVersion } from './objects.ts';
import { type Bucket, type State, touch } from './state.ts';
import { loggingOf } from './subresources/logging.ts';
import { bucketSubresources, objectSubresources } from './subresources/table.ts';

/** Records of one bucket that go to the same place as one object (W26). */
export interface LogBatch {
  readonly target: string;
  readonly prefix: string;
  /** As long after the first record as the service takes. */
  readonly dueMs: number;
  readonly lines: string[];
}

/** What is known of a call when it is answered. */
export interface Access {
  readonly request: RawRequest;
  readonly addressed: Addressed;
  readonly answered: Answered;
  readonly nowMs: number;
  readonly tookMs: number;
}

/** Where the access log of a bucket goes, as of now; undefined: it keeps none. */
export function logPlaceOf(state: State, { service, path }: Addressed): LogPlace | undefined {
  const bucket = service === 's3' ? state.buckets.get(path.bucketName ?? '') : undefined;
  const logging = bucket && loggingOf(bucket);
  return bucket && logging && { bucket, target: logging.TargetBucket, prefix: logging.TargetPrefix };
}

export interface LogPlace {
  readonly bucket: Bucket;
  readonly target: string;
  readonly prefix: string;
}

/** Adds a record to the batch of its bucket, or begins one. A record alone is no change of the state. */
export function noteAccess(state: State, place: LogPlace, access: Access, deliveryMs: number): void {
  const { bucket, target, prefix } = place;
  const name = JSON.stringify([bucket.name, target, prefix]);
  const batch = state.accessLogs.get(name) ?? { target, prefix, dueMs: access.nowMs + deliveryMs, lines: [] };
  batch.lines.push(lineOf(bucket, access));
  state.accessLogs.set(name, batch);
}

/** Writes the batches that are due: one object each, under its prefix. What has no target any more is lost. */
export function deliverLogs(state: State, nowMs: number): void {
  for (const [name, { target: targetName, prefix, dueMs, lines }] of state.accessLogs) {
    if (dueMs > nowMs) continue;
    state.accessLogs.delete(name);
    const target = state.buckets.get(targetName);
    if (target === undefined) continue;
    const time = new Date(nowMs).toISOString().slice(0, 19).replace(/[T:]/gu, '-');
    const key = `${prefix}${time}-${randomBytes(8).toString('hex').toUpperCase()}`;
    const content = Buffer.from(lines.map((line) => `${line}\n`).join(''));
    const parts = { headers: { 'content-type': 'text/plain' }, checksums: {} };
    storeVersion({ state, nowMs }, target, key, content, md5Hex(content), parts);
    touch(state);
  }
}

/** Source of the fields and their order: S3 User Guide, "Amazon S3 server access log format". */
function lineOf(bucket: Bucket, { request, addressed, answered, nowMs, tookMs }: Access): string {
  const { method, target, headers, sourceIp } = request;
  const { path, requestId, accessKeyId } = addressed;
  const { reply, code, requester } = answered;
  const isSigned = accessKeyId !== undefined;
  const sentBytes = method === 'HEAD' ? 0 : Buffer.byteLength(reply.body ?? '');
  const authType = headers['authorization'] === undefined ? 'QueryString' : 'AuthHeader';
  const took = String(Math.round(tookMs));
  return [
    bucket.ownerId,
    bucket.name,
    `[${timeText(nowMs)}]`,
    sourceIp,
    requester,
    requestId,
    operationText(request, addressed),
    path.key === undefined ? undefined : encodeURI(path.key),
    quoted(`${method} ${target} HTTP/1.1`),
    String(reply.status),
    code,
    sentBytes === 0 ? undefined : String(sentBytes),
    objectSizeOf(request, addressed, answered),
    took,
    took,
    quoted(headers['referer'] ?? '-'),
    quoted(headers['user-agent'] ?? '-'),
    path.query.get('versionId') ?? reply.headers?.['x-amz-version-id'],
    hostIdOf(requestId),
    isSigned ? 'SigV4' : undefined,
    request.tls?.cipher,
    isSigned ? authType : undefined,
    headers['host'],
    request.tls?.version,
    undefined, // access point
    undefined, // whether an ACL was needed
  ]
    .map((field) => (field === undefined || field === '' ? '-' : field))
    .join(' ');
}

/** `06/Feb/2019:00:00:38 +0000` */
function timeText(ms: number): string {
  const [, day, month, year, time] = new Date(ms).toUTCString().split(' ');
  return `${day}/${month}/${year}:${time} +0000`;
}

/** A quote inside would end the field. */
function quoted(text: string): string {
  return `"${text.replaceAll('"', '%22')}"`;
}

/** Bytes of the whole object, of calls that read or write one. */
function objectSizeOf({ body, headers }: RawRequest, { operation }: Addressed, { reply }: Answered) {
  if (reply.status >= 400) return undefined;
  if (operation?.name === 'PutObject') return headers['x-amz-decoded-content-length'] ?? String(body.length);
  if (operation?.name !== 'GetObject' && operation?.name !== 'HeadObject') return undefined;
  return reply.headers?.['content-range']?.split('/')[1] ?? reply.headers?.['content-length'];
}

/** What the log calls a subresource, where that is not its name in the query in capitals. */
const RESOURCES: Readonly<Record<string, string>> = {
  logging: 'LOGGING_STATUS',
  policy: 'BUCKETPOLICY',
  delete: 'MULTI_OBJECT_DELETE',
  versions: 'BUCKETVERSIONS',
  publicAccessBlock: 'PUBLIC_ACCESS_BLOCK',
  requestPayment: 'REQUEST_PAYMENT',
  'object-lock': 'OBJECT_LOCK_CONFIGURATION',
  retention: 'OBJECT_LOCK_RETENTION',
  'legal-hold': 'OBJECT_LOCK_LEGALHOLD',
};
const OF_BUCKETS = [...bucketSubresources.map(({ query }) => query), 'delete', 'versions', 'uploads'];
const OF_OBJECTS = [...objectSubresources.map(({ query }) => query), 'uploads'];

/** `REST.METHOD.RESOURCE` */
function operationText({ method, headers }: RawRequest, { path: { key, query } }: Addressed): string {
  const isCopy = method === 'PUT' && headers['x-amz-copy-source'] !== undefined;
  const name = (key === undefined ? OF_BUCKETS : OF_OBJECTS).find((each) => query.has(each));
  const prefix = `REST.${isCopy ? 'COPY' : method}`;
  if (key !== undefined && query.has('uploadId')) return `${prefix}.${query.has('partNumber') ? 'PART' : 'UPLOAD'}`;
  if (name === undefined) return `${prefix}.${key === undefined ? 'BUCKET' : 'OBJECT'}`;
  const resource = RESOURCES[name] ?? name.toUpperCase().replaceAll('-', '_');
  return `${prefix}.${key !== undefined && name === 'tagging' ? 'OBJECT_TAGGING' : resource}`;
}
