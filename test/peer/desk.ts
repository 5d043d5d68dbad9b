import { hash } from 'node:crypto';
import { made, Scratch, seen } from '../live/scratch.ts';
import { type Answer, type Call, iam, type Service, send } from '../live/service.ts';
import type { KeyPair } from '../support/account.ts';

/** Calls of one server by the rows of docs/wasabi.md, each with a bucket or a user of its own. */
export class Desk {
  readonly service: Service;
  readonly #scratch: Scratch;

  constructor(service: Service) {
    this.service = service;
    this.#scratch = new Scratch(service);
  }

  name(): string {
    return this.#scratch.name();
  }

  bucket(): Promise<string> {
    return this.#scratch.bucket();
  }

  lockedBucket(): Promise<string> {
    return this.#scratch.lockedBucket();
  }

  createBucket(name: string, region: string): Promise<Answer> {
    return this.#scratch.createBucket(name, region);
  }

  /** A bucket with an object `k`. */
  async filled(content = 'content'): Promise<string> {
    const bucket = await this.bucket();
    made(await this.s3('PUT', `/${bucket}/k`, { body: content }), 200);
    return bucket;
  }

  user(): Promise<string> {
    return this.#scratch.user();
  }

  key(userName: string): Promise<KeyPair> {
    return this.#scratch.key(userName);
  }

  /** A call of S3, with Content-MD5 unless `headers` has it as ''. */
  s3(method: string, path: string, more: Partial<Call> = {}): Promise<Answer> {
    const { body = '', headers = {} } = more;
    const md5 = body === '' ? {} : { 'content-md5': hash('md5', body, 'base64') };
    const wanted = Object.entries({ ...md5, ...headers }).filter(([, value]) => value !== '');
    return send(this.service, { ...more, to: 's3', method, path, headers: Object.fromEntries(wanted) });
  }

  iam(action: string, parameters: Readonly<Record<string, string>> = {}, keys?: KeyPair): Promise<Answer> {
    return iam(this.service, action, parameters, keys);
  }

  sts(action: string, parameters: Readonly<Record<string, string>> = {}, keys?: KeyPair): Promise<Answer> {
    const body = new URLSearchParams({ Action: action, Version: '2011-06-15', ...parameters }).toString();
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    return send(this.service, { to: 'sts', method: 'POST', headers, body, ...(keys === undefined ? {} : { keys }) });
  }
}

/** Status and code, and what a pattern finds in the body. */
export function told(answer: Answer, pattern?: RegExp): string {
  if (pattern === undefined) return seen(answer);
  const found = [...answer.body.matchAll(pattern)].map(([, text = '']) => text.slice(0, 40));
  return `${seen(answer)} ${found.join(',')}`.trim();
}
