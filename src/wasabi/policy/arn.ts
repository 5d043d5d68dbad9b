import type { PolicyDocument, Principals, Statement } from './document.ts';

/** An IAM or STS ARN whose account is left open: `*`, `wasabi` or nothing. */
const OPEN_ACCOUNT = /^(arn:[a-z-]+:(?:iam|sts)::)(?:\*|wasabi)?(:.+)$/;

/** A document whose principals name their account. */
export interface ResolvedPolicy {
  readonly document: PolicyDocument;
  /** The principals that left their account open, as written, sorted, each once. */
  readonly replaced: readonly string[];
}

/**
 * The document with the account of principals filled in where they leave it open, as in `arn:aws:iam::wasabi:user/NAME`,
 * `arn:aws:iam::*:user/NAME` and `arn:aws:iam:::user/NAME`. Resources stay as they are: a wildcard means something there.
 */
export function withAccount(document: PolicyDocument, accountId: string): ResolvedPolicy {
  const replaced = new Set<string>();
  const resolve = (principal: string): string => {
    const [, before, after] = OPEN_ACCOUNT.exec(principal) ?? [];
    if (before === undefined || after === undefined) return principal;
    replaced.add(principal);
    return `${before}${accountId}${after}`;
  };
  const statements = document.Statement.map((statement): Statement => {
    const { Principal, NotPrincipal } = statement;
    return {
      ...statement,
      ...(Principal === undefined ? {} : { Principal: mapped(Principal, resolve) }),
      ...(NotPrincipal === undefined ? {} : { NotPrincipal: mapped(NotPrincipal, resolve) }),
    };
  });
  return { document: { ...document, Statement: statements }, replaced: [...replaced].toSorted() };
}

function mapped(principals: Principals, resolve: (principal: string) => string): Principals {
  return principals === '*' || principals.AWS === undefined
    ? principals
    : { ...principals, AWS: principals.AWS.map(resolve) };
}

/**
 * The name of a managed policy, from its ARN with or without a path: `arn:aws:iam::100000000001:policy/team/NAME`. The
 * account may be anything, since stored ones say `*`. `undefined`: not the ARN of a policy.
 */
export function policyNameOf(arn: string): string | undefined {
  return /^arn:[a-z-]+:iam::[^:]*:policy\/(?:[\x21-\x7e]*\/)?([\w+=,.@-]{1,128})$/.exec(arn)?.[1];
}
