import { createHash } from 'node:crypto';
import { seeded } from '../../src/emulator/seeded-random.ts';
import {
  canonicalRequest,
  type Scope,
  scopeText,
  sha256Hex,
  signatureOf,
  signingKey,
  stringToSign,
} from '../../src/emulator/sigv4.ts';
import * as words from './fuzz-words.ts';
import type { WireRequest } from './wire.ts';

/** Who signs. */
export interface FuzzKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

interface Signer {
  readonly accessKeyId: string;
  keyFor(scope: Scope): Buffer;
}

/** More than a few scopes are those of dates that nobody has twice. */
const MAX_KEYS = 100;

/** A request before it is signed. */
interface Draft {
  readonly method: string;
  readonly host: string;
  readonly service: 's3' | 'iam' | 'sts';
  readonly path: string;
  readonly query: string;
  readonly headers: Record<string, string>;
  readonly body: Buffer;
}

/** Draws from lists, the same for the same seed. */
class Draw {
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = seeded(seed);
  }

  chance(share: number): boolean {
    return this.#random() < share;
  }

  below(limit: number): number {
    return Math.floor(this.#random() * limit);
  }

  of<T>(list: readonly T[]): T {
    const item = list[this.below(list.length)];
    if (item === undefined) throw new Error('nothing to draw from');
    return item;
  }

  /** One of the good ones, but for one time in twelve. */
  mostly<T>(good: readonly T[], bad: readonly T[]): T {
    return this.of(this.chance(1 / 12) ? bad : good);
  }

  some<T>(list: readonly T[], most: number): readonly T[] {
    return Array.from({ length: this.below(most + 1) }, () => this.of(list));
  }

  /** Bytes exchanged, left out or doubled here and there. */
  damaged(bytes: Buffer): Buffer {
    if (bytes.length === 0) return bytes;
    const at = this.below(bytes.length);
    const rest = bytes.subarray(at + this.below(3));
    return Buffer.concat([bytes.subarray(0, at), Buffer.from(this.of(words.PIECES), 'latin1'), rest]);
  }
}

/** Gives the request of a number: always the same one, but for its date and its keys. */
export function fuzzer({ accessKeyId, secretAccessKey }: FuzzKeys): (seed: number) => WireRequest {
  const derived = new Map<string, Buffer>();
  const keyFor = (scope: Scope): Buffer => {
    const name = scopeText(scope);
    const key = derived.get(name) ?? signingKey(secretAccessKey, scope);
    if (derived.size < MAX_KEYS) derived.set(name, key);
    return key;
  };
  return (seed) => requestOf(seed, { accessKeyId, keyFor });
}

function requestOf(seed: number, keys: Signer): WireRequest {
  const draw = new Draw(seed);
  const kind = draw.below(100);
  if (kind < 4) return rawRequest(draw, keys);
  const draft = kind < 30 ? queryDraft(draw) : s3Draft(draw);
  const { method, body } = draft;
  const head = signed(draw, draft, keys);
  const bytes = Buffer.concat([Buffer.from(head, 'latin1'), body]);
  return { bytes, isHead: method === 'HEAD', isLast: false };
}

function s3Draft(draw: Draw): Draft {
  const isVirtual = draw.chance(0.1);
  const bucket = draw.mostly(words.BUCKETS, words.BAD_BUCKETS);
  const key = draw.chance(0.5) ? draw.mostly(words.KEYS, words.BAD_KEYS) : '';
  const names = draw.some(words.QUERY_NAMES, 2);
  const pairs = names.map((name) => (draw.chance(0.6) ? name : `${name}=${draw.of(words.QUERY_VALUES)}`));
  const headers = draw.chance(0.6)
    ? {}
    : Object.fromEntries(draw.some(words.HEADER_NAMES, 3).map((name) => [name, draw.of(words.HEADER_VALUES)]));
  const path = isVirtual ? `/${key}` : `/${bucket}${key === '' ? '' : `/${key}`}`;
  return {
    method: draw.of(words.METHODS),
    host: isVirtual ? `${decodable(bucket)}.s3.localhost` : draw.mostly(words.HOSTS, words.BAD_HOSTS),
    service: 's3',
    path: draw.chance(0.03) ? draw.of(words.TARGETS) : path,
    query: pairs.join('&'),
    headers,
    body: draw.chance(0.7) ? bodyOf(draw, names[0] ?? '') : Buffer.alloc(0),
  };
}

/** What may stand in a Host header. */
function decodable(bucket: string): string {
  return /^[\w.-]+$/u.test(bucket) ? bucket : 'fuzz-a';
}

