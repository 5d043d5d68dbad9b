import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { XMLParser } from 'fast-xml-parser';
import type { KeyPair } from '../support/account.ts';
import { type Answer, iam, type Service, send } from './service.ts';

const parser = new XMLParser({ isArray: (name) => ['Version', 'DeleteMarker', 'Upload'].includes(name) });
/** A new key does not work at once. */
const PATIENCE_MS = 90_000;

/** What a run makes at a service, all of it under one prefix, so that it goes again. */
export class Scratch {
  readonly service: Service;
  readonly prefix = `wso-live-${randomBytes(4).toString('hex')}`;
  readonly #buckets: { readonly name: string; readonly region: string }[] = [];
  readonly #users: string[] = [];
  readonly #groups: string[] = [];
  /** Managed policies that somebody may make, by name. */
  readonly #policies: string[] = [];
  #count = 0;

  constructor(service: Service) {
    this.service = service;
  }

  name(): string {
    this.#count += 1;
    return `${this.prefix}-${this.#count}`;
  }

  /** Makes a bucket. @throws Error with the answer when the service refuses */
  bucket(region = this.service.regions.home): Promise<string> {
    return this.#newBucket(region, {});
  }

  /** Makes a bucket with object lock. @throws Error with the answer when the service refuses */
  lockedBucket(): Promise<string> {
    return this.#newBucket(this.service.regions.home, { 'x-amz-bucket-object-lock-enabled': 'true' });
  }

