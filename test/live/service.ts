import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import type { ProviderSpecInput } from '../../src/api/provider.ts';
import { canonicalRequest, sha256Hex, signatureOf, signingKey, stringToSign } from '../../src/emulator/sigv4.ts';
import type { KeyPair } from '../support/account.ts';

/** A storage service with S3 in several regions, IAM and STS: an account of Wasabi, or the emulator. */
export interface Service {
  readonly keys: KeyPair;
  /** Where buckets are made, and another one. */
  readonly regions: { readonly home: string; readonly other: string };
  readonly s3: (region: string) => string;
  readonly iam: string;
  readonly sts: string;
  /** What leads an operator there. */
  readonly operator: { readonly provider: Partial<ProviderSpecInput>; readonly flags: readonly string[] };
  /** For names that the resolver of this machine need not know. */
  readonly lookup?: LookupFunction;
}

/** One call, as it goes over the wire. */
export interface Call {
  readonly to: 's3' | 'iam' | 'sts';
  readonly method?: string;
  /** Percent-encoded, with its slash. */
  readonly path?: string;
  readonly query?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Of the endpoint and the signature; default: home, and us-east-1 for IAM and STS. */
  readonly region?: string;
  readonly keys?: KeyPair;
  /** What is signed in place of the digest of the body. */
  readonly payloadHash?: string;
}

/** What came back. */
export interface Answer {
  readonly status: number;
  /** The code of an error document; '' where there is none. */
  readonly code: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

const TIMEOUT_MS = 30_000;

/** Sends a signed call with exactly these bytes. @throws Error when nothing is answered within half a minute */
export async function send(service: Service, call: Call): Promise<Answer> {
  const { to, method = 'GET', path = '/', query = '', body = '', keys = service.keys } = call;
  const region = call.region ?? (to === 's3' ? service.regions.home : 'us-east-1');
  const url = new URL(to === 's3' ? service.s3(region) : service[to]);
  const payloadHash = call.payloadHash ?? sha256Hex(body);
  const amzDate = new Date().toISOString().replace(/[-:]|\.\d{3}/gu, '');
  const scope = { date: amzDate.slice(0, 8), region, service: to };
  const headers: Record<string, string> = {
    ...call.headers,
    host: url.host,
    'x-amz-content-sha256': payloadHash,
    'x-amz-date': amzDate,
  };
  const signedHeaders = Object.keys(headers).sort();
  const canonical = canonicalRequest({ method, path, query, headers, signedHeaders, payloadHash });
  const signature = signatureOf(signingKey(keys.secretAccessKey, scope), stringToSign(canonical, amzDate, scope));
  const credential = `${keys.accessKeyId}/${scope.date}/${region}/${to}/aws4_request`;
  const authorization = `AWS4-HMAC-SHA256 Credential=${credential}, SignedHeaders=${signedHeaders.join(';')}, Signature=${signature}`;
  const length = Buffer.byteLength(body);
  const all = { ...headers, authorization, ...(length > 0 ? { 'content-length': String(length) } : {}) };
  const { lookup } = service;
  return exchange(url, { method, path: query === '' ? path : `${path}?${query}`, headers: all, lookup }, body);
}

/** One action of the Query protocol of IAM. */
export function iam(
  service: Service,
  action: string,
  parameters: Readonly<Record<string, string>> = {},
  keys?: KeyPair,
): Promise<Answer> {
  const body = new URLSearchParams({ Action: action, Version: '2010-05-08', ...parameters }).toString();
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  return send(service, { to: 'iam', method: 'POST', headers, body, ...(keys === undefined ? {} : { keys }) });
}

interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly lookup: LookupFunction | undefined;
}

function exchange(url: URL, { lookup, ...options }: Exchange, body: string): Promise<Answer> {
  const start = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const outgoing = start(url, { ...options, ...(lookup === undefined ? {} : { lookup }) }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on('data', (chunk: Buffer) => chunks.push(chunk));
      answer.on('error', reject);
      answer.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        const code = /<Code>([^<]*)<\/Code>/u.exec(text)?.[1] ?? '';
        resolve({ status: answer.statusCode ?? 0, code, headers: answer.headers, body: text });
      });
    });
    outgoing.setTimeout(TIMEOUT_MS, () => outgoing.destroy(new Error(`${url.host} has not answered within 30 s`)));
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
