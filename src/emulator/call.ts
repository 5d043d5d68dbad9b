import type { Caller, ServiceName } from './authentication.ts';
import type { EndpointUrls } from './endpoint.ts';
import { ServiceError } from './errors.ts';
import type { Settings } from './options.ts';
import type { Bucket, State } from './state.ts';
import { documentOf, type XmlNode } from './xml.ts';

/** What a call on S3 is about. */
export interface Target {
  /** Absent: the service as a whole, or a bucket that is not there. */
  readonly bucket?: Bucket | undefined;
  /** Default: the bucket's; without either, all buckets. */
  readonly bucketName?: string | undefined;
  readonly key?: string | undefined;
  readonly versionId?: string | undefined;
}

/** What the caller of a call may do, by all policies that speak for or against it (W20). */
export interface Permissions {
  /** An action of S3. */
  may(action: string, target: Target): boolean;
  /** An action of IAM on an ARN of the caller's own account. */
  mayInAccount(action: string, resource: string): boolean;
  /** Whether the policy of a bucket lets another account, or one of its roles, put copies there (W25). */
  mayReplicate(by: { readonly accountId: string; readonly names: readonly string[] }, target: Target): boolean;
  /** Whether a role with that trust policy, of that account, may be taken on. */
  mayAssume(trustPolicy: string, accountId: string, roleArn: string): boolean;
}

/** One authenticated call, as an operation sees it. */
export interface Call {
  readonly service: ServiceName;
  /** Region of the endpoint the call came in by. */
  readonly region: string;
  readonly method: string;
  /** Decoded; absent for calls on the service as a whole. */
  readonly bucketName: string | undefined;
  /** Decoded; absent for calls on a bucket. */
  readonly key: string | undefined;
  /** Decoded; the first value of a repeated name. */
  readonly query: ReadonlyMap<string, string>;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Buffer;
  /** The parameters of an IAM or STS call; empty for S3. */
  readonly form: ReadonlyMap<string, string>;
  /** Verified checksums of the body, by header name. */
  readonly checksums: Readonly<Record<string, string>>;
  readonly caller: Caller;
  readonly permissions: Permissions;
  /** IP address of the client. */
  readonly sourceIp: string;
  /** Whether it came by TLS, here or to a proxy that says so. */
  readonly isTls: boolean;
  /** Whether it counts as HTTPS. */
  readonly isSecure: boolean;
  readonly requestId: string;
  readonly nowMs: number;
  readonly state: State;
  readonly settings: Settings;
  readonly urls: EndpointUrls;
}

/** What an operation answers. */
export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Buffer;
}

interface OperationBase {
  /** AWS's name of the operation, such as `PutBucketVersioning`. */
  readonly name: string;
  readonly mutating: boolean;
  /** AWS demands Content-MD5 or a checksum header. */
  readonly needsIntegrity?: boolean;
}

/** An operation on the service as a whole, or on a bucket that need not exist. */
export interface ServiceOperation extends OperationBase {
  readonly scope: 'service';
  /** Runs to its end without waiting, so that a call takes effect at one instant. @throws ServiceError */
  run(call: Call): Reply;
}

/** An operation on an existing bucket, or on what is in it. */
export interface BucketOperation extends OperationBase {
  readonly scope: 'bucket';
  /** Runs to its end without waiting, so that a call takes effect at one instant. @throws ServiceError */
  run(call: Call, bucket: Bucket): Reply;
}

export type Operation = ServiceOperation | BucketOperation;

/** A read of a bucket. */
export function bucketRead(name: string, run: BucketOperation['run']): BucketOperation {
  return { name, scope: 'bucket', mutating: false, run };
}

/** A write to a bucket. */
export function bucketWrite(
  name: string,
  run: BucketOperation['run'],
  options: { readonly needsIntegrity?: boolean } = {},
): BucketOperation {
  return { name, scope: 'bucket', mutating: true, needsIntegrity: options.needsIntegrity ?? false, run };
}

/** An XML answer. */
export function xmlReply(root: XmlNode, status = 200): Reply {
  return { status, headers: { 'content-type': 'application/xml' }, body: documentOf(root) };
}

/** An answer without content. */
export function emptyReply(status = 200, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status, headers };
}

/** The address of a call, as policies see it. */
export function targetOf({ key, query }: Pick<Call, 'key' | 'query'>, bucket: Bucket): Target {
  return { bucket, key, versionId: query.get('versionId') };
}

/** ISO 8601 with milliseconds, as S3 writes times in documents. */
export function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}

/** A value of the query read as a whole number from `min` to `max`. @throws ServiceError InvalidArgument */
export function queryInteger(call: Call, name: string, fallback: number, min: number, max: number): number {
  const text = call.query.get(name);
  if (text === undefined || text === '') return fallback;
  const value = Number(text);
  if (!/^\d{1,9}$/u.test(text) || value < min) throw invalidArgument(`${name} is "${text}"`, name, text);
  return Math.min(value, max);
}

/** InvalidArgument that names the argument and its value. */
export function invalidArgument(message: string, name: string, value: string): ServiceError {
  return new ServiceError('InvalidArgument', { message, elements: { ArgumentName: name, ArgumentValue: value } });
}
