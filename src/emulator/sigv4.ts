import { createHmac, hash, timingSafeEqual } from 'node:crypto';

/** What a signature covers. Source: "Signature Version 4 for API requests", AWS IAM User Guide. */
export interface SignedRequest {
  readonly method: string;
  /** Path as sent, still percent-encoded, without the query. */
  readonly path: string;
  /** Query as sent, without the question mark. */
  readonly query: string;
  /** Lower-case names; repeated headers joined with commas. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly signedHeaders: readonly string[];
  /** Hex digest, or one of the words such as UNSIGNED-PAYLOAD. */
  readonly payloadHash: string;
}

/** The scope of a signature: `YYYYMMDD/region/service/aws4_request`. */
export interface Scope {
  readonly date: string;
  readonly region: string;
  readonly service: string;
}

const UNRESERVED = /[!'()*]/gu;

/** Percent-encodes all but the unreserved characters of RFC 3986. */
export function encodeRfc3986(text: string): string {
  return encodeURIComponent(text).replace(UNRESERVED, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** S3 signs each path segment encoded once, with nothing normalised. @throws URIError for a broken escape */
function canonicalPath(path: string): string {
  if (path === '') return '/';
  return path
    .split('/')
    .map((segment) => encodeRfc3986(decodeURIComponent(segment)))
    .join('/');
}

/** The query sorted by encoded name, then value, without the signature itself. @throws URIError for a broken escape */
function canonicalQuery(query: string): string {
  if (query === '') return '';
  const pairs = query.split('&').filter((pair) => pair !== '');
  const encoded = pairs.map((pair): readonly [string, string] => {
    const cut = pair.indexOf('=');
    const name = cut === -1 ? pair : pair.slice(0, cut);
    const value = cut === -1 ? '' : pair.slice(cut + 1);
    return [encodeRfc3986(decodeURIComponent(name)), encodeRfc3986(decodeURIComponent(value))];
  });
  return encoded
    .filter(([name]) => name !== 'X-Amz-Signature')
    .sort((a, b) => compare(a[0], b[0]) || compare(a[1], b[1]))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** The canonical request as text. @throws URIError for a broken escape */
export function canonicalRequest(request: SignedRequest): string {
  const headers = request.signedHeaders.map((name) => {
    const value = (request.headers[name] ?? '').trim().replace(/ +/gu, ' ');
    return `${name}:${value}\n`;
  });
  return [
    request.method,
    canonicalPath(request.path),
    canonicalQuery(request.query),
    headers.join(''),
    request.signedHeaders.join(';'),
    request.payloadHash,
  ].join('\n');
}

/** The text that is signed. `amzDate`: `YYYYMMDDTHHMMSSZ`. */
export function stringToSign(canonical: string, amzDate: string, scope: Scope): string {
  return ['AWS4-HMAC-SHA256', amzDate, scopeText(scope), sha256Hex(canonical)].join('\n');
}

/** `YYYYMMDD/region/service/aws4_request` */
export function scopeText(scope: Scope): string {
  return `${scope.date}/${scope.region}/${scope.service}/aws4_request`;
}

/** The derived signing key. */
export function signingKey(secret: string, scope: Scope): Buffer {
  return hmac(hmac(hmac(hmac(`AWS4${secret}`, scope.date), scope.region), scope.service), 'aws4_request');
}

/** The signature in hex. */
export function signatureOf(key: Buffer, text: string): string {
  return createHmac('sha256', key).update(text).digest('hex');
}

/** Lower-case hex SHA-256. */
export function sha256Hex(content: string | Buffer): string {
  return hash('sha256', content, 'hex');
}

/** Compares two texts in a time that does not depend on where they differ. */
export function equalText(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
