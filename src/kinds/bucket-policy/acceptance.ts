import { createHash } from 'node:crypto';
import type { BucketPolicy } from '../../api/bucket-policy.ts';
import { ReconcileError } from '../../runtime/errors.ts';
import { meaningOf } from '../../wasabi/policy/canonical.ts';
import { type PolicyDocument, type Statement, statementLabel } from '../../wasabi/policy/document.ts';
import { grantsToEveryone } from '../../wasabi/policy/public-access.ts';
import { wasWritten } from './predecessor.ts';

/** So many statements are named in a message. */
const NAMED_MAX = 5;

/** What status keeps of a statement: 32 hexadecimal digits of SHA-256 over what it means. */
export function statementHash(statement: Statement): string {
  return createHash('sha256').update(meaningOf(statement)).digest('hex').slice(0, 32);
}

/**
 * Whether the service has accepted all of these statements of that object before. Of an object whose status was written
 * before it told of statements, that it wrote the policy counts. Pure.
 */
export function wasAccepted(resource: BucketPolicy, document: PolicyDocument, bucket: string): boolean {
  const { statementHashes } = resource.status ?? {};
  if (statementHashes === undefined) return wasWritten(resource, bucket);
  return document.Statement.every((statement) => statementHashes.includes(statementHash(statement)));
}

/** Statements that are found in a policy and stay in it, by their hashes; `All`: nobody can tell which they are. */
export type KeptStatements = 'All' | readonly string[];

/** What that object has in the policy of that bucket, as far as its status tells. Pure. */
export function keptOf(resource: BucketPolicy, bucket: string): KeptStatements {
  return resource.status?.statementHashes ?? (wasWritten(resource, bucket) ? 'All' : []);
}

/** What the object is told whose statements made the service refuse the policy. Pure. */
export function refusedContribution({ Statement }: PolicyDocument, answer: ReconcileError): ReconcileError {
  const named = Statement.slice(0, NAMED_MAX).map(({ Sid }, index) => statementLabel(index, Sid));
  const more = Statement.length - named.length;
  const which = `${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
  const message = `spec.policy: with ${which} of this object the policy of the bucket is refused: ${answer.message}`;
  return new ReconcileError('InvalidSpec', message, {
    reason: answer.reason,
    cause: answer,
    requestId: answer.requestId,
  });
}

/** Whoever may write the policy of a bucket may not for that reason make it public: the service answers both alike. Pure. */
export function toldAsPublic(error: ReconcileError, document: PolicyDocument | undefined): ReconcileError {
  const open = document === undefined ? [] : grantsToEveryone(document);
  if (open.length === 0) return error;
  return error.retold(
    `${error.message}; or the account may make no bucket public, as new accounts of Wasabi, and ${open.join(', ')} grants to everyone: ask the service to allow it, or name principals`,
  );
}
