import { ServiceError } from './errors.ts';
import type { Scope } from './sigv4.ts';

/** The signature that a request claims to have, from its header or its query. */
export interface ClaimedSignature {
  readonly accessKeyId: string;
  readonly scope: Scope;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  /** `YYYYMMDDTHHMMSSZ`; from x-amz-date alone, as Wasabi does: a plain Date header is not read. */
  readonly amzDate: string;
  /** The same in milliseconds since the epoch. */
  readonly signedMs: number;
  /** Seconds a presigned URL is valid; absent for a signed header. */
  readonly expiresSeconds?: number;
}

const MAX_EXPIRES_SECONDS = 7 * 24 * 3600;

/**
 * Reads the signature of a request; `undefined` for an anonymous one.
 * @throws ServiceError AuthorizationHeaderMalformed, AuthorizationQueryParametersError, InvalidRequest, AccessDenied
 */
export function claimedSignature(
  headers: Readonly<Record<string, string | undefined>>,
  query: ReadonlyMap<string, string>,
): ClaimedSignature | undefined {
  const header = headers['authorization'];
  if (header !== undefined) return fromHeader(header, headers['x-amz-date']);
  if (query.has('X-Amz-Algorithm') || query.has('X-Amz-Signature')) return fromQuery(query);
  if (query.has('AWSAccessKeyId')) throw unsupportedMechanism();
  return undefined;
}

/** The access key id a request names, however broken the rest is. For the call log. */
export function claimedKeyId(
  headers: Readonly<Record<string, string | undefined>>,
  query: ReadonlyMap<string, string>,
): string | undefined {
  const credential = /Credential=([^/,\s]+)/u.exec(headers['authorization'] ?? '')?.[1];
  return credential ?? query.get('X-Amz-Credential')?.split('/')[0];
}

/** The service a request is signed for; `undefined` where it cannot be told. */
export function claimedService(
  headers: Readonly<Record<string, string | undefined>>,
  query: ReadonlyMap<string, string>,
): string | undefined {
  const credential = /Credential=([^,\s]+)/u.exec(headers['authorization'] ?? '')?.[1] ?? query.get('X-Amz-Credential');
  return credential?.split('/')[3];
}

function fromHeader(header: string, amzDate: string | undefined): ClaimedSignature {
  if (!header.startsWith('AWS4-HMAC-SHA256')) throw unsupportedMechanism();
  const fields = new Map(
    header
      .slice('AWS4-HMAC-SHA256'.length)
      .split(',')
      .map((part) => part.trim())
      .map((part): [string, string] => [part.slice(0, part.indexOf('=')), part.slice(part.indexOf('=') + 1)]),
  );
  const signature = fields.get('Signature');
  const signedHeaders = fields.get('SignedHeaders');
  const credential = fields.get('Credential');
  if (signature === undefined || signedHeaders === undefined || credential === undefined) {
    throw malformedHeader('it needs Credential, SignedHeaders and Signature');
  }
  const signedMs = parseAmzDate(amzDate ?? '');
  if (amzDate === undefined || signedMs === undefined) {
    throw new ServiceError('AccessDenied', { message: 'AWS authentication requires a valid x-amz-date header' });
  }
  const parsed = readCredential(credential);
  if (parsed === undefined) throw malformedHeader('the Credential is mal-formed');
  if (parsed.scope.date !== amzDate.slice(0, 8)) throw malformedHeader('the date of the Credential is not x-amz-date');
  return { ...parsed, signature, amzDate, signedMs, signedHeaders: signedHeaders.split(';') };
}

function fromQuery(query: ReadonlyMap<string, string>): ClaimedSignature {
  const names = ['X-Amz-Credential', 'X-Amz-Date', 'X-Amz-Expires', 'X-Amz-SignedHeaders', 'X-Amz-Signature'];
  const missing = names.filter((name) => !query.has(name));
  if (query.get('X-Amz-Algorithm') !== 'AWS4-HMAC-SHA256') throw malformedQuery('X-Amz-Algorithm is not supported');
  if (missing.length > 0) throw malformedQuery(`${missing.join(', ')} missing`);
  const [credential = '', amzDate = '', expires = '', signedHeaders = '', signature = ''] = names.map((name) =>
    query.get(name),
  );
  const expiresSeconds = Number(expires);
  if (!Number.isInteger(expiresSeconds) || expiresSeconds < 1 || expiresSeconds > MAX_EXPIRES_SECONDS) {
    throw malformedQuery(`X-Amz-Expires must be from 1 to ${MAX_EXPIRES_SECONDS} seconds, not "${expires}"`);
  }
  const signedMs = parseAmzDate(amzDate);
  if (signedMs === undefined) throw malformedQuery('X-Amz-Date must be in the ISO8601 Long Format');
  const parsed = readCredential(credential);
  if (parsed === undefined || parsed.scope.date !== amzDate.slice(0, 8)) throw malformedQuery('bad X-Amz-Credential');
  return { ...parsed, signature, amzDate, signedMs, expiresSeconds, signedHeaders: signedHeaders.split(';') };
}

/** `undefined` for what is no time, such as a 13th month. */
function parseAmzDate(text: string): number | undefined {
  const iso = text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/u, '$1-$2-$3T$4:$5:$6Z');
  const ms = iso === text ? Number.NaN : Date.parse(iso);
  return Number.isNaN(ms) ? undefined : ms;
}

function readCredential(text: string): Pick<ClaimedSignature, 'accessKeyId' | 'scope'> | undefined {
  const [accessKeyId, date, region, service, end, ...rest] = text.split('/');
  if (!accessKeyId || !region || !service || end !== 'aws4_request' || rest.length > 0) return undefined;
  if (date === undefined || !/^\d{8}$/u.test(date)) return undefined;
  return { accessKeyId, scope: { date, region, service } };
}

function malformedHeader(detail: string): ServiceError {
  return new ServiceError('AuthorizationHeaderMalformed', {
    message: `The authorization header is malformed; ${detail}`,
  });
}

function malformedQuery(detail: string): ServiceError {
  return new ServiceError('AuthorizationQueryParametersError', { message: detail });
}

function unsupportedMechanism(): ServiceError {
  return new ServiceError('InvalidRequest', {
    message: 'The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.',
  });
}
