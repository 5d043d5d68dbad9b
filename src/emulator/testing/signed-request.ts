import { createHash } from 'node:crypto';
import type { Emulator } from '../server.ts';
import { canonicalRequest, sha256Hex, signatureOf, signingKey, stringToSign } from '../sigv4.ts';
import { type RawAnswer, sendRaw } from './loopback-clients.ts';

/** A request as it goes over the wire; everything is sent as it stands here. */
export interface SignedRequestOptions {
  readonly method?: string;
  /** Percent-encoded already. */
  readonly path?: string;
  readonly query?: string;
  readonly body?: string | Buffer;
  /** Signed with the rest. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Default true. */
  readonly hasContentMd5?: boolean;
  readonly host?: string;
  readonly port?: number;
  readonly region?: string;
  readonly service?: string;
  readonly keys?: SigningKeys;
}

/** Who signs. */
export interface SigningKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Sends what no client would send, with a signature that is right, and Content-MD5. */
export function signedRequest(emulator: Emulator, options: SignedRequestOptions): Promise<RawAnswer> {
  const { method = 'GET', path = '/', query = '', port = emulator.port, keys = emulator.account } = options;
  const headers = signedHeaders(keys, { host: `127.0.0.1:${port}`, ...options });
  const target = query === '' ? path : `${path}?${query}`;
  return sendRaw({ port, method, path: target, headers, body: Buffer.from(options.body ?? '') });
}

/** The headers of such a request. */
export function signedHeaders(
  keys: SigningKeys,
  options: SignedRequestOptions & { readonly host: string },
): Record<string, string> {
  const { method = 'GET', path = '/', query = '', region = 'us-east-1', service = 's3' } = options;
  const { hasContentMd5 = true, host } = options;
  const body = Buffer.from(options.body ?? '');
  const payloadHash = sha256Hex(body);
  const amzDate = new Date().toISOString().replace(/[-:]|\.\d{3}/gu, '');
  const scope = { date: amzDate.slice(0, 8), region, service };
  const headers: Record<string, string> = {
    ...(hasContentMd5 ? { 'content-md5': createHash('md5').update(body).digest('base64') } : {}),
    ...options.headers,
    host,
    'x-amz-content-sha256': payloadHash,
    'x-amz-date': amzDate,
  };
  const names = Object.keys(headers).sort();
  let signature: string;
  try {
    const canonical = canonicalRequest({ method, path, query, headers, signedHeaders: names, payloadHash });
    signature = signatureOf(signingKey(keys.secretAccessKey, scope), stringToSign(canonical, amzDate, scope));
  } catch {
    signature = '0'.repeat(64); // broken percent-encoding has no canonical form
  }
  const credential = `${keys.accessKeyId}/${scope.date}/${region}/${service}/aws4_request`;
  const authorization = `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
  return { ...headers, authorization };
}
