import { ReconcileError } from '../../runtime/errors.ts';
import { meaningOf } from '../../wasabi/policy/canonical.ts';
import type { PolicyDocument, Statement } from '../../wasabi/policy/document.ts';
import { mergePolicies, type PolicyShare } from '../../wasabi/policy/merge.ts';

/** What one BucketPolicy adds to the policy of its bucket; read from the object and what it refers to. */
export type Contribution =
  | { readonly type: 'Share'; readonly share: PolicyShare }
  /** Nothing of it may be in the policy: it grants what the Bucket forbids, or would lock the operator out. */
  | { readonly type: 'Refused'; readonly error: ReconcileError }
  /** It cannot be read now, or has lost its grant. What it has in the policy stays there until it can be. */
  | { readonly type: 'Unreadable'; readonly wasApplied: boolean };

/** The whole policy that a bucket shall have, from all BucketPolicies that refer to it. */
export interface DesiredPolicy {
  /** `undefined`: no statement is left to write. */
  readonly document: PolicyDocument | undefined;
  /** Why nothing of this object is in the document. */
  readonly failure: ReconcileError | undefined;
  /** Statements that are found and not wanted stay: they may be those of an object that cannot be read now. */
  readonly keepsOthers: boolean;
  /** Whether this object or another one has written the policy of this bucket before. */
  readonly wasWritten: boolean;
}

/**
 * The document of all contributions, oldest first; a bucket has one policy. Pure.
 * @param own this object's, as far as it is to have a part in it
 * @param uid of this object
 */
export function desiredPolicy(
  own: Contribution | undefined,
  others: readonly Contribution[],
  uid: string,
  wasWritten: boolean,
): DesiredPolicy {
  const all = own === undefined ? others : [own, ...others];
  const { document, losers } = mergePolicies(all.flatMap((each) => (each.type === 'Share' ? [each.share] : [])));
  const lost = losers.find(({ owner }) => owner === uid);
  return {
    document,
    failure:
      own?.type === 'Refused'
        ? own.error
        : lost && new ReconcileError('InvalidSpec', `spec.policy: ${lost.problem}`, { reason: 'PolicyConflict' }),
    keepsOthers: others.some((each) => each.type === 'Unreadable' && each.wasApplied),
    wasWritten,
  };
}

/** What is to be written, in view of what is there; `undefined`: the bucket is to have no policy. Pure. */
export function wantedDocument(
  { document, keepsOthers }: DesiredPolicy,
  found: PolicyDocument | undefined,
  without: readonly Statement[] = [],
): PolicyDocument | undefined {
  if (!keepsOthers || found === undefined) return document;
  const known = new Set([...(document?.Statement ?? []), ...without].map(meaningOf));
  const sids = new Set(document?.Statement.map(({ Sid }) => Sid).filter((sid) => sid !== undefined));
  const kept = found.Statement.filter(
    (statement) => !known.has(meaningOf(statement)) && (statement.Sid === undefined || !sids.has(statement.Sid)),
  );
  const statements = [...(document?.Statement ?? []), ...kept];
  return statements.length === 0 ? undefined : { ...(document ?? found), Statement: statements };
}