function bodyOf(draw: Draw, subresource: string): Buffer {
  const fitting = words.DOCUMENTS.get(subresource);
  const body = Buffer.from(draw.of(fitting !== undefined && draw.chance(0.7) ? fitting : words.BODIES));
  return draw.chance(0.3) ? draw.damaged(body) : body;
}

function queryDraft(draw: Draw): Draft {
  const service = draw.chance(0.85) ? 'iam' : 'sts';
  const parameters = words.PARAMETERS.filter(() => draw.chance(0.4)).map(
    ([name, values]) => `${name}=${encodeURIComponent(draw.of(values))}`,
  );
  const action = draw.chance(0.1) ? draw.of(words.QUERY_VALUES) : draw.of(words.ACTIONS);
  const version = draw.mostly([service === 'iam' ? '2010-05-08' : '2011-06-15'], words.QUERY_VALUES);
  const text = [`Action=${action}`, `Version=${version}`, ...parameters].join('&');
  const body = Buffer.from(text, 'latin1');
  const method = draw.chance(0.95) ? 'POST' : draw.of(words.METHODS);
  return {
    method,
    host: draw.chance(0.9) ? `${service}.localhost` : '127.0.0.1',
    service,
    path: '/',
    query: method === 'GET' ? text.replaceAll(/[^\w%=&.~-]/gu, '') : '',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: draw.chance(0.1) ? draw.damaged(body) : body,
  };
}

/** The head of a request, signed rightly three times out of four. */
function signed(draw: Draw, draft: Draft, keys: Signer): string {
  const { method, host, service, path, query, body } = draft;
  const target = query === '' ? path : `${path}?${query}`;
  const lines = (headers: Readonly<Record<string, string>>) =>
    Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const headOf = (headers: Readonly<Record<string, string>>) =>
    `${method} ${target} HTTP/1.1\r\n${lines({ ...headers, 'content-length': String(body.length) }).join('')}\r\n`;
  const plain: Record<string, string> = { ...draft.headers, host };
  if (draw.chance(0.05)) return headOf(plain);
  const date = draw.chance(0.03) ? draw.of(words.DATES) : new Date().toISOString().replace(/[-:]|\.\d{3}/gu, '');
  const payloadHash = draw.chance(0.9) ? sha256Hex(body) : draw.of(words.PAYLOAD_HASHES);
  const headers: Record<string, string> = { ...plain, 'x-amz-content-sha256': payloadHash, 'x-amz-date': date };
  if (draw.chance(0.7)) headers['content-md5'] ??= createHash('md5').update(body).digest('base64');
  if (draw.chance(0.02)) headers['x-amz-security-token'] = draw.of(words.HEADER_VALUES);
  const region = draw.chance(0.97) ? 'us-east-1' : draw.of(words.QUERY_VALUES);
  const scope = { date: date.slice(0, 8), region, service };
  const signedHeaders = Object.keys(headers).sort();
  const accessKeyId = draw.chance(0.97) ? keys.accessKeyId : draw.of(words.QUERY_VALUES);
  const signature = draw.chance(0.95)
    ? signatureOrNone({ method, path, query, headers, signedHeaders, payloadHash }, date, scope, keys)
    : draw.of(words.HEADER_VALUES);
  const authorization = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope.date}/${region}/${service}/aws4_request, SignedHeaders=${signedHeaders.join(';')}, Signature=${signature}`;
  const sent = draw.chance(0.97) ? authorization : draw.damaged(Buffer.from(authorization)).toString('latin1');
  return headOf({ ...headers, authorization: sent });
}

function signatureOrNone(
  request: Parameters<typeof canonicalRequest>[0],
  date: string,
  scope: Scope,
  keys: Signer,
): string {
  try {
    return signatureOf(keys.keyFor(scope), stringToSign(canonicalRequest(request), date, scope));
  } catch {
    return '0'.repeat(64); // broken percent-encoding has no canonical form
  }
}

/** Bytes that are hardly HTTP, or a request that ends in the middle. */
function rawRequest(draw: Draw, keys: Signer): WireRequest {
  const isHead = false;
  if (draw.chance(0.5)) return { bytes: Buffer.from(draw.of(words.RAW), 'latin1'), isHead, isLast: true };
  const draft = { ...s3Draft(draw), method: 'PUT' };
  const whole = Buffer.concat([Buffer.from(signed(draw, draft, keys), 'latin1'), draft.body]);
  const bytes = draw.chance(0.5) ? whole.subarray(0, 1 + draw.below(whole.length - 1)) : draw.damaged(whole);
  return { bytes, isHead, isLast: true };
}
