import { meaningOf } from './canonical.ts';
import { type PolicyDocument, type PolicyVersion, type Statement, statementLabel } from './document.ts';
import { POLICY_LIMITS, policySize } from './limits.ts';

/** What one object contributes to the policy of a bucket. */
export interface PolicyShare {
  /** The object, by the name that the caller knows it by. */
  readonly owner: string;
  /** `metadata.creationTimestamp`: RFC 3339 in UTC, whole seconds. */
  readonly createdAt: string;
  readonly uid: string;
  readonly document: PolicyDocument;
}

/** An object none of whose statements are in the document. */
export interface LosingShare {
  readonly owner: string;
  /** The older object that it clashes with; `undefined`: with the limit of size. */
  readonly winner: string | undefined;
  /** The statement that clashes, by label; `undefined`: all of it does. */
  readonly statement: string | undefined;
  /** What clashes. Does not name the winner, which may live in another namespace. */
  readonly problem: string;
  /** What to do. */
  readonly advice: string;
}

export interface MergedPolicy {
  /** `undefined`: no share has a statement. */
  readonly document: PolicyDocument | undefined;
  /** Oldest first. */
  readonly losers: readonly LosingShare[];
}

interface Accepted {
  readonly document: PolicyDocument;
  readonly ownerBySid: ReadonlyMap<string, string>;
  /** Who needs the version that the document has; `undefined`: nobody has variables yet. */
  readonly needsVersion: string | undefined;
}

const NOTHING: Accepted = {
  document: { Version: '2008-10-17', Statement: [] },
  ownerBySid: new Map(),
  needsVersion: undefined,
};

/**
 * One document from the shares of several objects, oldest first (creation time, then uid), whatever the order they are
 * given in. A statement is identified by its Sid, else by what it means; the same statement of two objects is there once.
 * An object that clashes with an older one is left out as a whole, since its grants may rest on its own denials.
 */
export function mergePolicies(shares: readonly PolicyShare[]): MergedPolicy {
  const losers: LosingShare[] = [];
  let accepted = NOTHING;
  for (const share of shares.toSorted(byAge)) {
    const next = clash(accepted, share) ?? added(accepted, share);
    if ('problem' in next) losers.push(next);
    else accepted = next;
  }
  return { document: accepted.document.Statement.length === 0 ? undefined : accepted.document, losers };
}

function byAge(one: PolicyShare, other: PolicyShare): number {
  const [a, b] = one.createdAt === other.createdAt ? [one.uid, other.uid] : [one.createdAt, other.createdAt];
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function clash(accepted: Accepted, { owner, document }: PolicyShare): LosingShare | undefined {
  const bySid = new Map(accepted.document.Statement.map((statement) => [statement.Sid, meaningOf(statement)]));
  const index = document.Statement.findIndex(({ Sid, ...body }) => {
    const other = Sid === undefined ? undefined : bySid.get(Sid);
    return other !== undefined && other !== meaningOf(body);
  });
  const taken = document.Statement[index]?.Sid;
  if (taken !== undefined) {
    const problem = 'the sid belongs to another statement of an older policy of this bucket';
    const winner = accepted.ownerBySid.get(taken);
    return { owner, winner, statement: statementLabel(index, taken), problem, advice: 'choose another sid' };
  }
  const isOtherVersion = document.Version !== accepted.document.Version;
  if (!isOtherVersion || accepted.needsVersion === undefined || !hasVariables(document)) return undefined;
  const problem = `version ${document.Version} reads variables (\${…}) in another way than that of an older policy of this bucket`;
  const advice = `use version ${accepted.document.Version}`;
  return { owner, winner: accepted.needsVersion, statement: undefined, problem, advice };
}

function added(accepted: Accepted, { owner, document }: PolicyShare): Accepted | LosingShare {
  const statements = onceEach([...accepted.document.Statement, ...document.Statement]);
  const sids = document.Statement.flatMap(({ Sid }): readonly (readonly [string, string])[] =>
    Sid === undefined ? [] : [[Sid, owner]],
  );
  const id = accepted.document.Id ?? document.Id;
  const merged: PolicyDocument = {
    Version: versionOf(accepted, document),
    ...(id === undefined ? {} : { Id: id }),
    Statement: statements,
  };
  const { size, unit } = POLICY_LIMITS.Bucket;
  const actual = policySize(merged, 'Bucket');
  if (actual > size) {
    const problem = `with it the policy of the bucket would have ${actual} ${unit}, and at most ${size} are possible`;
    return { owner, winner: undefined, statement: undefined, problem, advice: 'shorten it' };
  }
  return {
    document: merged,
    ownerBySid: new Map([...sids, ...accepted.ownerBySid]),
    needsVersion: accepted.needsVersion ?? (hasVariables(document) ? owner : undefined),
  };
}

/** A version matters to those alone who have variables; where nobody has, the newer one holds. */
function versionOf({ document, needsVersion }: Accepted, added: PolicyDocument): PolicyVersion {
  if (needsVersion !== undefined) return document.Version;
  if (hasVariables(added)) return added.Version;
  return document.Version > added.Version ? document.Version : added.Version;
}

function hasVariables({ Statement }: PolicyDocument): boolean {
  return JSON.stringify(Statement).includes('${');
}

function onceEach(statements: readonly Statement[]): readonly Statement[] {
  const byIdentity = new Map<string, Statement>();
  for (const statement of statements) {
    const identity = JSON.stringify([statement.Sid ?? null, statement.Sid === undefined ? meaningOf(statement) : null]);
    if (!byIdentity.has(identity)) byIdentity.set(identity, statement);
  }
  return [...byIdentity.values()];
}
