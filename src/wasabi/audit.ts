import type { CallRecord } from './caller.ts';
import { inCallRetryOf } from './errors.ts';
import { type FaultFacts, plain } from './service-fault.ts';

/** What an audited call was about, as far as its request and its answer say. No key of an object in a bucket: it may be private. */
export interface AuditTarget {
  readonly bucket?: string;
  readonly user?: string;
  readonly group?: string;
  /** Its name or its ARN. */
  readonly policy?: string;
  /** Of the policy. */
  readonly versionId?: string;
  /** The id, which is no secret: the service itself logs it, and status shows it. */
  readonly accessKeyId?: string;
  /** What the key is made: Active or Inactive. */
  readonly state?: string;
  /** The bucket goes with all that is in it. */
  readonly isForced?: boolean;
  /** Objects, or uploads, that are to go. */
  readonly count?: number;
  /** Those of them that the service kept. */
  readonly keptCount?: number;
}

/** One attempt of an audited call that went out. */
export interface AuditRecord extends Omit<CallRecord, 'durationMs'>, AuditTarget {
  /** Unknown: no answer tells whether it had an effect. */
  readonly result: 'Done' | 'Refused' | 'Unknown';
  /** The service's name of the call; undefined: it told none. */
  readonly requestId: string | undefined;
}

const ID_LENGTH = 128;

/** What an attempt came to; undefined: it never reached the service. Pure. @param facts undefined: it succeeded */
export function auditResultOf(facts: FaultFacts | undefined): AuditRecord['result'] | undefined {
  if (facts === undefined) return 'Done';
  if (inCallRetryOf(facts) === 'ambiguous') return 'Unknown';
  return facts.status === 0 ? undefined : 'Refused';
}

/** Whom the call was about. Pure. @param output undefined: the call did not succeed @param query what was added to the request */
export function auditTargetOf(
  input: unknown,
  output: unknown,
  query: Readonly<Record<string, string>> | undefined,
): AuditTarget {
  const asked = recordOf(input);
  const text = (name: string) => (typeof asked[name] === 'string' ? asked[name] : undefined);
  const made = recordOf(recordOf(output)['AccessKey'])['AccessKeyId'];
  const isOfPolicy = text('PolicyArn') !== undefined;
  const versionId = isOfPolicy
    ? (text('VersionId') ?? recordOf(recordOf(output)['PolicyVersion'])['VersionId'])
    : undefined;
  return defined({
    bucket: text('Bucket'),
    user: text('UserName'),
    group: text('GroupName'),
    policy: text('PolicyArn') ?? text('PolicyName'),
    versionId: plainText(versionId),
    accessKeyId: text('AccessKeyId') ?? plainText(made),
    state: text('Status'),
    isForced: query?.['force_delete'] === 'true' ? true : undefined,
    count: countOf(asked),
    keptCount: listOf(recordOf(output)['Errors'])?.length,
  });
}

/** The service's name of a call that succeeded. Pure. */
export function requestIdOf(output: unknown): string | undefined {
  return plainText(recordOf(recordOf(output)['$metadata'])['requestId']);
}

/** The HTTP status of a call that succeeded. Pure. */
export function statusOf(output: unknown): number {
  const status = recordOf(recordOf(output)['$metadata'])['httpStatusCode'];
  return typeof status === 'number' ? status : 200;
}

function countOf(asked: Readonly<Record<string, unknown>>): number | undefined {
  const several = listOf(recordOf(asked['Delete'])['Objects']);
  return several?.length ?? (asked['Key'] === undefined ? undefined : 1);
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}

function listOf(value: unknown): readonly unknown[] | undefined {
  return Array.isArray(value) ? value : undefined;
}

/** What comes from the other side, as far as an id can be made of it. */
function plainText(value: unknown): string | undefined {
  return typeof value === 'string' ? plain(value, ID_LENGTH) : undefined;
}

function defined<T extends object>(fields: T): { readonly [N in keyof T]?: Exclude<T[N], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never; // the same without gaps
}
