import { publicAccessDenied } from '../acl.ts';
import { bucketRead, bucketWrite, emptyReply } from '../call.ts';
import { ServiceError } from '../errors.ts';
import { touch } from '../state.ts';
import type { Subresource } from './subresource.ts';

const MAX_POLICY_BYTES = 20 * 1024;

type Json = Readonly<Record<string, unknown>>;

function malformedPolicy(message: string): ServiceError {
  return new ServiceError('MalformedPolicy', { message });
}

function isRecord(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : [value];
}

/** The statements of a policy text. @throws ServiceError MalformedPolicy */
function statementsOf(text: string): readonly Json[] {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw malformedPolicy(`Policies must be valid JSON and the first byte must be '{': ${String(cause)}`);
  }
  if (!isRecord(parsed)) throw malformedPolicy('Policies must be valid JSON objects');
  if (parsed['Statement'] === undefined) throw malformedPolicy('Missing required field Statement');
  const statements = listOf(parsed['Statement']);
  return statements.map((statement, index) => {
    if (!isRecord(statement)) throw malformedPolicy(`Statement[${index}] is no object`);
    return statement;
  });
}

function checkStatement(statement: Json, bucketName: string): void {
  const effect = statement['Effect'];
  if (effect !== 'Allow' && effect !== 'Deny') throw malformedPolicy(`Invalid effect: ${String(effect)}`);
  if (statement['Principal'] === undefined && statement['NotPrincipal'] === undefined) {
    throw malformedPolicy('Missing required field Principal');
  }
  if (statement['Action'] === undefined && statement['NotAction'] === undefined) {
    throw malformedPolicy('Missing required field Action');
  }
  const resources = listOf(statement['Resource'] ?? statement['NotResource']);
  const isOwn = (resource: unknown): boolean => {
    return resource === `arn:aws:s3:::${bucketName}` || String(resource).startsWith(`arn:aws:s3:::${bucketName}/`);
  };
  if (!resources.every(isOwn)) throw malformedPolicy('Policy has invalid resource');
}

/** Whether a statement opens the bucket to everyone, as the public policies of Wasabi's samples do. */
function isPublic(statement: Json): boolean {
  if (statement['Effect'] !== 'Allow' || statement['Condition'] !== undefined) return false;
  const principal = statement['Principal'];
  const names = isRecord(principal) ? listOf(principal['AWS']) : [principal];
  return names.includes('*');
}

/** `?policy`: kept as text; who may do what is not worked out from it. */
export const policy: Subresource = {
  query: 'policy',
  operations: {
    GET: bucketRead('GetBucketPolicy', (_call, bucket) => {
      if (bucket.policy === undefined) {
        throw new ServiceError('NoSuchBucketPolicy', { elements: { BucketName: bucket.name } });
      }
      return { status: 200, headers: { 'content-type': 'application/json' }, body: bucket.policy };
    }),
    PUT: bucketWrite('PutBucketPolicy', (call, bucket) => {
      if (call.body.length > MAX_POLICY_BYTES) throw malformedPolicy('The policy is larger than 20 KB');
      const text = call.body.toString('utf8');
      const statements = statementsOf(text);
      for (const statement of statements) checkStatement(statement, bucket.name);
      if (call.settings.quirks.publicAccess === 'refused' && statements.some(isPublic)) throw publicAccessDenied();
      bucket.policy = text;
      touch(call.state);
      return emptyReply(204);
    }),
    DELETE: bucketWrite('DeleteBucketPolicy', (call, bucket) => {
      if (bucket.policy !== undefined) {
        bucket.policy = undefined;
        touch(call.state);
      }
      return emptyReply(204);
    }),
  },
};
