import { keyText, type ObjectKey } from '../../api/meta.ts';
import { ReconcileError } from '../../runtime/errors.ts';
import { documentHash, meaningOf } from '../../wasabi/policy/canonical.ts';
import type { PolicyDocument, Statement } from '../../wasabi/policy/document.ts';
import { type LosingShare, mergePolicies, type PolicyShare } from '../../wasabi/policy/merge.ts';
import { type KeptStatements, statementHash } from './acceptance.ts';
import type { Announcement } from './announcement.ts';

/** What one BucketPolicy adds to the policy of its bucket; read from the object and what it refers to. */
export type Contribution =
  | { readonly type: 'Share'; readonly share: PolicyShare; readonly key: ObjectKey }
  /** Nothing of it may be in the policy: it grants what the Bucket forbids, or would lock the operator out. */
  | { readonly type: 'Refused'; readonly error: ReconcileError }
  /**
   * It is not written now: it cannot be read, has lost its grant, or the service has not accepted it yet. What it has in the
   * policy stays there. `error`: what its own object is told.
   */
  | { readonly type: 'Withheld'; readonly kept: KeptStatements; readonly error?: ReconcileError };

/** The whole policy that a bucket shall have, from all BucketPolicies that refer to it. */
export interface DesiredPolicy {
  /** `undefined`: no statement is left to write. */
  readonly document: PolicyDocument | undefined;
  /** Why nothing of this object is in the document. */
  readonly failure: ReconcileError | undefined;
  /** Statements that are found and not wanted stay, as far as they are those of an object that is not written now. */
  readonly kept: KeptStatements;
  /** What this object adds to the document. `isNew`: the service has not accepted all of it yet. `undefined`: nothing. */
  readonly own: { readonly document: PolicyDocument; readonly isNew: boolean } | undefined;
  /** Whether this object or another one has written the policy of this bucket before. */
  readonly wasWritten: boolean;
  /** What this object or another one was about to write, while nothing shows whether it did. */
  readonly announced: readonly Announcement[];
}

/**
 * The document of all contributions, oldest first; a bucket has one policy. Pure.
 * @param own this object's, as far as it is to have a part in it
 * @param uid of this object
 * @param isNew whether the service has yet to accept this object's statements
 * @param written what is known of earlier writes
 */
export function desiredPolicy(
  own: Contribution | undefined,
  others: readonly Contribution[],
  { uid, isNew }: { readonly uid: string; readonly isNew: boolean },
  written: Pick<DesiredPolicy, 'wasWritten' | 'announced'>,
): DesiredPolicy {
  const all = own === undefined ? others : [own, ...others];
  const { document, losers } = mergePolicies(all.flatMap((each) => (each.type === 'Share' ? [each.share] : [])));
  const lost = losers.find(({ owner }) => owner === uid);
  const isWritten = own?.type === 'Share' && lost === undefined;
  return {
    document,
    failure:
      own !== undefined && own.type !== 'Share'
        ? own.error
        : lost && new ReconcileError('InvalidSpec', conflictText(lost, all), { reason: 'PolicyConflict' }),
    kept: keptOfAll(all),
    own: isWritten ? { document: own.share.document, isNew } : undefined,
    ...written,
  };
}

/** What clashes, with which statement of whom; objects of other namespaces are not named. */
function conflictText(
  { owner, winner, statement, problem, advice }: LosingShare,
  all: readonly Contribution[],
): string {
  const keyOfOwner = (uid: string) =>
    all.flatMap((each) => (each.type === 'Share' && each.share.owner === uid ? [each.key] : []))[0];
  const key = winner === undefined ? undefined : keyOfOwner(winner);
  const isNear = key?.namespace === keyOfOwner(owner)?.namespace;
  const who = key && (isNear ? `, BucketPolicy ${keyText(key)}` : ', a BucketPolicy in another namespace');
  return `spec.policy${statement === undefined ? '' : `.${statement}`}: ${problem}${who ?? ''}; ${advice}`;
}

function keptOfAll(all: readonly Contribution[]): KeptStatements {
  const kept = all.flatMap((each) => (each.type === 'Withheld' ? [each.kept] : []));
  return kept.includes('All') ? 'All' : kept.flat();
}

/** What is to be written, in view of what is there; `undefined`: the bucket is to have no policy. Pure. */
export function wantedDocument(
  { document, kept: keeps }: DesiredPolicy,
  found: PolicyDocument | undefined,
  without: readonly Statement[] = [],
): PolicyDocument | undefined {
  if (keeps.length === 0 || found === undefined) return document;
  const known = new Set([...(document?.Statement ?? []), ...without].map(meaningOf));
  const sids = new Set(document?.Statement.map(({ Sid }) => Sid).filter((sid) => sid !== undefined));
  const kept = found.Statement.filter(
    (statement) =>
      !known.has(meaningOf(statement)) &&
      (statement.Sid === undefined || !sids.has(statement.Sid)) &&
      (keeps === 'All' || keeps.includes(statementHash(statement))),
  );
  const statements = [...(document?.Statement ?? []), ...kept];
  return statements.length === 0 ? undefined : { ...(document ?? found), Statement: statements };
}

/** The hash that status records for a document; none for no document. */
export function recordedHash(document: PolicyDocument | undefined): string | undefined {
  return document === undefined ? undefined : documentHash(document);
}