  async #newBucket(region: string, headers: Readonly<Record<string, string>>): Promise<string> {
    const name = this.name();
    this.#buckets.push({ name, region });
    made(await this.createBucket(name, region, headers), 200);
    return name;
  }

  /** Asks for a bucket of any name; if it is made, it goes with the rest. */
  async createBucket(name: string, region: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
    const body =
      region === 'us-east-1'
        ? ''
        : `<CreateBucketConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><LocationConstraint>${region}</LocationConstraint></CreateBucketConfiguration>`;
    const answer = await send(this.service, { to: 's3', method: 'PUT', path: `/${name}`, body, region, headers });
    if (answer.status < 300 && !this.#buckets.some((each) => each.name === name)) this.#buckets.push({ name, region });
    return answer;
  }

  /** A name for a user, who goes with the rest if somebody makes it. */
  userName(): string {
    const name = this.name();
    this.#users.push(name);
    return name;
  }

  async user(): Promise<string> {
    const name = this.userName();
    made(await iam(this.service, 'CreateUser', { UserName: name }), 200);
    return name;
  }

  /** A name that somebody else may give to a bucket, a user and a policy, which go with the rest. */
  expectAll(): string {
    const name = this.userName();
    this.#buckets.push({ name, region: this.service.regions.home });
    this.#policies.push(name);
    return name;
  }

  /** What there is of that name, as a person would say it. */
  async leftOf(name: string): Promise<readonly string[]> {
    const bucket = await send(this.service, { to: 's3', path: `/${name}`, query: 'location=' });
    const user = await iam(this.service, 'GetUser', { UserName: name });
    const policy = await this.#policyArn(name);
    return [
      ...(bucket.code === 'NoSuchBucket' ? [] : [`bucket ${name}: ${seen(bucket)}`]),
      ...(user.code.startsWith('NoSuchEntity') ? [] : [`user ${name}: ${seen(user)}`]),
      ...(policy === undefined ? [] : [`policy ${policy}`]),
    ];
  }

  async group(): Promise<string> {
    const name = this.name();
    this.#groups.push(name);
    made(await iam(this.service, 'CreateGroup', { GroupName: name }), 200);
    return name;
  }

  async key(userName: string): Promise<KeyPair> {
    const answer = made(await iam(this.service, 'CreateAccessKey', { UserName: userName }), 200);
    return { accessKeyId: text(answer, 'AccessKeyId'), secretAccessKey: text(answer, 'SecretAccessKey') };
  }

  /** Asks again until it is so. @throws Error with the last answer when it never is */
  async becomes(what: string, ask: () => Promise<Answer>, isSo: (answer: Answer) => boolean): Promise<Answer> {
    const end = performance.now() + PATIENCE_MS;
    for (;;) {
      const answer = await ask();
      if (isSo(answer)) return answer;
      if (performance.now() > end) throw new Error(`${what}: ${seen(answer)} for ${PATIENCE_MS / 1_000} s`);
      await sleep(250);
    }
  }

  /** Takes everything away. @returns what is left, with the answer that kept it */
  async clear(): Promise<readonly string[]> {
    const left: string[] = [];
    for (const { name, region } of this.#buckets) {
      const answer = await this.#emptyAndDelete(name, region);
      if (answer.status >= 300 && answer.code !== 'NoSuchBucket') left.push(`bucket ${name}: ${seen(answer)}`);
    }
    for (const name of this.#users) {
      const answer = await this.#deleteUser(name);
      if (answer.status >= 300 && !answer.code.startsWith('NoSuchEntity')) left.push(`user ${name}: ${seen(answer)}`);
    }
    for (const name of this.#policies) {
      const answer = await this.#deletePolicy(name);
      if (answer !== undefined && answer.status >= 300) left.push(`policy ${name}: ${seen(answer)}`);
    }
    for (const name of this.#groups) {
      const answer = await iam(this.service, 'DeleteGroup', { GroupName: name });
      if (answer.status >= 300 && !answer.code.startsWith('NoSuchEntity')) left.push(`group ${name}: ${seen(answer)}`);
    }
    return left;
  }

  async #emptyAndDelete(name: string, region: string): Promise<Answer> {
    const at = (method: string, path: string, query: string) =>
      send(this.service, { to: 's3', method, path, query, region });
    // A policy of a probe may deny what follows.
    await at('DELETE', `/${name}`, 'policy=');
    for (const { Key, VersionId } of entries(await at('GET', `/${name}`, 'versions='), 'ListVersionsResult', [
      'Version',
      'DeleteMarker',
    ])) {
      await at(
        'DELETE',
        `/${name}/${encodeURIComponent(String(Key))}`,
        `versionId=${encodeURIComponent(String(VersionId))}`,
      );
    }
    for (const { Key, UploadId } of entries(await at('GET', `/${name}`, 'uploads='), 'ListMultipartUploadsResult', [
      'Upload',
    ])) {
      await at(
        'DELETE',
        `/${name}/${encodeURIComponent(String(Key))}`,
        `uploadId=${encodeURIComponent(String(UploadId))}`,
      );
    }
    return at('DELETE', `/${name}`, '');
  }

  async #deleteUser(name: string): Promise<Answer> {
    const keys = await iam(this.service, 'ListAccessKeys', { UserName: name });
    for (const [, id = ''] of keys.body.matchAll(/<AccessKeyId>([^<]+)</gu)) {
      await iam(this.service, 'DeleteAccessKey', { UserName: name, AccessKeyId: id });
    }
    const policies = await iam(this.service, 'ListUserPolicies', { UserName: name });
    for (const [, policy = ''] of policies.body.matchAll(/<member>([^<]+)</gu)) {
      await iam(this.service, 'DeleteUserPolicy', { UserName: name, PolicyName: policy });
    }
    const attached = await iam(this.service, 'ListAttachedUserPolicies', { UserName: name });
    for (const [, arn = ''] of attached.body.matchAll(/<PolicyArn>([^<]+)</gu)) {
      await iam(this.service, 'DetachUserPolicy', { UserName: name, PolicyArn: arn });
    }
    for (const group of this.#groups)
      await iam(this.service, 'RemoveUserFromGroup', { UserName: name, GroupName: group });
    return iam(this.service, 'DeleteUser', { UserName: name });
  }

  /** @returns undefined: there is none of that name */
  async #deletePolicy(name: string): Promise<Answer | undefined> {
    const arn = await this.#policyArn(name);
    if (arn === undefined) return undefined;
    const versions = await iam(this.service, 'ListPolicyVersions', { PolicyArn: arn });
    for (const [, id = ''] of versions.body.matchAll(/<VersionId>([^<]+)</gu)) {
      await iam(this.service, 'DeletePolicyVersion', { PolicyArn: arn, VersionId: id }); // the default one stays
    }
    return iam(this.service, 'DeletePolicy', { PolicyArn: arn });
  }

  /** The ARN of the account's own policy of that name. @throws Error with the answer when the list is refused */
  async #policyArn(name: string): Promise<string | undefined> {
    for (let marker = ''; ; ) {
      const page = { Scope: 'Local', ...(marker === '' ? {} : { Marker: marker }) };
      const answer = made(await iam(this.service, 'ListPolicies', page), 200);
      const found = [...answer.body.matchAll(/<Arn>([^<]+)</gu)].find(([, arn]) => arn?.endsWith(`/${name}`));
      marker = text(answer, 'Marker');
      if (found !== undefined || marker === '') return found?.[1];
    }
  }
}

/** Status and code, as a report has them. */
export function seen({ status, code }: Answer): string {
  return code === '' ? String(status) : `${status} ${code}`;
}

/** The text of an element of the answer; '' where there is none. */
export function text({ body }: Answer, element: string): string {
  return new RegExp(`<${element}>([^<]*)<`, 'u').exec(body)?.[1] ?? '';
}

/** @throws Error with the answer when it has another status */
export function made(answer: Answer, status: number): Answer {
  if (answer.status === status) return answer;
  throw new Error(`expected ${status}, the service answered ${seen(answer)}: ${answer.body.slice(0, 300)}`);
}

function entries(answer: Answer, root: string, names: readonly string[]): readonly Readonly<Record<string, unknown>>[] {
  if (answer.status !== 200) return [];
  const parsed = parser.parse(answer.body) as Readonly<Record<string, Readonly<Record<string, unknown>>>>; // any XML
  return names.flatMap((name) => (parsed[root]?.[name] ?? []) as readonly Readonly<Record<string, unknown>>[]); // by isArray
}
